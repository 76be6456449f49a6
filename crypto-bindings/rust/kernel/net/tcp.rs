// SPDX-License-Identifier: GPL-2.0

//! TCP connections of the kernel's own.
//!
//! A [`TcpListener`] accepts [`TcpStream`]s; [`TcpStream::connect`] makes one from this side. They
//! live in the initial network namespace. No call waits for a peer: what cannot go on returns
//! [`EAGAIN`], and a [`SocketEvents`] handler is told when to try again. All calls may sleep on
//! locks and memory, though, and so does dropping; they are for process context.
//!
//! ```text
//!  TcpListener::bind --> accept() --+
//!                                   +--> TcpStream --> recv(), send() --> shutdown() --> drop
//!  TcpStream::connect --------------+        |                            or abort()
//!                                            +--> enable_ktls() (see `net::ktls`)
//! ```
//!
//! C headers: [`include/linux/net.h`](srctree/include/linux/net.h),
//! [`include/net/tcp.h`](srctree/include/net/tcp.h)

#[cfg(CONFIG_RUST_CRYPTO)]
use super::ktls::Directions;
use super::socket::{
    How,
    Socket,
    SocketEvents, //
};
use crate::{
    bindings,
    prelude::*,
    sync::Arc, //
};
use core::net::{
    IpAddr,
    SocketAddr, //
};

/// A socket that listens for TCP connections.
///
/// Dropping it closes the socket, together with the connections that were not yet accepted. Once
/// that returns, no callback runs in the handler of its events, and none will. So a module must
/// drop its listeners and streams before it goes, as it must every registration.
///
/// # Examples
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddr};
/// use kernel::net::tcp::TcpListener;
///
/// let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), 16)?;
///
/// // Nobody knows the port yet.
/// assert_ne!(listener.local_addr()?.port(), 0);
/// assert_eq!(listener.accept().err(), Some(EAGAIN));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `socket` is a TCP socket that listens.
pub struct TcpListener {
    pub(super) socket: Socket,
}

impl TcpListener {
    /// Listens on `addr`, with at most `backlog` connections waiting to be accepted.
    ///
    /// Port 0 stands for any free one. The address may still be in use by old connections
    /// (`SO_REUSEADDR`), but not by another listener. `[::]` takes connections over IPv4 too,
    /// whatever the default of the system. As with the system call, a `backlog` of more than
    /// `net.core.somaxconn` is taken for one of so many.
    ///
    /// Returns [`EADDRINUSE`], [`EADDRNOTAVAIL`], or [`EAFNOSUPPORT`] if the kernel has no IPv6.
    ///
    /// C: `sock_create_kern()`, `kernel_bind()`, `kernel_listen()`
    pub fn bind(addr: SocketAddr, backlog: u32) -> Result<Self> {
        let socket = Socket::new_tcp(&addr)?;

        socket.set_reuseaddr();
        if let IpAddr::V6(ip) = addr.ip() {
            if ip.is_unspecified() {
                let off = (0 as c_int).to_ne_bytes();
                // SAFETY: The value of `IPV6_V6ONLY` is an `int`.
                unsafe { socket.set_option(bindings::SOL_IPV6, bindings::IPV6_V6ONLY, &off)? };
            }
        }
        socket.bind(&addr)?;
        socket.listen(backlog)?;

        // INVARIANT: The socket listens.
        Ok(Self { socket })
    }

    /// Returns the address that the socket listens on.
    ///
    /// C: `kernel_getsockname()`
    pub fn local_addr(&self) -> Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts a connection.
    ///
    /// The stream has no handler, whatever the listener has.
    ///
    /// Returns [`EAGAIN`] if none waits. Any other error concerns a connection that failed
    /// meanwhile ([`ECONNABORTED`]) or a shortage ([`ENOMEM`], [`ENFILE`]), and the listener goes
    /// on.
    ///
    /// C: `kernel_accept()`
    pub fn accept(&self) -> Result<TcpStream> {
        Ok(TcpStream::new(self.socket.accept()?))
    }

    /// Sets the handler of the listener's events, in place of the previous one.
    ///
    /// Connections that came before it was set are not told again: accept once, after this call.
    ///
    /// Returns [`ENOMEM`], or [`EBUSY`] if the socket became part of something else of the kernel.
    pub fn set_events(&self, events: Arc<dyn SocketEvents>) -> Result {
        self.socket.set_events(events)
    }

    /// Removes the handler of the listener's events, if there is one.
    ///
    /// After the call no callback runs in the handler, and none will. It must not be called from
    /// the handler itself.
    pub fn clear_events(&self) {
        self.socket.clear_events();
    }
}

/// A TCP connection.
///
/// It may be used from several threads at once; the calls then take turns.
///
/// Dropping it closes the connection: what was sent is still delivered, unless there is something
/// left unread, in which case the peer sees a reset, or a record of kernel TLS that it could not
/// hand on whole, for want of room, in which case the end of it is lost (nor can it be sent after a
/// shutdown for writing). Once that returns, no callback runs in the
/// handler of its events, and none will.
///
/// # Examples
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddr};
/// use kernel::net::{
///     socket::How,
///     tcp::{
///         TcpListener,
///         TcpStream, //
///     }, //
/// };
/// # use kernel::time::{delay::fsleep, Delta};
/// # // What is sent over the loopback device may take a moment.
/// # let pause = || fsleep(Delta::from_millis(500));
///
/// /// Answers each connection that waits, as far as its first bytes have come.
/// fn greet(listener: &TcpListener) -> Result {
///     loop {
///         let stream = match listener.accept() {
///             Ok(stream) => stream,
///             Err(e) if e == EAGAIN => return Ok(()),
///             Err(e) => return Err(e),
///         };
///         let mut buf = [0; 64];
///
///         match stream.recv(&mut buf) {
///             Ok(n) => {
///                 stream.send(buf.get(..n).ok_or(EINVAL)?)?;
///                 stream.shutdown(How::Write)?;
///             }
///             Err(e) if e == EAGAIN => stream.abort(),
///             Err(e) => return Err(e),
///         }
///     }
/// }
///
/// let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1);
/// # if matches!(&listener, Err(e) if *e == EADDRNOTAVAIL) {
/// #     // The loopback device is down.
/// #     return Ok(());
/// # }
/// let listener = listener?;
/// let client = TcpStream::connect(listener.local_addr()?);
/// # if matches!(&client, Err(e) if *e == ENETUNREACH) {
/// #     // The same.
/// #     return Ok(());
/// # }
/// let client = client?;
/// let mut answer = [0; 64];
/// # pause();
///
/// client.send(b"hello")?;
/// # pause();
/// greet(&listener)?;
/// # pause();
/// assert_eq!(client.recv(&mut answer)?, 5);
/// assert_eq!(answer[..5], *b"hello");
/// // It said that this was all.
/// assert_eq!(client.recv(&mut answer)?, 0);
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// - `socket` is a TCP socket.
/// - A direction that `ktls` names has kernel TLS, and keys.
pub struct TcpStream {
    pub(super) socket: Socket,
    #[cfg(CONFIG_RUST_CRYPTO)]
    pub(super) ktls: Directions,
}

impl TcpStream {
    fn new(socket: Socket) -> Self {
        // INVARIANT: The socket has no kernel TLS yet.
        Self {
            socket,
            #[cfg(CONFIG_RUST_CRYPTO)]
            ktls: Directions::none(),
        }
    }

    /// Starts a connection to `addr`.
    ///
    /// It need not be there yet when this returns: [`Self::is_established`] tells, and a handler's
    /// [`SocketEvents::state_change`] when it changes. If it fails, the error is that of the next
    /// [`Self::recv`] or [`Self::send`], such as [`ECONNREFUSED`] or [`ETIMEDOUT`].
    ///
    /// Returns an error if the connection cannot even be tried, such as [`ENETUNREACH`], or
    /// [`EAFNOSUPPORT`] if the kernel has no IPv6.
    ///
    /// C: `sock_create_kern()`, `kernel_connect()`
    pub fn connect(addr: SocketAddr) -> Result<Self> {
        let socket = Socket::new_tcp(&addr)?;

        match socket.connect(&addr) {
            Ok(()) => {}
            Err(e) if e == EINPROGRESS => {}
            Err(e) => return Err(e),
        }
        Ok(Self::new(socket))
    }

    /// Receives what is there, up to the length of `buf`.
    ///
    /// Returns 0 at the end of the stream, when the peer sends no more. With kernel TLS this
    /// receives application data; [`Self::recv_record`] also tells other records.
    ///
    /// Returns [`EAGAIN`] if nothing is there yet, [`EINVAL`] if `buf` is empty, and the errors of
    /// the connection, such as [`ECONNRESET`]; with kernel TLS also those of
    /// [`Self::recv_record`], and [`EIO`] if the next record is not application data.
    ///
    /// C: `kernel_recvmsg()`
    pub fn recv(&self, buf: &mut [u8]) -> Result<usize> {
        if buf.is_empty() {
            // Zero bytes would look like the end of the stream.
            return Err(EINVAL);
        }
        self.socket.recv(buf)
    }

    /// Sends as much of `buf` as there is room for, and returns how much that was.
    ///
    /// Returns [`EAGAIN`] if there is no room, and the errors of the connection, such as [`EPIPE`]
    /// or [`ECONNRESET`]. It never raises `SIGPIPE`.
    ///
    /// C: `kernel_sendmsg()`
    pub fn send(&self, buf: &[u8]) -> Result<usize> {
        self.socket.send(buf)
    }

    /// Shuts down one direction or both.
    ///
    /// Returns [`ENOTCONN`] if there is no connection.
    ///
    /// C: `kernel_sock_shutdown()`
    pub fn shutdown(&self, how: How) -> Result {
        self.socket.shutdown(how)
    }

    /// Makes dropping the stream reset the connection, and discard what was not yet delivered.
    ///
    /// C: `sock_no_linger()`
    pub fn abort(&self) {
        self.socket.set_no_linger();
    }

    /// Sends small pieces at once (true), or gathers them while others are under way (false, as it
    /// is at first): `TCP_NODELAY`.
    ///
    /// C: `__tcp_sock_set_nodelay()`
    pub fn set_nodelay(&self, on: bool) {
        // SAFETY: This is a TCP socket by the type invariants.
        unsafe { self.socket.set_tcp_nodelay(on) };
    }

    /// Returns how many of the bytes sent the other side has not acknowledged yet, and still may.
    /// The end of the stream counts as one.
    ///
    /// What kernel TLS has yet to hand on is not among them: it is when there is room.
    ///
    /// C: `SIOCOUTQ`
    pub fn unacked(&self) -> usize {
        // SAFETY: This is a TCP socket by the type invariants.
        //
        // CAST: An `usize` holds an `unsigned int` on all architectures.
        unsafe { self.socket.tcp_unacked() as usize }
    }

    /// Returns the address of the other side.
    ///
    /// Returns [`ENOTCONN`] if there is no connection.
    ///
    /// C: `kernel_getpeername()`
    pub fn peer_addr(&self) -> Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Returns the address of this side.
    ///
    /// C: `kernel_getsockname()`
    pub fn local_addr(&self) -> Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Returns whether the connection is there, and neither side has shut it down.
    ///
    /// C: `inet_sk_state_load()`
    pub fn is_established(&self) -> bool {
        self.socket.state() == bindings::TCP_ESTABLISHED as c_int
    }

    /// Returns the error that waits for the next call on the socket, and clears it.
    ///
    /// A record that kernel TLS cannot open leaves [`EBADMSG`] there, with which an attempt to send
    /// an alert would fail.
    ///
    /// C: `sock_error()`
    pub fn take_error(&self) -> Result {
        self.socket.take_error()
    }

    /// Sets the handler of the stream's events, in place of the previous one.
    ///
    /// What happened before it was set is not told again: try to receive, to send, or whether the
    /// stream is established, once after this call.
    ///
    /// Returns [`ENOMEM`], or [`EBUSY`] if the socket became part of something else of the kernel.
    pub fn set_events(&self, events: Arc<dyn SocketEvents>) -> Result {
        self.socket.set_events(events)
    }

    /// Removes the handler of the stream's events, if there is one.
    ///
    /// After the call no callback runs in the handler, and none will. It must not be called from
    /// the handler itself.
    pub fn clear_events(&self) {
        self.socket.clear_events();
    }
}
