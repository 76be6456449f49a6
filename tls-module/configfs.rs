// SPDX-License-Identifier: GPL-2.0

//! Configuration: a directory for each listener below `/sys/kernel/config/rust_tls/`.
//!
//! A file refuses a value it cannot use with an errno and a line in the kernel log that says why,
//! and keeps the value it had. While a listener is enabled only `enabled` can be written.

use crate::{
    server::{
        Listener,
        ListenerOptions,
        QuicListener,
        RetryPolicy,
        ServiceKind,
        Shared, //
    },
    tls::{
        CertifiedKey,
        CipherSuite,
        Config,
        NamedGroup, //
    }, //
};
use core::net::{
    IpAddr,
    Ipv6Addr,
    SocketAddr, //
};
use kernel::{
    configfs::{
        self,
        configfs_attrs,
        AttributeOperations,
        Group,
        GroupOperations,
        Subsystem, //
    },
    fmt::{
        self,
        Write, //
    },
    key::Key,
    new_mutex,
    page::PAGE_SIZE,
    prelude::*,
    str::{
        CString,
        Formatter, //
    },
    sync::{
        Arc,
        Mutex, //
    },
    time::Delta, //
};

/// The most certificates of one listener.
const MAX_CERTIFICATES: usize = 16;

/// The longest deadline of a handshake, in milliseconds: ten minutes.
const MAX_DEADLINE_MS: i64 = 600_000;

/// `/sys/kernel/config/rust_tls/` itself.
#[pin_data]
pub(crate) struct Listeners {
    shared: Arc<Shared>,
}

impl Listeners {
    /// Makes the directory.
    pub(crate) fn subsystem(shared: Arc<Shared>) -> impl PinInit<Subsystem<Self>, Error> {
        let item_type = configfs_attrs! {
            container: configfs::Subsystem<Listeners>,
            data: Listeners,
            child: ListenerDirectory,
            attributes: [],
        };
        Subsystem::new(c"rust_tls", item_type, try_pin_init!(Self { shared }))
    }
}

#[vtable]
impl GroupOperations for Listeners {
    type Child = ListenerDirectory;

    fn make_group(&self, name: &CStr) -> Result<impl PinInit<Group<ListenerDirectory>, Error>> {
        let item_type = configfs_attrs! {
            container: configfs::Group<ListenerDirectory>,
            data: ListenerDirectory,
            attributes: [
                address: 0,
                port: 1,
                certificates: 2,
                alpn: 3,
                groups: 4,
                suites: 5,
                service: 6,
                deadline_ms: 7,
                max_handshakes: 8,
                enabled: 9,
                transport: 10,
                retry: 11,
            ],
        };
        let directory = ListenerDirectory::new(name.try_into()?, self.shared.clone());
        Ok(Group::new(name.try_into()?, item_type, directory))
    }
}

/// One listener's directory.
#[pin_data]
pub(crate) struct ListenerDirectory {
    name: CString,
    shared: Arc<Shared>,
    #[pin]
    state: Mutex<State>,
}

/// The settings, and the listener that was made of them.
struct State {
    settings: Settings,
    running: Option<Running>,
}

/// A listener that is stopped when this is dropped.
enum Running {
    Tcp(Arc<Listener>),
    Quic(Arc<QuicListener>),
}

/// What a listener's handshakes go over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tcp,
    Quic,
}

impl Transport {
    const ALL: [Self; 2] = [Self::Tcp, Self::Quic];

    const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Quic => "quic",
        }
    }
}

/// What the files of a directory say.
struct Settings {
    transport: Transport,
    address: IpAddr,
    port: u16,
    certificates: KVec<Certificate>,
    alpn: KVec<KVec<u8>>,
    groups: KVec<NamedGroup>,
    suites: KVec<CipherSuite>,
    service: ServiceKind,
    deadline_ms: i64,
    max_handshakes: usize,
    retry: RetryPolicy,
}

/// A certificate chain and its private key, both in a `user` key.
struct Certificate {
    chain_serial: i32,
    chain: Key,
    key_serial: i32,
    key: Key,
}

/// Why a value was refused.
struct Refusal {
    errno: Error,
    reason: &'static str,
}

impl Refusal {
    const fn new(errno: Error, reason: &'static str) -> Self {
        Self { errno, reason }
    }

    const fn invalid(reason: &'static str) -> Self {
        Self::new(EINVAL, reason)
    }
}

impl From<Error> for Refusal {
    fn from(errno: Error) -> Self {
        Self::new(errno, "the kernel refused it")
    }
}

impl From<kernel::alloc::AllocError> for Refusal {
    fn from(_: kernel::alloc::AllocError) -> Self {
        Self::new(ENOMEM, "out of memory")
    }
}

impl ListenerDirectory {
    fn new(name: CString, shared: Arc<Shared>) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(|| {
            let settings = Settings::new()?;
            Ok(try_pin_init!(Self {
                name,
                shared,
                state <- new_mutex!(State {
                    settings,
                    running: None,
                }),
            }))
        })
    }

    /// Changes the settings by `change`, or says in the log why not.
    fn store(
        &self,
        file: &str,
        value: &[u8],
        change: fn(&mut Settings, &[u8]) -> Result<(), Refusal>,
    ) -> Result {
        let mut state = self.state.lock();
        let result = if state.running.is_some() {
            Err(Refusal::new(EBUSY, "the listener is enabled"))
        } else {
            change(&mut state.settings, value.trim_ascii())
        };
        drop(state);
        self.log(file, result)
    }

    /// Starts or stops the listener.
    fn set_enabled(&self, value: &[u8]) -> Result {
        let mut state = self.state.lock();
        let result = match value.trim_ascii() {
            b"0" => {
                state.running = None;
                Ok(())
            }
            b"1" if state.running.is_some() => Ok(()),
            b"1" => match state.settings.start(&self.shared) {
                Ok(running) => {
                    state.running = Some(running);
                    Ok(())
                }
                Err(refusal) => Err(refusal),
            },
            _ => Err(Refusal::invalid("neither 0 nor 1")),
        };
        drop(state);
        self.log("enabled", result)
    }

    fn log(&self, file: &str, result: Result<(), Refusal>) -> Result {
        result.map_err(|Refusal { errno, reason }| {
            pr_err!("{}/{}: {} ({:?})\n", &*self.name, file, reason, errno);
            errno
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self {
            Self::Tcp(listener) => listener.stop(),
            Self::Quic(listener) => listener.stop(),
        }
    }
}

impl Settings {
    fn new() -> Result<Self> {
        let mut groups = KVec::new();
        groups.extend_from_slice(NamedGroup::ALL, GFP_KERNEL)?;
        let mut suites = KVec::new();
        suites.extend_from_slice(CipherSuite::ALL, GFP_KERNEL)?;
        Ok(Self {
            transport: Transport::Tcp,
            address: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            port: 4433,
            certificates: KVec::new(),
            alpn: KVec::new(),
            groups,
            suites,
            service: ServiceKind::Http,
            deadline_ms: 10_000,
            max_handshakes: 1024,
            retry: RetryPolicy::Auto,
        })
    }

    /// Makes a listener of the settings and starts it.
    fn start(&self, shared: &Arc<Shared>) -> Result<Running, Refusal> {
        if self.certificates.is_empty() {
            return Err(Refusal::invalid("certificates is empty"));
        }
        if self.transport == Transport::Quic {
            // RFC 9001 section 8.1: without a protocol that both have there is no connection.
            if self.alpn.is_empty() {
                return Err(Refusal::invalid("QUIC needs a protocol in alpn"));
            }
            if self.service != ServiceKind::Http {
                return Err(Refusal::invalid("over QUIC there is the service http only"));
            }
        }
        let mut config = Config::builder()?
            .groups(&self.groups)?
            .suites(&self.suites)?;
        for certificate in &self.certificates {
            config = config.certificate(certificate.load()?)?;
        }
        for protocol in &self.alpn {
            config = config.alpn(protocol)?;
        }

        let options = ListenerOptions {
            address: SocketAddr::new(self.address, self.port),
            tls: config.build()?,
            service: self.service,
            deadline: Delta::from_millis(self.deadline_ms),
            max_handshakes: self.max_handshakes,
        };
        match self.transport {
            Transport::Tcp => Listener::start(shared.clone(), options).map(Running::Tcp),
            Transport::Quic => {
                QuicListener::start(shared.clone(), options, self.retry).map(Running::Quic)
            }
        }
        .map_err(|e| Refusal::new(e, "cannot listen at this address and port"))
    }

    fn set_transport(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.transport = Transport::ALL
            .into_iter()
            .find(|transport| transport.name().as_bytes() == value)
            .ok_or(Refusal::invalid("neither tcp nor quic"))?;
        Ok(())
    }

    fn set_retry(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.retry =
            RetryPolicy::from_name(value).ok_or(Refusal::invalid("neither auto nor always"))?;
        Ok(())
    }

    fn set_address(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.address = parse(value).ok_or(Refusal::invalid("not an IPv4 or IPv6 address"))?;
        Ok(())
    }

    fn set_port(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.port = parse(value)
            .filter(|&port| port != 0)
            .ok_or(Refusal::invalid("not a port from 1 to 65535"))?;
        Ok(())
    }

    fn set_certificates(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let mut certificates = KVec::new();
        for word in words(value) {
            if certificates.len() >= MAX_CERTIFICATES {
                return Err(Refusal::new(E2BIG, "more than 16 certificates"));
            }
            let certificate = Certificate::find(word)?;
            // Whatever is wrong with it shows here rather than when the listener starts.
            certificate.load()?;
            certificates.push(certificate, GFP_KERNEL)?;
        }
        self.certificates = certificates;
        Ok(())
    }

    fn set_alpn(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let mut alpn = KVec::new();
        for word in words(value) {
            if word.len() > 255 {
                return Err(Refusal::invalid("a protocol name is longer than 255 bytes"));
            }
            let mut name = KVec::with_capacity(word.len(), GFP_KERNEL)?;
            name.extend_from_slice(word, GFP_KERNEL)?;
            alpn.push(name, GFP_KERNEL)?;
        }
        self.alpn = alpn;
        Ok(())
    }

    fn set_groups(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.groups = choices(value, NamedGroup::ALL, |group| group.name())
            .map_err(|e| e.describe("an unknown group", "a group is named twice"))?;
        Ok(())
    }

    fn set_suites(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.suites = choices(value, CipherSuite::ALL, |suite| suite.name())
            .map_err(|e| e.describe("an unknown cipher suite", "a cipher suite is named twice"))?;
        Ok(())
    }

    fn set_service(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.service =
            ServiceKind::from_name(value).ok_or(Refusal::invalid("neither echo nor http"))?;
        Ok(())
    }

    fn set_deadline_ms(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.deadline_ms = parse(value)
            .filter(|ms| (1..=MAX_DEADLINE_MS).contains(ms))
            .ok_or(Refusal::invalid("not a number from 1 to 600000"))?;
        Ok(())
    }

    fn set_max_handshakes(&mut self, value: &[u8]) -> Result<(), Refusal> {
        self.max_handshakes = parse(value)
            .filter(|max| (1..=65536).contains(max))
            .ok_or(Refusal::invalid("not a number from 1 to 65536"))?;
        Ok(())
    }
}

impl Certificate {
    /// Finds the two keys that a word such as `12345:67890` names.
    fn find(word: &[u8]) -> Result<Self, Refusal> {
        let (chain_serial, key_serial) = core::str::from_utf8(word)
            .ok()
            .and_then(|word| word.split_once(':'))
            .and_then(|(chain, key)| Some((chain.parse().ok()?, key.parse().ok()?)))
            .ok_or(Refusal::invalid(
                "not pairs of key serial numbers CHAIN:KEY",
            ))?;
        let chain = Key::lookup_user(chain_serial)
            .map_err(|e| Refusal::new(e, "the chain is not in a user key that may be read"))?;
        let key = Key::lookup_user(key_serial).map_err(|e| {
            Refusal::new(e, "the private key is not in a user key that may be read")
        })?;
        Ok(Self {
            chain_serial,
            chain,
            key_serial,
            key,
        })
    }

    /// Reads and checks what the keys hold now.
    fn load(&self) -> Result<CertifiedKey, Refusal> {
        let chain = self
            .chain
            .read()
            .map_err(|e| Refusal::new(e, "the chain's key cannot be read"))?;
        let key = self
            .key
            .read()
            .map_err(|e| Refusal::new(e, "the private key's key cannot be read"))?;
        CertifiedKey::from_bytes(chain.as_bytes(), key.as_bytes()).map_err(|e| {
            let reason = if e == EKEYREJECTED {
                "the private key is refused or is not that of the certificate"
            } else if e == EBADMSG {
                "the chain or the private key is neither PEM nor DER of what is supported"
            } else {
                "the certificate cannot be used"
            };
            Refusal::new(e, reason)
        })
    }
}

/// Why a list of names was refused.
enum BadList {
    Empty,
    Unknown,
    Twice,
    Memory,
}

impl BadList {
    fn describe(self, unknown: &'static str, twice: &'static str) -> Refusal {
        match self {
            Self::Empty => Refusal::invalid("at least one is needed"),
            Self::Unknown => Refusal::invalid(unknown),
            Self::Twice => Refusal::invalid(twice),
            Self::Memory => Refusal::new(ENOMEM, "out of memory"),
        }
    }
}

/// The choices that `value` names, in its order.
fn choices<T: Copy + PartialEq>(
    value: &[u8],
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<KVec<T>, BadList> {
    let mut chosen = KVec::new();
    for word in words(value) {
        let choice = all
            .iter()
            .copied()
            .find(|&choice| name(choice).as_bytes() == word)
            .ok_or(BadList::Unknown)?;
        if chosen.contains(&choice) {
            return Err(BadList::Twice);
        }
        chosen
            .push(choice, GFP_KERNEL)
            .map_err(|_| BadList::Memory)?;
    }
    if chosen.is_empty() {
        return Err(BadList::Empty);
    }
    Ok(chosen)
}

/// The words of a list that white space separates.
fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|b| b.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
}

/// Reads an address or a number.
fn parse<T: core::str::FromStr>(value: &[u8]) -> Option<T> {
    core::str::from_utf8(value).ok()?.parse().ok()
}

/// Writes names with a space between them.
fn join<'a>(f: &mut Formatter<'_>, names: impl Iterator<Item = &'a str>) -> fmt::Result {
    for (i, name) in names.enumerate() {
        let space = if i == 0 { "" } else { " " };
        write!(f, "{space}{name}")?;
    }
    Ok(())
}

/// Fills the page of a file: what `write` writes, and the end of the line.
fn show(
    page: &mut [u8; PAGE_SIZE],
    write: impl FnOnce(&mut Formatter<'_>) -> fmt::Result,
) -> Result<usize> {
    let mut f = Formatter::new(page);
    write(&mut f).map_err(|_| EOVERFLOW)?;
    f.write_str("\n").map_err(|_| EOVERFLOW)?;
    Ok(f.bytes_written())
}

/// The file of a setting: its number, its name, how it is shown, how it is changed.
macro_rules! setting {
    ($id:literal, $name:literal, $set:expr, |$settings:ident, $f:ident| $show:expr) => {
        #[vtable]
        impl AttributeOperations<$id> for ListenerDirectory {
            type Data = ListenerDirectory;

            fn show(this: &ListenerDirectory, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
                let state = this.state.lock();
                let $settings = &state.settings;
                show(page, |$f| $show)
            }

            fn store(this: &ListenerDirectory, value: &[u8]) -> Result {
                this.store($name, value, $set)
            }
        }
    };
}

setting!(0, "address", Settings::set_address, |settings, f| {
    write!(f, "{}", settings.address)
});
setting!(1, "port", Settings::set_port, |settings, f| {
    write!(f, "{}", settings.port)
});
setting!(
    2,
    "certificates",
    Settings::set_certificates,
    |settings, f| {
        for (i, pair) in settings.certificates.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            write!(f, "{space}{}:{}", pair.chain_serial, pair.key_serial)?;
        }
        Ok(())
    }
);
setting!(3, "alpn", Settings::set_alpn, |settings, f| {
    let names = settings.alpn.iter();
    join(
        f,
        names.map(|name| core::str::from_utf8(name).unwrap_or("?")),
    )
});
setting!(4, "groups", Settings::set_groups, |settings, f| {
    join(f, settings.groups.iter().map(|group| group.name()))
});
setting!(5, "suites", Settings::set_suites, |settings, f| {
    join(f, settings.suites.iter().map(|suite| suite.name()))
});
setting!(6, "service", Settings::set_service, |settings, f| {
    f.write_str(settings.service.name())
});
setting!(
    7,
    "deadline_ms",
    Settings::set_deadline_ms,
    |settings, f| { write!(f, "{}", settings.deadline_ms) }
);
setting!(
    8,
    "max_handshakes",
    Settings::set_max_handshakes,
    |settings, f| { write!(f, "{}", settings.max_handshakes) }
);

#[vtable]
impl AttributeOperations<9> for ListenerDirectory {
    type Data = ListenerDirectory;

    fn show(this: &ListenerDirectory, page: &mut [u8; PAGE_SIZE]) -> Result<usize> {
        let enabled = this.state.lock().running.is_some();
        show(page, |f| write!(f, "{}", u8::from(enabled)))
    }

    fn store(this: &ListenerDirectory, value: &[u8]) -> Result {
        this.set_enabled(value)
    }
}

setting!(10, "transport", Settings::set_transport, |settings, f| {
    f.write_str(settings.transport.name())
});
setting!(11, "retry", Settings::set_retry, |settings, f| {
    f.write_str(settings.retry.name())
});
