// SPDX-License-Identifier: GPL-2.0

//! Kernel TLS: the record layer of TLS 1.3 on an established [`TcpStream`].
//!
//! After a handshake, whoever made it hands the keys of both directions to the socket, which from
//! then on seals what is sent and opens what is received:
//!
//! ```text
//!  enable_ktls() --> set_ktls_tx(), set_ktls_rx() --> send(), send_record(),
//!                         ^                           recv(), recv_record()
//!                         |                                  |
//!                         +---------- a key update <---------+
//! ```
//!
//! The records before the hand-over must have been read exactly: a byte of a later one that was
//! already read cannot be given back.
//!
//! C headers: [`include/uapi/linux/tls.h`](srctree/include/uapi/linux/tls.h),
//! [`include/net/tls.h`](srctree/include/net/tls.h)
//!
//! Reference: <https://docs.kernel.org/networking/tls.html>
//!
//! # Examples
//!
//! One direction of a connection, whose keys a handshake would have made:
//!
//! ```
//! # use core::net::{Ipv4Addr, SocketAddr};
//! # use kernel::{net::tcp::TcpListener, time::{delay::fsleep, Delta}};
//! use kernel::{
//!     crypto::aead::AeadAlgorithm,
//!     net::{
//!         ktls::CryptoInfo,
//!         tcp::TcpStream, //
//!     }, //
//! };
//!
//! fn seal_with(client: &TcpStream, server: &TcpStream, key: &[u8], iv: &[u8; 12]) -> Result {
//!     let info = CryptoInfo::new(AeadAlgorithm::Aes128Gcm, key, iv, 0)?;
//!
//!     client.enable_ktls()?;
//!     client.set_ktls_tx(&info)?;
//!     server.enable_ktls()?;
//!     server.set_ktls_rx(&info)
//! }
//! #
//! # // What is sent over the loopback device may take a moment.
//! # let pause = || fsleep(Delta::from_millis(50));
//! # let listener = match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1) {
//! #     // The loopback device is down.
//! #     Err(e) if e == EADDRNOTAVAIL => return Ok(()),
//! #     listener => listener?,
//! # };
//! # let client = match TcpStream::connect(listener.local_addr()?) {
//! #     // The loopback device is down.
//! #     Err(e) if e == ENETUNREACH => return Ok(()),
//! #     client => client?,
//! # };
//! # pause();
//! # let server = listener.accept()?;
//! # match seal_with(&client, &server, &[1; 16], &[2; 12]) {
//! #     // There is no kernel TLS.
//! #     Err(e) if e == ENOENT => return Ok(()),
//! #     result => result?,
//! # }
//! # let mut buf = [0; 64];
//! #
//! # client.send(b"sealed")?;
//! # pause();
//! # let len = server.recv(&mut buf)?;
//! # assert_eq!(buf.get(..len), Some(&b"sealed"[..]));
//! # Ok::<(), Error>(())
//! ```

use super::tcp::TcpStream;
use crate::{
    bindings,
    crypto::{
        aead::AeadAlgorithm,
        SecretVec, //
    },
    fmt,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
};
use core::mem::{
    offset_of,
    size_of, //
};

/// The content type of application data, as [`TcpStream::recv_record`] returns it.
pub const CONTENT_TYPE_APPLICATION_DATA: u8 = 23;

/// The most bytes of text that a record holds.
pub const MAX_RECORD_TEXT: usize = 1 << 14;

/// The key, the initialization vector and the position of one direction, for kernel TLS.
///
/// The bytes are wiped when it is dropped.
///
/// # Examples
///
/// ```
/// use kernel::{crypto::aead::AeadAlgorithm, net::ktls::CryptoInfo};
///
/// let info = CryptoInfo::new(AeadAlgorithm::Aes128Gcm, &[1; 16], &[2; 12], 0)?;
/// assert_eq!(info.algorithm(), AeadAlgorithm::Aes128Gcm);
///
/// assert!(CryptoInfo::new(AeadAlgorithm::Aes256Gcm, &[1; 16], &[2; 12], 0).is_err());
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `raw` holds the C structure that kernel TLS wants for `aead`.
pub struct CryptoInfo {
    aead: AeadAlgorithm,
    raw: SecretVec,
}

/// Copies `value` to `offset` of `raw`; [`EINVAL`] if it does not fit.
fn put(raw: &mut [u8], offset: usize, value: &[u8]) -> Result {
    raw.get_mut(offset..)
        .and_then(|rest| rest.get_mut(..value.len()))
        .ok_or(EINVAL)?
        .copy_from_slice(value);
    Ok(())
}

/// Lays out the C structure `$t`, which the kernel takes for the cipher `$cipher`.
///
/// The structures have the same members, of different sizes: the nonce of the record with number
/// 0 is split into `salt`, of `$salt` bytes, and `iv`.
macro_rules! crypto_info {
    ($t:ident, $cipher:ident, $salt:ident, $key:ident, $iv:ident, $seq:ident) => {{
        let mut raw = SecretVec::zeroed(size_of::<bindings::$t>(), GFP_KERNEL)?;
        let bytes = raw.as_mut_bytes();
        let (salt, iv) = $iv
            .split_at_checked(bindings::$salt as usize)
            .ok_or(EINVAL)?;
        let info = offset_of!(bindings::$t, info);

        put(
            bytes,
            info + offset_of!(bindings::tls_crypto_info, version),
            &bindings::TLS_1_3_VERSION.to_ne_bytes(),
        )?;
        put(
            bytes,
            info + offset_of!(bindings::tls_crypto_info, cipher_type),
            &(bindings::$cipher as u16).to_ne_bytes(),
        )?;
        put(bytes, offset_of!(bindings::$t, iv), iv)?;
        put(bytes, offset_of!(bindings::$t, key), $key)?;
        put(bytes, offset_of!(bindings::$t, salt), salt)?;
        put(
            bytes,
            offset_of!(bindings::$t, rec_seq),
            &$seq.to_be_bytes(),
        )?;
        raw
    }};
}

impl CryptoInfo {
    /// Takes the key and the initialization vector of one direction, as the key schedule of TLS
    /// 1.3 gives them, and the number of the next record.
    ///
    /// Returns [`EINVAL`] if the key has not the length that `aead` wants, or [`ENOMEM`].
    ///
    /// C: `struct tls12_crypto_info_aes_gcm_128` and the like
    pub fn new(aead: AeadAlgorithm, key: &[u8], iv: &[u8; 12], seq: u64) -> Result<Self> {
        if key.len() != aead.key_size() {
            return Err(EINVAL);
        }
        let raw = match aead {
            AeadAlgorithm::Aes128Gcm => crypto_info!(
                tls12_crypto_info_aes_gcm_128,
                TLS_CIPHER_AES_GCM_128,
                TLS_CIPHER_AES_GCM_128_SALT_SIZE,
                key,
                iv,
                seq
            ),
            AeadAlgorithm::Aes256Gcm => crypto_info!(
                tls12_crypto_info_aes_gcm_256,
                TLS_CIPHER_AES_GCM_256,
                TLS_CIPHER_AES_GCM_256_SALT_SIZE,
                key,
                iv,
                seq
            ),
            AeadAlgorithm::Aes128Ccm => crypto_info!(
                tls12_crypto_info_aes_ccm_128,
                TLS_CIPHER_AES_CCM_128,
                TLS_CIPHER_AES_CCM_128_SALT_SIZE,
                key,
                iv,
                seq
            ),
            AeadAlgorithm::ChaCha20Poly1305 => crypto_info!(
                tls12_crypto_info_chacha20_poly1305,
                TLS_CIPHER_CHACHA20_POLY1305,
                TLS_CIPHER_CHACHA20_POLY1305_SALT_SIZE,
                key,
                iv,
                seq
            ),
        };

        // INVARIANT: `raw` was laid out for `aead`.
        Ok(Self { aead, raw })
    }

    /// Returns the algorithm that seals the records.
    pub fn algorithm(&self) -> AeadAlgorithm {
        self.aead
    }
}

impl fmt::Debug for CryptoInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CryptoInfo")
            .field("aead", &self.aead)
            .finish_non_exhaustive()
    }
}

/// A control message with the content type of a record.
///
/// C puts the data of a control message behind its header, and pads both to the size of a `long`.
#[repr(C)]
struct ContentType {
    header: bindings::cmsghdr,
    data: [u8; size_of::<c_ulong>()],
}

impl ContentType {
    /// The length that a control message with one byte of data says, C's `CMSG_LEN(1)`.
    const LEN: usize = offset_of!(Self, data) + 1;
}

/// The directions of a stream that have keys.
pub(super) struct Directions {
    tx: Atomic<bool>,
    rx: Atomic<bool>,
}

impl Directions {
    /// Neither has.
    pub(super) fn none() -> Self {
        Self {
            tx: Atomic::new(false),
            rx: Atomic::new(false),
        }
    }
}

/// Kernel TLS.
impl TcpStream {
    /// Makes the connection ready for kernel TLS; keys come next.
    ///
    /// Data go through as before until then.
    ///
    /// Returns [`ENOTCONN`] if the connection is not established (see
    /// [`TcpStream::is_established`]), [`EEXIST`] if this was already done, and [`ENOENT`] if the
    /// kernel has no kernel TLS or cannot load it.
    ///
    /// C: `do_sock_setsockopt()` with `TCP_ULP`
    pub fn enable_ktls(&self) -> Result {
        // SAFETY: The value of `TCP_ULP` is a name.
        unsafe {
            self.socket
                .set_option(bindings::SOL_TCP, bindings::TCP_ULP, b"tls\0")
        }
    }

    /// Sets the keys for sending; what is sent from now on is sealed.
    ///
    /// May be called again, with the same algorithm, after a key update was sent.
    ///
    /// Returns [`ENOPROTOOPT`] before [`TcpStream::enable_ktls`], [`EINVAL`] if the algorithm is
    /// not that of the other direction, and [`ENOENT`] if the kernel has not that algorithm.
    ///
    /// C: `do_sock_setsockopt()` with `TLS_TX`
    pub fn set_ktls_tx(&self, info: &CryptoInfo) -> Result {
        self.set_keys(bindings::TLS_TX, info)?;
        // INVARIANT: The socket has just got its keys for sending.
        self.ktls.tx.store(true, Release);
        Ok(())
    }

    /// Sets the keys for receiving; what was not yet received is taken for sealed records.
    ///
    /// May be called again, with the same algorithm, after a key update was received.
    ///
    /// Returns the errors of [`TcpStream::set_ktls_tx`].
    ///
    /// C: `do_sock_setsockopt()` with `TLS_RX`
    pub fn set_ktls_rx(&self, info: &CryptoInfo) -> Result {
        self.set_keys(bindings::TLS_RX, info)?;
        // INVARIANT: The socket has just got its keys for receiving.
        self.ktls.rx.store(true, Release);
        Ok(())
    }

    fn set_keys(&self, direction: u32, info: &CryptoInfo) -> Result {
        // SAFETY: The value of `TLS_TX` and of `TLS_RX` is one of the structures that a
        // `CryptoInfo` holds, which have no pointers.
        unsafe {
            self.socket
                .set_option(bindings::SOL_TLS, direction, info.raw.as_bytes())
        }
    }

    /// Receives from records of one content type, and returns that type and the number of bytes.
    ///
    /// Application data are received as from a stream, from as many records as are there and as
    /// `buf` has room for. A record of any other type is received by itself. `buf` should have
    /// [`MAX_RECORD_TEXT`] bytes to hold it whole; what does not fit comes with the next call,
    /// with the same content type and without another event.
    ///
    /// At the end of the stream the content type and the number of bytes are both 0. Only a
    /// `close_notify` alert before it says that the peer meant it. A record without data may give 0
    /// bytes with its content type.
    ///
    /// Returns
    ///
    /// - [`EAGAIN`] if no whole record is there yet, if those that are there have no data (of which
    ///   one call goes through so many), or if another thread is about to receive one; an event
    ///   follows when it is worth while to call again,
    /// - [`EINVAL`] if `buf` is empty, or there are no keys for receiving,
    /// - [`EBADMSG`] if a record was forged, and [`EMSGSIZE`] or [`EINVAL`] if it is malformed; no
    ///   further record can be received then,
    /// - [`EKEYEXPIRED`] after a key update was received, until [`TcpStream::set_ktls_rx`] is
    ///   called again,
    ///
    /// and the errors of the connection, such as [`ECONNRESET`].
    ///
    /// C: `kernel_recvmsg()` with `TLS_GET_RECORD_TYPE`
    pub fn recv_record(&self, buf: &mut [u8]) -> Result<(u8, usize)> {
        if buf.is_empty() || !self.ktls.rx.load(Acquire) {
            return Err(EINVAL);
        }

        let mut control = ContentType {
            header: bindings::cmsghdr::default(),
            data: [0; _],
        };
        let mut msg = bindings::msghdr {
            msg_controllen: size_of::<ContentType>(),
            ..Default::default()
        };
        msg.__bindgen_anon_1.msg_control = (&raw mut control).cast();

        // SAFETY: `control` is valid for writes of its size; there is no name.
        let len = unsafe { self.socket.recv_message(buf, &mut msg)? };

        if control.header.cmsg_level == bindings::SOL_TLS as c_int
            && control.header.cmsg_type == bindings::TLS_GET_RECORD_TYPE as c_int
            && control.header.cmsg_len == ContentType::LEN
        {
            return Ok((control.data[0], len));
        }
        if len != 0 {
            // The kernel tells the type of whatever comes from a record.
            return Err(EIO);
        }
        Ok((0, 0))
    }

    /// Sends a record of the given content type, and returns how many bytes of `buf` are in it.
    ///
    /// What was sent before is sealed in records of its own. If `buf` is longer than a record can
    /// be, several are sent.
    ///
    /// Returns [`EAGAIN`] if there is no room; [`EINVAL`] if `buf` is empty, if there are no keys
    /// for sending, or if the content type is 0, which no record has; and the errors of the
    /// connection, such as [`EPIPE`].
    ///
    /// C: `kernel_sendmsg()` with `TLS_SET_RECORD_TYPE`
    pub fn send_record(&self, content_type: u8, buf: &[u8]) -> Result<usize> {
        if buf.is_empty() || content_type == 0 || !self.ktls.tx.load(Acquire) {
            return Err(EINVAL);
        }

        let mut control = ContentType {
            header: bindings::cmsghdr {
                cmsg_len: ContentType::LEN,
                cmsg_level: bindings::SOL_TLS as c_int,
                cmsg_type: bindings::TLS_SET_RECORD_TYPE as c_int,
            },
            data: [0; _],
        };
        control.data[0] = content_type;
        let mut msg = bindings::msghdr {
            msg_controllen: size_of::<ContentType>(),
            ..Default::default()
        };
        msg.__bindgen_anon_1.msg_control = (&raw mut control).cast();

        // SAFETY: `control` is valid for reads of its size, and is a well-formed control message;
        // there is no name.
        unsafe { self.socket.send_message(buf, &mut msg) }
    }
}
