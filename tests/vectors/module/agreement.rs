// SPDX-License-Identifier: GPL-2.0

//! Key agreement: `kernel::crypto::curve25519` and `kernel::crypto::kpp`.

use super::vector::{
    Expected,
    Outcome,
    Vector, //
};
use kernel::{
    crypto::{
        curve25519,
        kpp, //
    },
    prelude::*, //
};

/// The fields: private key, the peer's public key, shared secret.
pub(crate) fn x25519(vector: &mut Vector<'_>) -> Result<Outcome> {
    let private = vector.field()?.try_into().map_err(|_| EINVAL)?;
    let peer = vector.field()?;
    let shared = vector.field()?;
    vector.end()?;

    let Ok(peer) = peer.try_into() else {
        return Ok(Outcome::NotApplicable(
            "a public key of another size than 32 bytes",
        ));
    };
    let agreed = curve25519::EphemeralKey::from_private(private)?.agree(peer);

    // RFC 7748, section 6.1: this is to be looked for. Such vectors are `acceptable`.
    if shared.iter().all(|byte| *byte == 0) {
        return Ok(Outcome::refused(agreed, EKEYREJECTED));
    }
    Ok(match agreed {
        Ok(agreed) => Outcome::when(agreed.as_bytes() == shared, "it is another secret"),
        Err(error) => Outcome::Failed("a good key was refused", Some(error)),
    })
}

/// What a `SubjectPublicKeyInfo` of a point of P-256 and of P-384 begins with: the lengths, the
/// identifiers of the algorithm and the curve, and the header of the bit string.
const SPKI_P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const SPKI_P384: &[u8] = b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";

/// The fields: curve, encoding of the public key, private key, the peer's public key, shared
/// secret.
pub(crate) fn ecdh(vector: &mut Vector<'_>) -> Result<Outcome> {
    let (curve, spki) = match vector.field()? {
        b"P256" => (kpp::Curve::P256, SPKI_P256),
        b"P384" => (kpp::Curve::P384, SPKI_P384),
        _ => return Err(EINVAL),
    };
    let encoding = vector.field()?;
    let private = vector.field()?;
    let peer = vector.field()?;
    let shared = vector.field()?;
    vector.end()?;

    let point = match encoding {
        b"point" => peer,
        b"spki" => match peer.strip_prefix(spki) {
            Some(point) => point,
            None => {
                return Ok(Outcome::NotApplicable(
                    "a key in DER that is not simply a point of the curve: the wrapper takes points",
                ));
            }
        },
        _ => return Err(EINVAL),
    };
    let key = match kpp::EphemeralKey::from_private(curve, private) {
        Ok(key) => key,
        Err(error) => return Ok(Outcome::Failed("the private key was refused", Some(error))),
    };
    let agreed = key.agree(point);

    if point.len() != curve.point_size() || point.first() != Some(&0x04) {
        let outcome = Outcome::refused(agreed, EINVAL);

        return Ok(match vector.expected {
            Expected::Invalid => outcome,
            Expected::Valid | Expected::Acceptable => {
                outcome.then(|| Outcome::NotApplicable("a point that is compressed"))
            }
        });
    }
    Ok(match (vector.expected, agreed) {
        (Expected::Invalid, agreed) => Outcome::refused(agreed, EKEYREJECTED),
        (Expected::Acceptable, Err(EKEYREJECTED)) => Outcome::Passed,
        (_, Ok(agreed)) => Outcome::when(agreed.as_bytes() == shared, "it is another secret"),
        (_, Err(error)) => Outcome::Failed("a good key was refused", Some(error)),
    })
}
