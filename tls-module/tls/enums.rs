// SPDX-License-Identifier: GPL-2.0

//! Code points of TLS, with the names that RFC 8446 and the IANA registries have for them.
//!
//! Two kinds of type: a *registry* keeps every value a peer may send, in its `Unknown` variant if
//! need be; a *choice* has only what this engine implements, and a value from the wire becomes one
//! by `TryFrom`.

use kernel::{
    crypto::{
        aead::AeadAlgorithm,
        shash::HashAlgorithm, //
    },
    prelude::*, //
};

/// Makes an enum for a registry whose unknown values are kept.
macro_rules! registry {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $int:ty {
            $($variant:ident = $value:literal => $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )+
            /// A value that has no name here.
            Unknown($int),
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                match value {
                    $($value => Self::$variant,)+
                    other => Self::Unknown(other),
                }
            }
        }

        impl From<$name> for $int {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => $value,)+
                    $name::Unknown(other) => other,
                }
            }
        }

        impl $name {
            /// The registry's name of the value.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(_) => "unknown",
                }
            }
        }
    };
}

/// Makes an enum of the values of a registry that are implemented.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $int:ty {
            $($variant:ident = $value:literal => $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )+
        }

        impl TryFrom<$int> for $name {
            type Error = Unsupported<$int>;

            fn try_from(value: $int) -> Result<Self, Self::Error> {
                match value {
                    $($value => Ok(Self::$variant),)+
                    other => Err(Unsupported(other)),
                }
            }
        }

        impl From<$name> for $int {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => $value,)+
                }
            }
        }

        impl $name {
            /// Every value there is, in the order this side prefers them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The registry's name of the value.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

/// A value of a registry that is not implemented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported<T>(pub T);

registry! {
    /// What a record carries (RFC 8446 section 5.1).
    pub enum ContentType: u8 {
        ChangeCipherSpec = 20 => "change_cipher_spec",
        Alert = 21 => "alert",
        Handshake = 22 => "handshake",
        ApplicationData = 23 => "application_data",
    }
}

registry! {
    /// Type of a handshake message (RFC 8446 section 4).
    pub enum HandshakeType: u8 {
        ClientHello = 1 => "client_hello",
        ServerHello = 2 => "server_hello",
        EncryptedExtensions = 8 => "encrypted_extensions",
        Certificate = 11 => "certificate",
        CertificateVerify = 15 => "certificate_verify",
        Finished = 20 => "finished",
        MessageHash = 254 => "message_hash",
    }
}

registry! {
    /// Severity of an alert, which TLS 1.3 ignores (RFC 8446 section 6).
    pub enum AlertLevel: u8 {
        Warning = 1 => "warning",
        Fatal = 2 => "fatal",
    }
}

registry! {
    /// What an alert says (RFC 8446 section 6, RFC 7301 section 3.2).
    pub enum AlertDescription: u8 {
        CloseNotify = 0 => "close_notify",
        UnexpectedMessage = 10 => "unexpected_message",
        BadRecordMac = 20 => "bad_record_mac",
        RecordOverflow = 22 => "record_overflow",
        HandshakeFailure = 40 => "handshake_failure",
        BadCertificate = 42 => "bad_certificate",
        UnsupportedCertificate = 43 => "unsupported_certificate",
        CertificateRevoked = 44 => "certificate_revoked",
        CertificateExpired = 45 => "certificate_expired",
        CertificateUnknown = 46 => "certificate_unknown",
        IllegalParameter = 47 => "illegal_parameter",
        UnknownCa = 48 => "unknown_ca",
        AccessDenied = 49 => "access_denied",
        DecodeError = 50 => "decode_error",
        DecryptError = 51 => "decrypt_error",
        ProtocolVersion = 70 => "protocol_version",
        InsufficientSecurity = 71 => "insufficient_security",
        InternalError = 80 => "internal_error",
        InappropriateFallback = 86 => "inappropriate_fallback",
        UserCanceled = 90 => "user_canceled",
        MissingExtension = 109 => "missing_extension",
        UnsupportedExtension = 110 => "unsupported_extension",
        UnrecognizedName = 112 => "unrecognized_name",
        BadCertificateStatusResponse = 113 => "bad_certificate_status_response",
        UnknownPskIdentity = 115 => "unknown_psk_identity",
        CertificateRequired = 116 => "certificate_required",
        NoApplicationProtocol = 120 => "no_application_protocol",
    }
}

registry! {
    /// Type of an extension (RFC 8446 section 4.2).
    pub enum ExtensionType: u16 {
        ServerName = 0 => "server_name",
        SupportedGroups = 10 => "supported_groups",
        SignatureAlgorithms = 13 => "signature_algorithms",
        Alpn = 16 => "application_layer_protocol_negotiation",
        Padding = 21 => "padding",
        RecordSizeLimit = 28 => "record_size_limit",
        PreSharedKey = 41 => "pre_shared_key",
        EarlyData = 42 => "early_data",
        SupportedVersions = 43 => "supported_versions",
        Cookie = 44 => "cookie",
        PskKeyExchangeModes = 45 => "psk_key_exchange_modes",
        OidFilters = 48 => "oid_filters",
        SignatureAlgorithmsCert = 50 => "signature_algorithms_cert",
        KeyShare = 51 => "key_share",
        QuicTransportParameters = 57 => "quic_transport_parameters",
    }
}

choice! {
    /// A cipher suite (RFC 8446 appendix B.4).
    pub enum CipherSuite: u16 {
        Aes128GcmSha256 = 0x1301 => "TLS_AES_128_GCM_SHA256",
        Aes256GcmSha384 = 0x1302 => "TLS_AES_256_GCM_SHA384",
        ChaCha20Poly1305Sha256 = 0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        Aes128CcmSha256 = 0x1304 => "TLS_AES_128_CCM_SHA256",
    }
}

impl CipherSuite {
    /// The hash of the transcript and of HKDF.
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::Aes256GcmSha384 => HashAlgorithm::Sha384,
            Self::Aes128GcmSha256 | Self::ChaCha20Poly1305Sha256 | Self::Aes128CcmSha256 => {
                HashAlgorithm::Sha256
            }
        }
    }

    /// The record protection.
    pub const fn aead(self) -> AeadAlgorithm {
        match self {
            Self::Aes128GcmSha256 => AeadAlgorithm::Aes128Gcm,
            Self::Aes256GcmSha384 => AeadAlgorithm::Aes256Gcm,
            Self::ChaCha20Poly1305Sha256 => AeadAlgorithm::ChaCha20Poly1305,
            Self::Aes128CcmSha256 => AeadAlgorithm::Aes128Ccm,
        }
    }
}

choice! {
    /// A group for the key exchange (RFC 8446 section 4.2.7).
    pub enum NamedGroup: u16 {
        X25519 = 0x001d => "x25519",
        Secp256r1 = 0x0017 => "secp256r1",
        Secp384r1 = 0x0018 => "secp384r1",
    }
}

choice! {
    /// How a CertificateVerify is signed (RFC 8446 section 4.2.3).
    pub enum SignatureScheme: u16 {
        EcdsaSecp256r1Sha256 = 0x0403 => "ecdsa_secp256r1_sha256",
        RsaPssRsaeSha256 = 0x0804 => "rsa_pss_rsae_sha256",
        RsaPssRsaeSha384 = 0x0805 => "rsa_pss_rsae_sha384",
        RsaPssRsaeSha512 = 0x0806 => "rsa_pss_rsae_sha512",
    }
}

impl SignatureScheme {
    /// The hash that the scheme applies to what it signs.
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::EcdsaSecp256r1Sha256 | Self::RsaPssRsaeSha256 => HashAlgorithm::Sha256,
            Self::RsaPssRsaeSha384 => HashAlgorithm::Sha384,
            Self::RsaPssRsaeSha512 => HashAlgorithm::Sha512,
        }
    }
}
