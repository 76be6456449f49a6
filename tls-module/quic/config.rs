// SPDX-License-Identifier: GPL-2.0

//! What an endpoint is configured with: immutable, shared by its connections.

use kernel::{
    error::Result,
    prelude::*,
    sync::Arc, //
};

use super::time::Duration;
use crate::tls;

/// When a client has to prove its address by a Retry (RFC 9000 section 8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// Never.
    Never,
    /// While as many handshakes are under way as [`ConfigBuilder::retry_threshold`] says, there are
    /// half as many connections as [`ConfigBuilder::max_connections`] allows, or half of
    /// [`ConfigBuilder::max_bytes`] is gone.
    UnderPressure,
    /// Always.
    Always,
}

/// What an endpoint is configured with.
pub struct Config {
    pub(super) tls: Arc<tls::Config>,
    pub(super) idle_timeout: Duration,
    pub(super) handshake_timeout: Duration,
    pub(super) max_connections: usize,
    pub(super) max_half_open: usize,
    pub(super) max_bytes: usize,
    pub(super) retry: RetryPolicy,
    pub(super) retry_threshold: usize,
}

/// A [`Config`] in the making.
pub struct ConfigBuilder(Config);

impl Config {
    /// Starts a configuration; `EINVAL` if `tls` has no protocol for ALPN.
    pub fn builder(tls: Arc<tls::Config>) -> Result<ConfigBuilder> {
        if !tls.has_alpn() {
            return Err(EINVAL);
        }
        Ok(ConfigBuilder(Config {
            tls,
            idle_timeout: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(10),
            max_connections: 16_384,
            max_half_open: 1024,
            max_bytes: 256 << 20,
            retry: RetryPolicy::UnderPressure,
            retry_threshold: 128,
        }))
    }
}

impl ConfigBuilder {
    /// Sets after how many milliseconds without a packet a connection is over.
    pub fn idle_timeout_ms(mut self, millis: u64) -> Self {
        self.0.idle_timeout = Duration::from_millis(millis.max(1));
        self
    }

    /// Sets how many milliseconds a handshake may take.
    pub fn handshake_timeout_ms(mut self, millis: u64) -> Self {
        self.0.handshake_timeout = Duration::from_millis(millis);
        self
    }

    /// Sets how many connections there may be.
    pub fn max_connections(mut self, n: usize) -> Self {
        self.0.max_connections = n;
        self
    }

    /// Sets how many handshakes may be under way.
    pub fn max_half_open(mut self, n: usize) -> Self {
        self.0.max_half_open = n;
        self
    }

    /// Sets how many bytes of memory all connections may hold together before they have to get by
    /// with little.
    pub fn max_bytes(mut self, n: usize) -> Self {
        self.0.max_bytes = n;
        self
    }

    /// Sets when a client has to prove its address.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.0.retry = policy;
        self
    }

    /// Sets from how many handshakes under way on that is so, with
    /// [`RetryPolicy::UnderPressure`].
    pub fn retry_threshold(mut self, n: usize) -> Self {
        self.0.retry_threshold = n;
        self
    }

    /// Ends the configuration.
    pub fn build(self) -> Result<Arc<Config>> {
        Ok(Arc::new(self.0, GFP_KERNEL)?)
    }
}
