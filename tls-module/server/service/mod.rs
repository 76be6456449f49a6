// SPDX-License-Identifier: GPL-2.0

//! What a listener offers behind the handshake, to prove the data path over kTLS.

mod echo;
mod http;
mod session;

use super::Counters;
use crate::tls::Negotiated;
use echo::Echo;
use http::Http;
use kernel::{
    net::tcp::TcpStream,
    prelude::*, //
};
use session::Session;

/// Which service a listener has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceKind {
    /// Sends back what arrives.
    Echo,
    /// Answers one GET.
    Http,
}

impl ServiceKind {
    const ALL: [Self; 2] = [Self::Echo, Self::Http];

    /// The name that configuration has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Http => "http",
        }
    }

    /// The service of that name.
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().as_bytes() == name)
    }
}

/// What a step of a service led to.
pub(super) enum Progress {
    /// There may be more to do.
    Moved,
    /// Nothing to do until the socket says so.
    Wait,
    /// This side has said what it had to say.
    Done,
    /// The peer broke the protocol and has been told so.
    Refused,
}

/// A service at work on one connection.
pub(super) struct Service {
    session: Session,
    kind: Kind,
}

enum Kind {
    Echo(Echo),
    Http(Http),
}

impl Service {
    /// Makes the service of a connection on which `negotiated` was agreed.
    pub(super) fn new(kind: ServiceKind, negotiated: &Negotiated) -> Result<Self> {
        let kind = match kind {
            ServiceKind::Echo => Kind::Echo(Echo::new()?),
            ServiceKind::Http => Kind::Http(Http::new(negotiated)?),
        };
        Ok(Self {
            session: Session::new(negotiated),
            kind,
        })
    }

    /// Does one read or one write.
    pub(super) fn step(&mut self, stream: &TcpStream, counters: &Counters) -> Result<Progress> {
        let mut link = self.session.over(stream, counters);
        if link.is_spent() {
            // The peer does not take what is cut short here for whole: HTTP's answer says how long
            // it is, and who hears an echo knows.
            return link.close();
        }
        match &mut self.kind {
            Kind::Echo(echo) => echo.step(&mut link),
            Kind::Http(http) => http.step(&mut link),
        }
    }
}
