// SPDX-License-Identifier: GPL-2.0

//! The engine over the kernel's own cryptography: what of RFC 8448 needs no certificate. The host
//! runs it, too, and many tests more.

use kernel::prelude::*;

/// The bytes that hexadecimal digits stand for, at compile time.
const fn hex<const N: usize>(digits: &str) -> [u8; N] {
    const fn value(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }

    let digits = digits.as_bytes();
    assert!(digits.len() == 2 * N);
    let mut bytes = [0; N];
    let mut i = 0;
    while i < N {
        bytes[i] = value(digits[2 * i]) << 4 | value(digits[2 * i + 1]);
        i += 1;
    }
    bytes
}

#[kunit_tests(rust_tls_engine)]
mod tests {
    use kernel::{
        crypto::{
            curve25519,
            shash::{
                Hash,
                HashAlgorithm, //
            },
        },
        prelude::*,
        sync::Arc, //
    };

    use super::hex;
    use crate::tls::{
        client_hello::ClientHello,
        key_exchange::KeyExchange,
        key_schedule::Early,
        transcript::Transcript,
        AlertDescription,
        Hkdf,
        NamedGroup, //
    };

    /// The ClientHello and the ServerHello of RFC 8448 section 3.
    const CLIENT_HELLO: [u8; 196] = hex(
        "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece70000\
         06130113031302010000910000000b0009000006736572766572ff01000100000a00140012001d00\
         17001800190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e\
         435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603\
         020308040805080604010501060102010402050206020202002d00020101001c00024001",
    );
    const SERVER_HELLO: [u8; 90] = hex(
        "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e269280013\
         0100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b0\
         4e751f0f002b00020304",
    );

    #[test]
    fn key_schedule_of_rfc8448() -> Result {
        const PRIVATE: [u8; 32] =
            hex("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e");
        const CLIENT_KEY: [u8; 16] = hex("dbfaa693d1762c5b666af5d950258d01");
        const CLIENT_IV: [u8; 12] = hex("5bd3c71b836e0b76bb73265f");
        const SERVER_KEY: [u8; 16] = hex("3fce516009c21727d0f2e4e86ee403bc");
        const SERVER_IV: [u8; 12] = hex("5d313eb2671276ee13000b30");

        let fail = |_| EIO;
        let hash = Arc::new(Hash::new(HashAlgorithm::Sha256)?, GFP_KERNEL)?;
        let mut transcript = Transcript::new(&hash).map_err(fail)?;
        transcript.add(&CLIENT_HELLO).map_err(fail)?;
        transcript.add(&SERVER_HELLO).map_err(fail)?;

        let (_, body) = CLIENT_HELLO.split_at_checked(4).ok_or(EINVAL)?;
        let hello = ClientHello::parse(body).map_err(fail)?;
        let share = hello.key_shares.of(NamedGroup::X25519).ok_or(EINVAL)?;
        let key = KeyExchange::X25519(curve25519::EphemeralKey::from_private(&PRIVATE)?);
        assert!(SERVER_HELLO.windows(32).any(|bytes| bytes == key.public()));
        let shared = key.agree(share).map_err(fail)?;

        let mut schedule = Early::new(HashAlgorithm::Sha256, &hash)
            .and_then(|early| early.into_handshake(shared.as_bytes()))
            .map_err(fail)?;
        let traffic = transcript
            .current()
            .and_then(|digest| schedule.traffic(&digest))
            .map_err(fail)?;
        let mut hkdf = Hkdf::new(HashAlgorithm::Sha256).map_err(fail)?;
        for (secret, key, iv) in [
            (&traffic.client, &CLIENT_KEY, &CLIENT_IV),
            (&traffic.server, &SERVER_KEY, &SERVER_IV),
        ] {
            let mut derived_key = [0; 16];
            let mut derived_iv = [0; 12];
            secret
                .expand(&mut hkdf, b"key", &mut derived_key)
                .and_then(|()| secret.expand(&mut hkdf, b"iv", &mut derived_iv))
                .map_err(fail)?;
            assert_eq!(&derived_key, key);
            assert_eq!(&derived_iv, iv);
        }
        Ok(())
    }

    /// Shares that are no points of their group, or not of its size, are the peer's fault.
    #[test]
    fn key_shares_that_are_refused() -> Result {
        for group in NamedGroup::ALL {
            for share in [&[][..], &[4; 1], &[0; 32], &[4; 65], &[4; 97], &[9; 1216]] {
                if matches!(group, NamedGroup::X25519) && share.len() == 32 && share != [0; 32] {
                    continue;
                }
                let key = KeyExchange::generate(*group).map_err(|_| EIO)?;
                let alert = key.agree(share).err().and_then(|e| e.alert());
                assert_eq!(alert, Some(AlertDescription::IllegalParameter));
            }
        }
        Ok(())
    }

    /// Whatever is cut off a ClientHello, it is an error and no more.
    #[test]
    fn client_hellos_that_end_early() -> Result {
        let (_, body) = CLIENT_HELLO.split_at_checked(4).ok_or(EINVAL)?;
        for len in 0..body.len() {
            let cut = body.get(..len).ok_or(EINVAL)?;
            assert!(ClientHello::parse(cut).is_err());
        }
        assert!(ClientHello::parse(body).is_ok());
        Ok(())
    }
}
