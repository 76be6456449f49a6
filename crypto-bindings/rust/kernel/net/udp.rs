// SPDX-License-Identifier: GPL-2.0

//! UDP sockets of the kernel's own.
//!
//! A [`UdpSocket`] is bound and never connected: it receives from everybody, and every datagram it
//! sends says where to. With each datagram it tells what a protocol above needs to know of the
//! path: both addresses, and the mark of congestion. It lives in the initial network namespace. No
//! call waits for a peer: what cannot go on returns [`EAGAIN`], and a [`SocketEvents`] handler is
//! told when to try again. All calls may sleep on locks and memory, though, and so does dropping;
//! they are for process context.
//!
//! Datagrams travel through the network stack in batches where they can, in both directions: many
//! to the same address are sent by one call ([`Transmit::segment`]), and many from the same address
//! are received by one ([`UdpSocket::set_gro`]).
//!
//! Since the socket is not connected, an ICMP message that a datagram could not be delivered is not
//! told, and does no harm: whoever can send such a message could have forged it.
//!
//! C headers: [`include/linux/net.h`](srctree/include/linux/net.h),
//! [`include/net/udp.h`](srctree/include/net/udp.h)

use super::socket::{
    Address,
    Socket,
    SocketEvents, //
};
use crate::{
    bindings,
    prelude::*,
    sync::Arc, //
};
use core::{
    mem::{
        offset_of,
        size_of, //
    },
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr,
        SocketAddr,
        SocketAddrV6, //
    },
};

/// The mark of explicit congestion notification in the header of an IP packet (RFC 3168).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Ecn {
    /// The sender takes no part in it.
    #[default]
    NotEct = 0,
    /// It does: ECT(1).
    Ect1 = 1,
    /// It does: ECT(0).
    Ect0 = 2,
    /// A router on the path is congested: CE.
    Ce = 3,
}

impl Ecn {
    /// Takes the mark out of the type of service of IPv4, or the traffic class of IPv6.
    fn from_tos(tos: u8) -> Self {
        match tos & 3 {
            0 => Self::NotEct,
            1 => Self::Ect1,
            2 => Self::Ect0,
            _ => Self::Ce,
        }
    }
}

/// What one call received.
///
/// # Examples
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddr};
/// use kernel::net::udp::UdpSocket;
///
/// /// Counts the datagrams that wait, up to about `max`.
/// fn count(socket: &UdpSocket, buf: &mut [u8], max: usize) -> Result<usize> {
///     let mut found = 0;
///
///     while found < max {
///         match socket.recv(buf) {
///             Ok(received) => found += received.datagrams(buf).count(),
///             Err(e) if e == EAGAIN => break,
///             Err(e) => return Err(e),
///         }
///     }
///     Ok(found)
/// }
///
/// let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
/// # if matches!(&socket, Err(e) if *e == EADDRNOTAVAIL) {
/// #     // The loopback device is down.
/// #     return Ok(());
/// # }
/// let socket = socket?;
/// assert_eq!(count(&socket, &mut [0; 64], 10)?, 0);
/// # use kernel::{
/// #     net::udp::{Ecn, Transmit},
/// #     time::{delay::fsleep, Delta},
/// # };
/// # let sent = socket.send(&Transmit {
/// #     to: socket.local_addr(),
/// #     from: None,
/// #     ecn: Ecn::NotEct,
/// #     segment: Some(20),
/// #     data: &[0; 50],
/// # });
/// # if matches!(&sent, Err(e) if *e == ENETUNREACH) {
/// #     // The same.
/// #     return Ok(());
/// # }
/// # sent?;
/// # fsleep(Delta::from_millis(500));
/// # assert_eq!(count(&socket, &mut [0; 64], 10)?, 3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The bytes received, of all datagrams.
    pub len: usize,
    /// The length of each datagram but the last, which may be shorter; that of the only one, where
    /// there is one.
    pub segment: usize,
    /// Who sent them.
    pub from: SocketAddr,
    /// Which of this side's addresses they were sent to.
    pub to: SocketAddr,
    /// Their mark of congestion.
    pub ecn: Ecn,
    /// Whether the end did not fit into the buffer, and is lost.
    pub truncated: bool,
}

impl Received {
    /// Returns the datagrams in the buffer that was given to [`UdpSocket::recv`].
    ///
    /// An empty one, which comes alone, is left out.
    pub fn datagrams<'a>(&self, buf: &'a mut [u8]) -> impl Iterator<Item = &'a mut [u8]> {
        let received = buf.get_mut(..self.len).unwrap_or_default();
        received.chunks_mut(self.segment.max(1))
    }
}

/// What one call sends.
///
/// # Examples
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddr};
/// use kernel::net::udp::{Ecn, Transmit};
///
/// // Three datagrams, the last of them shorter.
/// let transmit = Transmit {
///     to: SocketAddr::from((Ipv4Addr::LOCALHOST, 4433)),
///     from: None,
///     ecn: Ecn::Ect0,
///     segment: Some(1000),
///     data: &[0; 2100],
/// };
/// assert_eq!(transmit.datagrams(), 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Transmit<'a> {
    /// Whom it is for.
    pub to: SocketAddr,
    /// Which of this side's addresses it is to leave from; the port is always the socket's.
    ///
    /// Without it, or if it is unspecified, the system chooses. An answer should leave from the
    /// address that was asked ([`Received::to`]), or the other side will not know it.
    pub from: Option<SocketAddr>,
    /// Its mark of congestion.
    pub ecn: Ecn,
    /// The length of each datagram but the last, if `data` is more than one.
    pub segment: Option<u16>,
    /// The datagram, or datagrams.
    pub data: &'a [u8],
}

impl Transmit<'_> {
    /// Returns how many datagrams this is.
    pub fn datagrams(&self) -> usize {
        match self.segment {
            Some(segment) if segment != 0 => self.data.len().div_ceil(usize::from(segment)).max(1),
            _ => 1,
        }
    }
}

/// A UDP socket.
///
/// It may be used from several threads at once. Dropping it closes the socket, together with what
/// was not yet received. Once that returns, no callback runs in the handler of its events, and none
/// will. So a module must drop its sockets before it goes, as it must every registration.
///
/// The addresses of peers and of this side are those of their own family: one that came over IPv4
/// is an IPv4 address, on a socket for both families too.
///
/// # Examples
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddr};
/// use kernel::net::udp::{Ecn, Transmit, UdpSocket};
/// # use kernel::time::{delay::fsleep, Delta};
/// # // What is sent over the loopback device may take a moment.
/// # let pause = || fsleep(Delta::from_millis(500));
///
/// /// Sends back what waits to be received.
/// fn echo(socket: &UdpSocket, buf: &mut [u8]) -> Result {
///     loop {
///         let received = match socket.recv(buf) {
///             Ok(received) => received,
///             Err(e) if e == EAGAIN => return Ok(()),
///             Err(e) => return Err(e),
///         };
///
///         socket.send(&Transmit {
///             to: received.from,
///             from: Some(received.to),
///             ecn: received.ecn,
///             segment: None,
///             data: buf.get(..received.len).ok_or(EINVAL)?,
///         })?;
///     }
/// }
///
/// let server = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
/// # if matches!(&server, Err(e) if *e == EADDRNOTAVAIL) {
/// #     // The loopback device is down.
/// #     return Ok(());
/// # }
/// let server = server?;
/// let client = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
/// let mut buf = [0; 1500];
///
/// let sent = client.send(&Transmit {
///     to: server.local_addr(),
///     from: None,
///     ecn: Ecn::Ect0,
///     segment: None,
///     data: b"hello",
/// });
/// # if matches!(&sent, Err(e) if *e == ENETUNREACH) {
/// #     // The loopback device is down.
/// #     return Ok(());
/// # }
/// sent?;
/// # pause();
/// echo(&server, &mut buf)?;
/// # pause();
/// let received = client.recv(&mut buf)?;
/// assert_eq!(received.from, server.local_addr());
/// assert_eq!(received.ecn, Ecn::Ect0);
/// assert_eq!(buf.get(..received.len), Some(&b"hello"[..]));
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// - `socket` is a UDP socket, of the family of `local`, which it is bound to.
/// - What it receives is told with the local address and the type of service.
pub struct UdpSocket {
    socket: Socket,
    local: SocketAddr,
}

impl UdpSocket {
    /// The most datagrams of one [`Transmit`].
    ///
    /// C: `UDP_MAX_SEGMENTS`
    pub const MAX_SEGMENTS: usize = 128;

    /// Binds a socket to `addr`.
    ///
    /// Port 0 stands for any free one. `[::]` takes datagrams over IPv4 too, whatever the default
    /// of the system.
    ///
    /// Returns [`EADDRINUSE`], [`EADDRNOTAVAIL`], or [`EAFNOSUPPORT`] if the kernel has no IPv6.
    ///
    /// C: `sock_create_kern()`, `kernel_bind()`
    pub fn bind(addr: SocketAddr) -> Result<Self> {
        let socket = Socket::new_udp(&addr)?;

        match addr.ip() {
            IpAddr::V4(_) => {
                set_flag(&socket, bindings::SOL_IP, bindings::IP_PKTINFO, 1)?;
            }
            IpAddr::V6(ip) => {
                if ip.is_unspecified() {
                    set_flag(&socket, bindings::SOL_IPV6, bindings::IPV6_V6ONLY, 0)?;
                }
                set_flag(&socket, bindings::SOL_IPV6, bindings::IPV6_RECVPKTINFO, 1)?;
                set_flag(&socket, bindings::SOL_IPV6, bindings::IPV6_RECVTCLASS, 1)?;
            }
        }
        // An IPv6 socket has it too, for what comes over IPv4.
        set_flag(&socket, bindings::SOL_IP, bindings::IP_RECVTOS, 1)?;
        socket.bind(&addr)?;

        // INVARIANT: The socket is bound, the options are set, and nobody changes either.
        Ok(Self {
            local: socket.local_addr()?,
            socket,
        })
    }

    /// Returns the address that the socket is bound to.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Receives a datagram, up to the length of `buf`; more than one after
    /// [`UdpSocket::set_gro`].
    ///
    /// A datagram that is longer than `buf` loses its end, and says so.
    ///
    /// Returns [`EAGAIN`] if none is there.
    ///
    /// C: `kernel_recvmsg()`
    pub fn recv(&self, buf: &mut [u8]) -> Result<Received> {
        let mut name = Address::zeroed();
        let mut control = Control::new();
        let mut msg = bindings::msghdr {
            msg_name: name.as_mut_ptr().cast(),
            msg_controllen: Control::SIZE,
            ..Default::default()
        };
        msg.__bindgen_anon_1.msg_control = control.as_mut_ptr();

        // SAFETY: `control` is valid for writes of its size, and `name` for those of an address.
        let len = unsafe { self.socket.recv_message(buf, &mut msg)? };
        // What is left of the room is not used.
        control.len = Control::SIZE.saturating_sub(msg.msg_controllen);

        let mut received = Received {
            len,
            segment: len,
            from: canonical(name.get()?),
            to: self.local,
            ecn: Ecn::NotEct,
            truncated: (msg.msg_flags & bindings::MSG_TRUNC) != 0,
        };
        for (level, kind, data) in control.messages() {
            self.learn(&mut received, level, kind, data);
        }
        Ok(received)
    }

    /// Takes what a control message tells of a datagram.
    fn learn(&self, received: &mut Received, level: u32, kind: u32, data: &[u8]) {
        match (level, kind) {
            (bindings::SOL_IP, bindings::IP_PKTINFO) => {
                // Where an answer should come from: for a broadcast it is not where it went to.
                if let Some(ip) = field(data, offset_of!(bindings::in_pktinfo, ipi_spec_dst)) {
                    received.to.set_ip(IpAddr::V4(Ipv4Addr::from(ip)));
                }
            }
            (bindings::SOL_IPV6, bindings::IPV6_PKTINFO) => {
                let ip = field(data, offset_of!(bindings::in6_pktinfo, ipi6_addr));
                let index = field(data, offset_of!(bindings::in6_pktinfo, ipi6_ifindex));
                if let (Some(ip), Some(index)) = (ip, index) {
                    let ip = Ipv6Addr::from(ip);
                    // Such an address means something on its own link only.
                    let scope = if ip.is_unicast_link_local() {
                        u32::from_ne_bytes(index)
                    } else {
                        0
                    };
                    let to = SocketAddrV6::new(ip, self.local.port(), 0, scope);
                    received.to = canonical(SocketAddr::V6(to));
                }
            }
            (bindings::SOL_IP, bindings::IP_TOS) => {
                if let Some([tos]) = field(data, 0) {
                    received.ecn = Ecn::from_tos(tos);
                }
            }
            (bindings::SOL_IPV6, bindings::IPV6_TCLASS) => {
                if let Some(class) = field(data, 0) {
                    received.ecn = Ecn::from_tos((u32::from_ne_bytes(class) & 0xff) as u8);
                }
            }
            (bindings::SOL_UDP, bindings::UDP_GRO) => {
                if let Some(segment) = field(data, 0) {
                    let segment = usize::try_from(i32::from_ne_bytes(segment)).unwrap_or(0);
                    // Never zero, as a slice is cut by it.
                    if segment != 0 {
                        received.segment = segment.min(received.len);
                    }
                }
            }
            _ => {}
        }
    }

    /// Sends a datagram, or several.
    ///
    /// Returns
    ///
    /// - [`EAGAIN`] if there is no room,
    /// - [`EMSGSIZE`] if a datagram is longer than the path or the protocol can have, or all of
    ///   them together are longer than 65535 bytes less their headers,
    /// - [`EINVAL`] if `to` has no port, or there are more than [`UdpSocket::MAX_SEGMENTS`]
    ///   datagrams or they are of no length,
    /// - [`ENETUNREACH`] or [`EINVAL`] if `from` is not an address of this side,
    /// - [`EAFNOSUPPORT`] or [`ENETUNREACH`] if `to` or `from` is of a family that the socket has
    ///   not,
    ///
    /// and the errors of routing and of filters, such as [`ENETUNREACH`] or [`EPERM`]. None of
    /// them keeps the next call from going through.
    ///
    /// C: `kernel_sendmsg()`
    pub fn send(&self, transmit: &Transmit<'_>) -> Result {
        let mut name = Address::new(&self.native(transmit.to)?);
        let mut control = Control::new();

        if let Some(from) = transmit.from.filter(|from| !from.ip().is_unspecified()) {
            self.push_source(&mut control, self.native(from)?)?;
        }
        let tos = transmit.ecn as c_int;
        if tos != 0 {
            let (level, kind) = if transmit.to.is_ipv4() {
                (bindings::SOL_IP, bindings::IP_TOS)
            } else {
                (bindings::SOL_IPV6, bindings::IPV6_TCLASS)
            };
            control.push(level, kind, &tos.to_ne_bytes())?;
        }
        if let Some(segment) = transmit.segment {
            if segment == 0 || transmit.datagrams() > Self::MAX_SEGMENTS {
                return Err(EINVAL);
            }
            // One datagram needs no cutting.
            if transmit.data.len() > usize::from(segment) {
                let segment = segment.to_ne_bytes();
                control.push(bindings::SOL_UDP, bindings::UDP_SEGMENT, &segment)?;
            }
        }

        let mut msg = bindings::msghdr {
            msg_name: name.as_mut_ptr().cast(),
            msg_namelen: name.len(),
            msg_controllen: control.len,
            ..Default::default()
        };
        msg.__bindgen_anon_1.msg_control = control.as_mut_ptr();

        // SAFETY: The first `len` bytes of `control` are well-formed control messages by its type
        // invariants, none of which C takes for anything but numbers; `name` is valid for reads of
        // its length.
        unsafe { self.socket.send_message(transmit.data, &mut msg)? };
        Ok(())
    }

    /// Adds the control message that says where a datagram comes from.
    fn push_source(&self, control: &mut Control, from: SocketAddr) -> Result {
        match from {
            SocketAddr::V4(from) => {
                let mut info = [0; size_of::<bindings::in_pktinfo>()];
                let at = offset_of!(bindings::in_pktinfo, ipi_spec_dst);
                put(&mut info, at, &from.ip().octets())?;
                control.push(bindings::SOL_IP, bindings::IP_PKTINFO, &info)
            }
            SocketAddr::V6(from) => {
                let mut info = [0; size_of::<bindings::in6_pktinfo>()];
                let at = offset_of!(bindings::in6_pktinfo, ipi6_addr);
                put(&mut info, at, &from.ip().octets())?;
                let at = offset_of!(bindings::in6_pktinfo, ipi6_ifindex);
                put(&mut info, at, &from.scope_id().to_ne_bytes())?;
                control.push(bindings::SOL_IPV6, bindings::IPV6_PKTINFO, &info)
            }
        }
    }

    /// Turns an address into one of the socket's own family.
    fn native(&self, addr: SocketAddr) -> Result<SocketAddr> {
        match (self.local, addr) {
            (SocketAddr::V4(_), SocketAddr::V4(_)) | (SocketAddr::V6(_), SocketAddr::V6(_)) => {
                Ok(addr)
            }
            (SocketAddr::V6(_), SocketAddr::V4(v4)) => {
                let ip = v4.ip().to_ipv6_mapped();
                Ok(SocketAddr::V6(SocketAddrV6::new(ip, v4.port(), 0, 0)))
            }
            (SocketAddr::V4(_), SocketAddr::V6(_)) => Err(EAFNOSUPPORT),
        }
    }

    /// Lets one call of [`UdpSocket::recv`] receive many datagrams, of one length and from one
    /// address, which came in one batch.
    ///
    /// The buffer should have 65535 bytes then, to hold any batch whole. The system does a little
    /// more work on each datagram of any socket while there is such a socket.
    ///
    /// C: `do_sock_setsockopt()` with `UDP_GRO`
    pub fn set_gro(&self) -> Result {
        set_flag(&self.socket, bindings::SOL_UDP, bindings::UDP_GRO, 1)
    }

    /// Forbids that a datagram is fragmented, here or on its way (true), or leaves that to the
    /// system (false, as it is at first).
    ///
    /// The size of datagrams is then the sender's business, as it is for protocols that find out by
    /// themselves what the path carries: what is too long for it is lost, and what is too long for
    /// the first link is [`EMSGSIZE`]. What ICMP says of the path is not listened to.
    ///
    /// C: `do_sock_setsockopt()` with `IP_MTU_DISCOVER`
    pub fn set_dont_fragment(&self, on: bool) -> Result {
        let (v4, v6) = if on {
            (bindings::IP_PMTUDISC_PROBE, bindings::IPV6_PMTUDISC_PROBE)
        } else {
            (bindings::IP_PMTUDISC_WANT, bindings::IPV6_PMTUDISC_WANT)
        };

        if self.local.is_ipv6() {
            set_flag(
                &self.socket,
                bindings::SOL_IPV6,
                bindings::IPV6_MTU_DISCOVER,
                v6 as c_int,
            )?;
        }
        // An IPv6 socket has it too, for what goes over IPv4.
        set_flag(
            &self.socket,
            bindings::SOL_IP,
            bindings::IP_MTU_DISCOVER,
            v4 as c_int,
        )
    }

    /// Sets how many bytes may wait to be received. The system limits it (`net.core.rmem_max`).
    ///
    /// C: `do_sock_setsockopt()` with `SO_RCVBUF`
    pub fn set_recv_buffer(&self, bytes: u32) -> Result {
        let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
        set_flag(
            &self.socket,
            bindings::SOL_SOCKET,
            bindings::SO_RCVBUF,
            bytes,
        )
    }

    /// Sets how many bytes may be on their way out of this machine. The system limits it
    /// (`net.core.wmem_max`).
    ///
    /// C: `do_sock_setsockopt()` with `SO_SNDBUF`
    pub fn set_send_buffer(&self, bytes: u32) -> Result {
        let bytes = c_int::try_from(bytes).unwrap_or(c_int::MAX);
        set_flag(
            &self.socket,
            bindings::SOL_SOCKET,
            bindings::SO_SNDBUF,
            bytes,
        )
    }

    /// Returns how many datagrams were lost on receiving, since there was no room, or since their
    /// checksum did not match. The number wraps.
    ///
    /// C: `sk_drops_read()`
    pub fn drops(&self) -> u32 {
        self.socket.drops()
    }

    /// Sets the handler of the socket's events, in place of the previous one.
    ///
    /// Datagrams that came before it was set are not told again: receive once, after this call.
    /// [`SocketEvents::write_space`] comes whenever a datagram has left and there is room, whether
    /// there was none before or not.
    ///
    /// Returns [`ENOMEM`], or [`EBUSY`] if the socket became part of something else of the kernel.
    pub fn set_events(&self, events: Arc<dyn SocketEvents>) -> Result {
        self.socket.set_events(events)
    }

    /// Removes the handler of the socket's events, if there is one.
    ///
    /// After the call no callback runs in the handler, and none will. It must not be called from
    /// the handler itself.
    pub fn clear_events(&self) {
        self.socket.clear_events();
    }
}

/// Sets an option whose value is an `int`.
fn set_flag(socket: &Socket, level: u32, name: u32, value: c_int) -> Result {
    // SAFETY: This module calls it for options only whose value is an `int`.
    unsafe { socket.set_option(level, name, &value.to_ne_bytes()) }
}

/// Turns an IPv4 address in an IPv6 one's clothes into what it is.
fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, addr.port()),
        IpAddr::V6(_) => addr,
    }
}

/// Returns the `N` bytes at `offset` of `data`, if it has them.
fn field<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk().copied()
}

/// Copies `value` to `offset` of `raw`; [`EINVAL`] if it does not fit.
fn put(raw: &mut [u8], offset: usize, value: &[u8]) -> Result {
    raw.get_mut(offset..)
        .and_then(|rest| rest.get_mut(..value.len()))
        .ok_or(EINVAL)?
        .copy_from_slice(value);
    Ok(())
}

/// Room for control messages, and those that are in it.
///
/// A control message is a header, its data, and padding before and behind them to the size of a
/// `long`.
///
/// # Invariants
///
/// If it was only pushed to, the first `len` bytes are well-formed control messages.
#[repr(C)]
struct Control {
    // Aligned as the header of a message is.
    bytes: [u8; Self::SIZE],
    _align: [bindings::cmsghdr; 0],
    len: usize,
}

impl Control {
    /// More than the messages of one call take: where it is from or came to, its type of service,
    /// and its length.
    const SIZE: usize = 128;

    /// Where the data of a message begin.
    const HEADER: usize = Self::align(size_of::<bindings::cmsghdr>());

    const fn align(len: usize) -> usize {
        len.next_multiple_of(size_of::<c_ulong>())
    }

    fn new() -> Self {
        // INVARIANT: There is no message in it.
        Self {
            bytes: [0; Self::SIZE],
            _align: [],
            len: 0,
        }
    }

    /// Returns a pointer that is valid for writes of [`Self::SIZE`] bytes.
    fn as_mut_ptr(&mut self) -> *mut c_void {
        self.bytes.as_mut_ptr().cast()
    }

    /// Adds a message.
    fn push(&mut self, level: u32, kind: u32, data: &[u8]) -> Result {
        let end = Self::HEADER + data.len();
        let room = self.bytes.get_mut(self.len..).ok_or(EINVAL)?;
        let message = room.get_mut(..Self::align(end)).ok_or(EINVAL)?;

        put(
            message,
            offset_of!(bindings::cmsghdr, cmsg_len),
            &end.to_ne_bytes(),
        )?;
        put(
            message,
            offset_of!(bindings::cmsghdr, cmsg_level),
            &level.to_ne_bytes(),
        )?;
        put(
            message,
            offset_of!(bindings::cmsghdr, cmsg_type),
            &kind.to_ne_bytes(),
        )?;
        put(message, Self::HEADER, data)?;
        // INVARIANT: The message is whole, and begins where the one before ends with its padding.
        self.len += Self::align(end);
        Ok(())
    }

    /// Returns the messages: level, type and data of each.
    fn messages(&self) -> impl Iterator<Item = (u32, u32, &[u8])> {
        let mut rest = self.bytes.get(..self.len).unwrap_or_default();

        core::iter::from_fn(move || {
            let len = usize::from_ne_bytes(field(rest, offset_of!(bindings::cmsghdr, cmsg_len))?);
            let level = field(rest, offset_of!(bindings::cmsghdr, cmsg_level))?;
            let kind = field(rest, offset_of!(bindings::cmsghdr, cmsg_type))?;
            let data = rest.get(Self::HEADER..len)?;

            // Behind the last message there may be no padding.
            rest = rest.get(Self::align(len)..).unwrap_or_default();
            Some((u32::from_ne_bytes(level), u32::from_ne_bytes(kind), data))
        })
    }
}
