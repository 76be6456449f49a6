// SPDX-License-Identifier: GPL-2.0

//! Tracepoints of TLS handshakes made in the kernel.
//!
//! They appear as `tls_handshake:tls_handshake_start`, `…_done` and `…_fail`, under
//! `events/tls_handshake/` in tracefs, and cost a branch that is not taken while nobody listens.
//! The three events of one handshake carry the same number, which its maker chooses.
//!
//! With `CONFIG_TRACEPOINTS` unset the functions here do nothing.
//!
//! C header: [`include/trace/events/tls_handshake.h`](srctree/include/trace/events/tls_handshake.h)

use super::socket::Address;
use crate::prelude::*;
use core::net::SocketAddr;

// The macro's arguments are the functions' own, so that nothing unsafe comes in with them.
#[cfg_attr(CONFIG_TRACEPOINTS, expect(clippy::macro_metavars_in_unsafe))]
mod raw {
    use crate::{
        bindings,
        prelude::*, //
    };

    crate::declare_trace! {
        /// # Safety
        ///
        /// `peer` must be valid for reads of `peerlen` bytes.
        pub(super) unsafe fn tls_handshake_start(
            id: u64,
            peer: *const bindings::sockaddr,
            peerlen: c_int,
        );

        /// # Safety
        ///
        /// Always safe to call.
        pub(super) unsafe fn tls_handshake_done(id: u64, suite: u16, group: u16, sig: u16);

        /// # Safety
        ///
        /// Always safe to call.
        pub(super) unsafe fn tls_handshake_fail(id: u64, alert: u8, error: c_int);
    }
}

/// Says that handshake number `id` with `peer` began.
///
/// Calls the tracepoint `tls_handshake_start`.
///
/// # Examples
///
/// ```
/// use core::net::{Ipv4Addr, SocketAddr};
/// use kernel::net::tls_trace;
///
/// let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40000));
/// tls_trace::handshake_start(1, &peer);
/// tls_trace::handshake_done(1, 0x1301, 0x001d, 0x0804);
/// ```
// Not inlined, so that a module needs neither the tracepoints' symbols nor their static keys.
#[inline(never)]
pub fn handshake_start(id: u64, peer: &SocketAddr) {
    let peer = Address::new(peer);

    // SAFETY: An `Address` is valid for reads of as many bytes as it says, and outlives the call.
    unsafe { raw::tls_handshake_start(id, peer.as_ptr().cast(), peer.len()) }
}

/// Says that handshake number `id` is done, and what the two sides agreed on.
///
/// `suite`, `group` and `sig` are the numbers which TLS gives to the cipher suite, the group of
/// the key exchange and the signature scheme; a handshake without the one or the other gives 0.
///
/// Calls the tracepoint `tls_handshake_done`.
#[inline(never)]
pub fn handshake_done(id: u64, suite: u16, group: u16, sig: u16) {
    // SAFETY: Always safe to call.
    unsafe { raw::tls_handshake_done(id, suite, group, sig) }
}

/// Says that handshake number `id` failed: with which alert, and with which error number.
///
/// `alert` is the number which TLS gives to the alert that was sent or came; `errno` is negative,
/// as [`Error::to_errno`] has it.
///
/// Calls the tracepoint `tls_handshake_fail`.
///
/// # Examples
///
/// ```
/// use kernel::net::tls_trace;
///
/// const DECODE_ERROR: u8 = 50;
///
/// tls_trace::handshake_fail(2, DECODE_ERROR, EBADMSG.to_errno());
/// ```
#[inline(never)]
pub fn handshake_fail(id: u64, alert: u8, errno: i32) {
    // SAFETY: Always safe to call.
    unsafe { raw::tls_handshake_fail(id, alert, errno as c_int) }
}
