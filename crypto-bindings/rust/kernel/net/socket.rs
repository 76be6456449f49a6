// SPDX-License-Identifier: GPL-2.0

//! What the kernel's own sockets share: their owner, their events and their addresses.
//!
//! A socket made here belongs to the kernel, not to a process; it has no file descriptor. Nothing
//! here waits for a peer: calls that cannot go on return [`EAGAIN`], and the socket tells a
//! [`SocketEvents`] handler when to try again.
//!
//! C headers: [`include/linux/net.h`](srctree/include/linux/net.h),
//! [`include/net/sock.h`](srctree/include/net/sock.h)
//!
//! # How events reach their handler
//!
//! The C socket (`struct sock`) holds function pointers that the network stack calls when data
//! came, when there is room to send, when the state changes and on an error, and one pointer for
//! the socket's user. Every socket made here gets this module's functions, before it is bound or
//! connected, and keeps them until it is freed:
//!
//! ```text
//!   network stack --> sk_data_ready() ---+                +--> none: nothing to do
//!        or           sk_write_space() --+--> user data --+
//!    kernel TLS       sk_state_change() -+                +--> a handler: call it, with
//!                     sk_error_report() -+                     sk_callback_lock held
//! ```
//!
//! - The functions belong to the kernel image, so that a socket which lingers after it was
//!   released, as a TCP socket does, never calls into a module that is gone.
//! - The functions are put in before anything else can save and replace them, as kernel TLS does,
//!   which calls the saved ones from its own. They are never taken out: removing a handler only
//!   clears the user data.
//! - Sockets that come out of a listening one inherit the functions, but not the user data, since
//!   it is marked `SK_USER_DATA_NOCOPY`.
//! - The functions read the user data and call the handler with `sk_callback_lock` held for
//!   reading, and the user data changes with that lock held for writing. Hence no call is under
//!   way, or begins later, once a handler has been removed.

use crate::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Arc, //
};
use core::{
    mem::size_of,
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr,
        SocketAddr,
        SocketAddrV4,
        SocketAddrV6, //
    },
    ptr::NonNull,
};

/// What a socket tells its user.
///
/// An event says that it is worth trying again, not that a call will go through: there may be
/// spurious events, and several causes may come as one event. So a handler's user should read
/// (or accept, or write) until [`EAGAIN`], and do so once after the handler was set, for what came
/// before.
///
/// # Context
///
/// The methods are called from softirq context, or from a task that holds the socket's lock, with
/// bottom halves disabled and the socket's callback lock held for reading. They must not sleep and
/// should be short: typically they queue work. They must call no method of the socket itself, and
/// must not drop the last reference to what owns the socket; either would wait for itself forever.
///
/// A handler is dropped in the context of whoever removes it from the socket.
///
/// # Examples
///
/// ```
/// use kernel::{
///     net::socket::SocketEvents,
///     sync::atomic::{Atomic, Relaxed},
/// };
///
/// /// Counts what comes in.
/// struct Counter(Atomic<i32>);
///
/// impl SocketEvents for Counter {
///     fn data_ready(&self) {
///         self.0.fetch_add(1, Relaxed);
///     }
/// }
///
/// let counter = Counter(Atomic::new(0));
/// counter.data_ready();
/// counter.state_change();
/// assert_eq!(counter.0.load(Relaxed), 1);
/// # Ok::<(), Error>(())
/// ```
pub trait SocketEvents: Send + Sync {
    /// There is something to read or, on a listening socket, to accept.
    fn data_ready(&self);

    /// There is room to send.
    fn write_space(&self) {}

    /// The state changed: connected, closed by the peer, reset, or failed.
    ///
    /// What waits to be read is still there. On a socket with kernel TLS this is also how the end
    /// of the stream and a record that cannot be parsed are told.
    fn state_change(&self) {}
}

/// Which directions of a connection to shut down.
///
/// C: `enum sock_shutdown_cmd`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Receive no more.
    Read,
    /// Send no more: the peer sees the end of the stream.
    Write,
    /// Both.
    Both,
}

impl How {
    fn as_raw(self) -> bindings::sock_shutdown_cmd {
        match self {
            Self::Read => bindings::sock_shutdown_cmd_SHUT_RD,
            Self::Write => bindings::sock_shutdown_cmd_SHUT_WR,
            Self::Both => bindings::sock_shutdown_cmd_SHUT_RDWR,
        }
    }
}

/// A socket address as C has it.
///
/// # Invariants
///
/// All bytes are initialized.
#[repr(C)]
pub(super) union Address {
    storage: bindings::__kernel_sockaddr_storage,
    v4: bindings::sockaddr_in,
    v6: bindings::sockaddr_in6,
    family: bindings::__kernel_sa_family_t,
}

impl Address {
    /// Returns an address of no family.
    pub(super) fn zeroed() -> Self {
        // SAFETY: All members are plain numbers, for which zeros are valid.
        // INVARIANT: All bytes are zero.
        unsafe { core::mem::zeroed() }
    }

    /// Returns the C form of `addr`.
    pub(super) fn new(addr: &SocketAddr) -> Self {
        // INVARIANT: The members of `sockaddr_in` and `sockaddr_in6` leave no padding between
        // them, and the bytes behind them stay zero.
        let mut raw = Self::zeroed();

        match addr {
            SocketAddr::V4(addr) => {
                raw.v4 = bindings::sockaddr_in {
                    sin_family: bindings::AF_INET as bindings::__kernel_sa_family_t,
                    sin_port: addr.port().to_be(),
                    sin_addr: bindings::in_addr {
                        s_addr: u32::from_ne_bytes(addr.ip().octets()),
                    },
                    ..Default::default()
                };
            }
            SocketAddr::V6(addr) => {
                raw.v6 = bindings::sockaddr_in6 {
                    sin6_family: bindings::AF_INET6 as c_ushort,
                    sin6_port: addr.port().to_be(),
                    sin6_flowinfo: addr.flowinfo().to_be(),
                    sin6_addr: bindings::in6_addr {
                        in6_u: bindings::in6_addr__bindgen_ty_1 {
                            u6_addr8: addr.ip().octets(),
                        },
                    },
                    sin6_scope_id: addr.scope_id(),
                };
            }
        }
        raw
    }

    /// Returns the address, or [`EAFNOSUPPORT`] if it is neither of IPv4 nor of IPv6.
    pub(super) fn get(&self) -> Result<SocketAddr> {
        // SAFETY: All bytes are initialized by the type invariants, and every address begins with
        // its family.
        match u32::from(unsafe { self.family }) {
            bindings::AF_INET => {
                // SAFETY: All bytes are initialized by the type invariants, and any bytes are
                // valid numbers.
                let raw = unsafe { &self.v4 };
                Ok(SocketAddr::V4(SocketAddrV4::new(
                    Ipv4Addr::from(raw.sin_addr.s_addr.to_ne_bytes()),
                    u16::from_be(raw.sin_port),
                )))
            }
            bindings::AF_INET6 => {
                // SAFETY: As above.
                let raw = unsafe { &self.v6 };
                // SAFETY: As above.
                let octets = unsafe { raw.sin6_addr.in6_u.u6_addr8 };
                Ok(SocketAddr::V6(SocketAddrV6::new(
                    Ipv6Addr::from(octets),
                    u16::from_be(raw.sin6_port),
                    u32::from_be(raw.sin6_flowinfo),
                    raw.sin6_scope_id,
                )))
            }
            _ => Err(EAFNOSUPPORT),
        }
    }

    /// Returns a pointer to the address; it is valid for reads of [`Self::len`] bytes.
    pub(super) fn as_ptr(&self) -> *const Self {
        self
    }

    /// Returns a pointer to the address; it is valid for reads and writes of an address of any
    /// family.
    ///
    /// Whatever is written must leave all bytes initialized.
    pub(super) fn as_mut_ptr(&mut self) -> *mut Self {
        self
    }

    /// Returns the number of bytes that the address takes.
    pub(super) fn len(&self) -> c_int {
        // SAFETY: All bytes are initialized by the type invariants, and every address begins with
        // its family.
        let len = match u32::from(unsafe { self.family }) {
            bindings::AF_INET => size_of::<bindings::sockaddr_in>(),
            bindings::AF_INET6 => size_of::<bindings::sockaddr_in6>(),
            _ => size_of::<Self>(),
        };

        len as c_int
    }
}

/// The heap cell that a socket's user data points to.
///
/// The lowest three bits of the user data are flags, hence the alignment.
#[repr(align(8))]
struct Handler(Arc<dyn SocketEvents>);

impl Handler {
    /// The flag of user data that points to a [`Handler`].
    const TAG: usize = bindings::SK_USER_DATA_NOCOPY as usize;

    /// All flags that user data can have.
    const FLAGS: usize = (bindings::SK_USER_DATA_NOCOPY
        | bindings::SK_USER_DATA_BPF
        | bindings::SK_USER_DATA_PSOCK) as usize;

    /// Turns a handler into user data.
    fn into_user_data(this: KBox<Self>) -> *mut c_void {
        // The bits of the tag are free thanks to the alignment.
        KBox::into_raw(this)
            .cast::<c_void>()
            .wrapping_byte_add(Self::TAG)
    }

    /// Returns the handler that the user data points to, if it points to one.
    ///
    /// Others that may use the field, sockmaps and reuseport arrays, set more flags.
    fn from_user_data(data: *mut c_void) -> Option<NonNull<Self>> {
        if data.addr() & Self::FLAGS != Self::TAG {
            return None;
        }
        NonNull::new(data.wrapping_byte_sub(Self::TAG).cast())
    }
}

/// Calls `event` with the handler of `sk`, if it has one.
///
/// # Safety
///
/// `sk` must be a valid socket which got this module's callbacks, or inherited them. The caller
/// must not hold its `sk_callback_lock` for writing. It may hold it for reading, with softirqs off,
/// as `sk_psock_data_ready()` does: then a reader does not queue behind a writer.
unsafe fn notify(sk: *mut bindings::sock, event: impl FnOnce(&dyn SocketEvents)) {
    // SAFETY: By the safety requirements `sk` is valid, and this is the first lock or one that is
    // taken once more for reading.
    unsafe { bindings::sk_callback_read_lock_bh(sk) };

    // SAFETY: `sk` is valid; whoever writes the user data holds the lock for writing.
    let data = unsafe { bindings::sk_user_data(sk) };
    if let Some(handler) = Handler::from_user_data(data) {
        // SAFETY: On a socket of this module, user data with this very tag comes from
        // `Socket::set_events()`. It is taken out with the lock held for writing, and only then
        // freed, so that the handler stays valid until we release the lock.
        let handler = unsafe { handler.as_ref() };
        event(&*handler.0);
    }

    // SAFETY: We took the lock above.
    unsafe { bindings::sk_callback_read_unlock_bh(sk) };
}

/// C's `sk_data_ready`.
///
/// # Safety
///
/// As for [`notify`].
unsafe extern "C" fn data_ready(sk: *mut bindings::sock) {
    // SAFETY: By the safety requirements.
    unsafe { notify(sk, |handler| handler.data_ready()) }
}

/// C's `sk_write_space` of a stream socket.
///
/// # Safety
///
/// As for [`notify`]; the socket must be a stream socket.
unsafe extern "C" fn stream_write_space(sk: *mut bindings::sock) {
    // Does the stack's own bookkeeping, such as taking note that the shortage is over.
    //
    // SAFETY: `sk` is valid and a stream socket, by the safety requirements; this is called where
    // this very function would be.
    unsafe { bindings::sk_stream_write_space(sk) };

    // SAFETY: As above.
    if unsafe { bindings::sk_stream_is_writeable(sk) } {
        // SAFETY: By the safety requirements.
        unsafe { notify(sk, |handler| handler.write_space()) }
    }
}

/// C's `sk_write_space` of a datagram socket.
///
/// # Safety
///
/// As for [`notify`].
unsafe extern "C" fn datagram_write_space(sk: *mut bindings::sock) {
    // SAFETY: `sk` is valid by the safety requirements.
    if unsafe { bindings::sock_writeable(sk) } {
        // SAFETY: By the safety requirements.
        unsafe { notify(sk, |handler| handler.write_space()) }
    }
}

/// C's `sk_state_change` and `sk_error_report`.
///
/// # Safety
///
/// As for [`notify`].
unsafe extern "C" fn state_change(sk: *mut bindings::sock) {
    // SAFETY: By the safety requirements.
    unsafe { notify(sk, |handler| handler.state_change()) }
}

/// An owned socket of the kernel.
///
/// All of it, dropping it too, is for contexts that may sleep.
///
/// # Invariants
///
/// - `socket` points to a valid `struct socket` of the Internet protocols, created by
///   `sock_create_kern()` or `kernel_accept()` and owned by this object; its `sk` is valid, and
///   both stay so until they are released.
/// - The callbacks of the `struct sock` are this module's, those for its type of socket, or those
///   of another part of the kernel, such as kernel TLS, which calls this module's from its own.
///   They were set before anybody else could call them.
/// - User data for which [`Handler::from_user_data`] returns a handler points to a [`Handler`],
///   owned by the socket.
pub(super) struct Socket {
    socket: NonNull<bindings::socket>,
}

// SAFETY: Neither a socket nor its handler, which is `Send`, is bound to a thread.
unsafe impl Send for Socket {}

// SAFETY: The C functions called through `&Socket` may be called at once from several threads, as
// those of a process that share a descriptor do; they take the socket's own locks. The handler is
// `Sync`.
unsafe impl Sync for Socket {}

impl Socket {
    /// The most bytes that one call sends or receives; C returns their number as an `int`.
    const MAX_LEN: usize = i32::MAX as usize;

    /// Makes a TCP socket of the family of `addr`, in the initial network namespace.
    ///
    /// C: `sock_create_kern()`
    pub(super) fn new_tcp(addr: &SocketAddr) -> Result<Self> {
        // SAFETY: The callback is that of stream sockets.
        unsafe {
            Self::new(
                addr,
                bindings::sock_type_SOCK_STREAM,
                bindings::IPPROTO_TCP as c_int,
                stream_write_space,
            )
        }
    }

    /// Makes a UDP socket of the family of `addr`, in the initial network namespace.
    ///
    /// C: `sock_create_kern()`
    pub(super) fn new_udp(addr: &SocketAddr) -> Result<Self> {
        // SAFETY: The callback is that of datagram sockets.
        unsafe {
            Self::new(
                addr,
                bindings::sock_type_SOCK_DGRAM,
                bindings::IPPROTO_UDP as c_int,
                datagram_write_space,
            )
        }
    }

    /// Makes a socket of the family of `addr`, in the initial network namespace.
    ///
    /// # Safety
    ///
    /// `write_space` must be this module's callback for sockets of this type.
    unsafe fn new(
        addr: &SocketAddr,
        socket_type: bindings::sock_type,
        protocol: c_int,
        write_space: unsafe extern "C" fn(*mut bindings::sock),
    ) -> Result<Self> {
        let family = match addr.ip() {
            IpAddr::V4(_) => bindings::AF_INET,
            IpAddr::V6(_) => bindings::AF_INET6,
        };
        let mut socket = core::ptr::null_mut();

        // SAFETY: The initial network namespace always exists, and `socket` is valid for writing
        // a pointer to.
        to_result(unsafe {
            bindings::sock_create_kern(
                &raw mut bindings::init_net,
                family as c_int,
                socket_type as c_int,
                protocol,
                &mut socket,
            )
        })?;
        let socket = NonNull::new(socket).ok_or(ENOMEM)?;

        // SAFETY: `sock_create_kern()` returned a valid socket with a valid `sk`.
        let sk = unsafe { (*socket.as_ptr()).sk };
        // SAFETY: `sk` is valid. As it is neither bound nor connected, and nobody else knows it,
        // nobody reads or writes these fields at the same time. The functions are for sockets of
        // this module and, by the safety requirements, of this type, and for those that inherit
        // from them.
        unsafe {
            bindings::sk_set_callbacks(
                sk,
                Some(data_ready),
                Some(write_space),
                Some(state_change),
                Some(state_change),
            );
        }

        // INVARIANT: `sock_create_kern()` gave us ownership of a valid socket; its callbacks were
        // just set, and a new socket has no user data.
        Ok(Self { socket })
    }

    /// Returns the raw socket.
    fn as_ptr(&self) -> *mut bindings::socket {
        self.socket.as_ptr()
    }

    /// Returns the raw `struct sock`.
    pub(super) fn sk(&self) -> *mut bindings::sock {
        // SAFETY: The socket is valid by the type invariants; its `sk` changes only when it is
        // released.
        unsafe { (*self.as_ptr()).sk }
    }

    /// Allows binding to an address that old connections still use.
    ///
    /// C: `sock_set_reuseaddr()`
    pub(super) fn set_reuseaddr(&self) {
        // SAFETY: `sk` is valid by the type invariants.
        unsafe { bindings::sock_set_reuseaddr(self.sk()) }
    }

    /// Makes closing the socket reset the connection.
    ///
    /// C: `sock_no_linger()`
    pub(super) fn set_no_linger(&self) {
        // SAFETY: `sk` is valid by the type invariants.
        unsafe { bindings::sock_no_linger(self.sk()) }
    }

    /// Turns Nagle's algorithm off or on.
    ///
    /// C: `__tcp_sock_set_nodelay()`
    ///
    /// # Safety
    ///
    /// This must be a TCP socket.
    pub(super) unsafe fn set_tcp_nodelay(&self, on: bool) {
        let sk = self.sk();

        // SAFETY: `sk` is valid by the type invariants, and is that of a TCP socket by the safety
        // requirements.
        unsafe {
            bindings::lock_sock(sk);
            bindings::__tcp_sock_set_nodelay(sk, on);
            bindings::release_sock(sk);
        }
    }

    /// Returns how many bytes were sent and not acknowledged yet.
    ///
    /// C: `SIOCOUTQ` of `tcp_ioctl()`
    ///
    /// # Safety
    ///
    /// This must be a TCP socket.
    pub(super) unsafe fn tcp_unacked(&self) -> c_uint {
        // SAFETY: `sk` is valid by the type invariants, and is that of a TCP socket by the safety
        // requirements.
        unsafe { bindings::tcp_unacked(self.sk()) }
    }

    /// Sets a socket option.
    ///
    /// C: `do_sock_setsockopt()`
    ///
    /// # Safety
    ///
    /// The value of option `name` of `level` must be plain bytes that hold no pointer.
    pub(super) unsafe fn set_option(&self, level: u32, name: u32, value: &[u8]) -> Result {
        let len = c_int::try_from(value.len())?;

        // SAFETY: The socket is valid by the type invariants; `value` is valid for reads of `len`
        // bytes, is only read, and holds no pointer by the safety requirements.
        to_result(unsafe {
            bindings::do_sock_setsockopt(
                self.as_ptr(),
                false,
                level as c_int,
                name as c_int,
                bindings::KERNEL_SOCKPTR(value.as_ptr().cast_mut().cast()),
                len,
            )
        })
    }

    /// Gives the socket an address.
    ///
    /// C: `kernel_bind()`
    pub(super) fn bind(&self, addr: &SocketAddr) -> Result {
        let addr = Address::new(addr);

        // SAFETY: The socket is valid by the type invariants; the address is valid for reads of
        // `len()` bytes, which C copies first.
        to_result(unsafe {
            bindings::kernel_bind(self.as_ptr(), addr.as_ptr().cast_mut().cast(), addr.len())
        })
    }

    /// Begins to listen, with at most `backlog` connections waiting, and no more than
    /// `net.core.somaxconn` of the network namespace says.
    ///
    /// C: `kernel_listen()`
    pub(super) fn listen(&self, backlog: u32) -> Result {
        // Only the system call heeds that limit. It is never negative.
        //
        // SAFETY: `sk` is valid by the type invariants, and so is its network namespace: it is the
        // initial one.
        let limit = unsafe { bindings::sock_somaxconn(self.sk()) };
        let backlog = c_int::try_from(backlog).map_or(limit, |backlog| backlog.min(limit));

        // SAFETY: The socket is valid by the type invariants.
        to_result(unsafe { bindings::kernel_listen(self.as_ptr(), backlog) })
    }

    /// Takes a connection off the queue; [`EAGAIN`] if there is none.
    ///
    /// C: `kernel_accept()`
    pub(super) fn accept(&self) -> Result<Self> {
        let mut socket = core::ptr::null_mut();

        // SAFETY: The socket is valid by the type invariants, and `socket` is valid for writing a
        // pointer to.
        to_result(unsafe {
            bindings::kernel_accept(self.as_ptr(), &mut socket, bindings::O_NONBLOCK as c_int)
        })?;

        // INVARIANT: `kernel_accept()` gave us ownership of a valid socket with a valid `sk`. The
        // latter inherited its callbacks from the listening socket, which has this module's, since
        // kernel TLS cannot be set up on a listening one. It did not inherit the user data, which
        // is not to be copied.
        Ok(Self {
            socket: NonNull::new(socket).ok_or(ENOMEM)?,
        })
    }

    /// Starts to connect; [`EINPROGRESS`] if that is still under way.
    ///
    /// C: `kernel_connect()`
    pub(super) fn connect(&self, addr: &SocketAddr) -> Result {
        let addr = Address::new(addr);

        // SAFETY: The socket is valid by the type invariants; the address is valid for reads of
        // `len()` bytes, which C copies first.
        to_result(unsafe {
            bindings::kernel_connect(
                self.as_ptr(),
                addr.as_ptr().cast_mut().cast(),
                addr.len(),
                bindings::O_NONBLOCK as c_int,
            )
        })
    }

    /// Returns the address of this side.
    ///
    /// C: `kernel_getsockname()`
    pub(super) fn local_addr(&self) -> Result<SocketAddr> {
        let mut addr = Address::zeroed();

        // SAFETY: The socket is valid by the type invariants, and `addr` has room for an address
        // of any family.
        let ret = unsafe { bindings::kernel_getsockname(self.as_ptr(), (&raw mut addr).cast()) };
        if ret < 0 {
            return Err(Error::from_errno(ret));
        }
        addr.get()
    }

    /// Returns the address of the other side.
    ///
    /// C: `kernel_getpeername()`
    pub(super) fn peer_addr(&self) -> Result<SocketAddr> {
        let mut addr = Address::zeroed();

        // SAFETY: As for `local_addr()`.
        let ret = unsafe { bindings::kernel_getpeername(self.as_ptr(), (&raw mut addr).cast()) };
        if ret < 0 {
            return Err(Error::from_errno(ret));
        }
        addr.get()
    }

    /// Returns and clears the pending error (`sock_error()`).
    pub(super) fn take_error(&self) -> Result {
        // SAFETY: `sk` is valid by the type invariants, and `sock_error()` exchanges the error
        // atomically, so that it needs no lock.
        to_result(unsafe { bindings::sock_error(self.sk()) })
    }

    /// Returns how many datagrams were lost on receiving, for want of room or for a checksum that
    /// does not match.
    ///
    /// C: `sk_drops_read()`
    pub(super) fn drops(&self) -> u32 {
        // SAFETY: `sk` is valid by the type invariants; the counter is atomic.
        (unsafe { bindings::sk_drops_read(self.sk()) }) as u32
    }

    /// Returns the state of the connection.
    ///
    /// C: `inet_sk_state_load()`
    pub(super) fn state(&self) -> c_int {
        // SAFETY: `sk` is valid by the type invariants.
        unsafe { bindings::inet_sk_state_load(self.sk()) }
    }

    /// Receives at most `buf.len()` bytes, without waiting.
    ///
    /// C: `kernel_recvmsg()`
    pub(super) fn recv(&self, buf: &mut [u8]) -> Result<usize> {
        // SAFETY: Without a control buffer there is nothing to keep valid.
        unsafe { self.recv_message(buf, &mut bindings::msghdr::default()) }
    }

    /// Receives a message of at most `buf.len()` bytes, without waiting.
    ///
    /// # Safety
    ///
    /// `msg.msg_control` must be null, or valid for writes of `msg.msg_controllen` bytes;
    /// `msg.msg_name` must be null, or valid for writes of an [`Address`].
    pub(super) unsafe fn recv_message(
        &self,
        buf: &mut [u8],
        msg: &mut bindings::msghdr,
    ) -> Result<usize> {
        let len = buf.len().min(Self::MAX_LEN);
        let mut vec = bindings::kvec {
            iov_base: buf.as_mut_ptr().cast(),
            iov_len: len,
        };

        // SAFETY: The socket is valid by the type invariants; `vec` describes `len` bytes that are
        // valid for writes wherever they are, since C copies to them by address; the control
        // buffer and the name are valid by the safety requirements.
        let ret = unsafe {
            bindings::kernel_recvmsg(
                self.as_ptr(),
                msg,
                &mut vec,
                1,
                len,
                bindings::MSG_DONTWAIT as c_int,
            )
        };
        usize::try_from(ret).map_err(|_| Error::from_errno(ret))
    }

    /// Sends at most all of `buf`, without waiting.
    ///
    /// C: `kernel_sendmsg()`
    pub(super) fn send(&self, buf: &[u8]) -> Result<usize> {
        // SAFETY: Without a control buffer there is nothing to keep valid.
        unsafe { self.send_message(buf, &mut bindings::msghdr::default()) }
    }

    /// Sends at most all of `buf` as one message, without waiting.
    ///
    /// # Safety
    ///
    /// `msg.msg_control` must be null, or valid for reads of `msg.msg_controllen` bytes, which are
    /// well-formed control messages; `msg.msg_name` must be null, or valid for reads of
    /// `msg.msg_namelen` bytes, no more than an [`Address`] has.
    pub(super) unsafe fn send_message(
        &self,
        buf: &[u8],
        msg: &mut bindings::msghdr,
    ) -> Result<usize> {
        let len = buf.len().min(Self::MAX_LEN);
        let mut vec = bindings::kvec {
            iov_base: buf.as_ptr().cast_mut().cast(),
            iov_len: len,
        };
        msg.msg_flags = bindings::MSG_DONTWAIT | bindings::MSG_NOSIGNAL;

        // SAFETY: The socket is valid by the type invariants; `vec` describes `len` bytes that are
        // valid for reads wherever they are, since C copies from them by address, and never writes
        // to the source of a message; the control buffer and the name are valid by the safety
        // requirements.
        let ret = unsafe { bindings::kernel_sendmsg(self.as_ptr(), msg, &mut vec, 1, len) };
        usize::try_from(ret).map_err(|_| Error::from_errno(ret))
    }

    /// Shuts down one direction or both.
    ///
    /// C: `kernel_sock_shutdown()`
    pub(super) fn shutdown(&self, how: How) -> Result {
        // SAFETY: The socket is valid by the type invariants.
        to_result(unsafe { bindings::kernel_sock_shutdown(self.as_ptr(), how.as_raw()) })
    }

    /// Sets the handler of this socket's events, in place of the previous one.
    ///
    /// Returns [`EBUSY`] if the socket is part of something else of the kernel, such as a sockmap.
    pub(super) fn set_events(&self, events: Arc<dyn SocketEvents>) -> Result {
        let new = Handler::into_user_data(KBox::new(Handler(events), GFP_KERNEL)?);
        let unused = self.replace_user_data(new);
        let taken = unused == new;

        if let Some(handler) = Handler::from_user_data(unused) {
            // SAFETY: This is either the handler that was just taken out of the socket, with the
            // lock held for writing, so that no callback uses it any more, or the new one which
            // never got in; both came from `KBox::into_raw()`, and nobody else has them.
            drop(unsafe { KBox::from_raw(handler.as_ptr()) });
        }
        if taken {
            return Err(EBUSY);
        }
        Ok(())
    }

    /// Removes the handler of this socket's events, if there is one.
    ///
    /// After the call no callback runs in the handler, and none will.
    pub(super) fn clear_events(&self) {
        let old = self.replace_user_data(core::ptr::null_mut());

        if let Some(handler) = Handler::from_user_data(old) {
            // SAFETY: As in `set_events()`.
            drop(unsafe { KBox::from_raw(handler.as_ptr()) });
        }
    }

    /// Puts `new`, null or from [`Handler::into_user_data`], in the place of the user data.
    ///
    /// Returns the previous user data, whose handler now belongs to the caller; or `new`, if the
    /// user data is somebody else's and was left alone.
    fn replace_user_data(&self, new: *mut c_void) -> *mut c_void {
        let sk = self.sk();

        // SAFETY: `sk` is valid by the type invariants.
        unsafe { bindings::sk_callback_write_lock_bh(sk) };

        // SAFETY: `sk` is valid, and the lock is held for writing.
        let old = unsafe { bindings::sk_user_data(sk) };
        let ours = old.is_null() || Handler::from_user_data(old).is_some();
        if ours {
            // INVARIANT: The handler in `new`, if any, now belongs to the socket.
            // SAFETY: As above.
            unsafe { bindings::sk_set_user_data(sk, new) };
        }

        // SAFETY: We took the lock above.
        unsafe { bindings::sk_callback_write_unlock_bh(sk) };

        if ours {
            old
        } else {
            new
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Closing may call back, and the `struct sock` may outlive the `struct socket`.
        self.clear_events();

        // SAFETY: The socket is valid and owned by us, by the type invariants, and nobody uses it
        // any more. What may remain of the `struct sock` has callbacks that are never freed, and
        // no user data of ours.
        unsafe { bindings::sock_release(self.as_ptr()) }
    }
}
