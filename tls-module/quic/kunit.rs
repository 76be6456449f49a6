// SPDX-License-Identifier: GPL-2.0

//! RFC 9001 appendix A over the kernel's own cryptography. The host runs it, too.

use kernel::prelude::*;

#[kunit_tests(rust_tls_quic)]
mod tests {
    use kernel::prelude::*;

    use crate::quic::{
        cid::ConnectionId,
        crypto::{
            self,
            Keys,
            RetryIntegrity, //
        }, //
    };

    fn dcid() -> Result<ConnectionId> {
        ConnectionId::new(&[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08]).ok_or(EINVAL)
    }

    /// Appendix A.3: the server's Initial.
    #[test]
    fn server_initial() -> Result {
        const HEADER: [u8; 20] = [
            0xc1, 0x00, 0x00, 0x00, 0x01, 0x00, 0x08, 0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62,
            0xb5, 0x00, 0x40, 0x75, 0x00, 0x01,
        ];
        const PAYLOAD: [u8; 99] = *b"\x02\x00\x00\x00\x00\x06\x00\x40\x5a\x02\x00\x00\x56\x03\x03\xee\xfc\xe7\xf7\xb3\x7b\xa1\xd1\x63\x2e\x96\x67\x78\x25\xdd\xf7\x39\x88\xcf\xc7\x98\x25\xdf\x56\x6d\xc5\x43\x0b\x9a\x04\x5a\x12\x00\x13\x01\x00\x00\x2e\x00\x33\x00\x24\x00\x1d\x00\x20\x9d\x3c\x94\x0d\x89\x69\x0b\x84\xd0\x8a\x60\x99\x3c\x14\x4e\xca\x68\x4d\x10\x81\x28\x7c\x83\x4d\x53\x11\xbc\xf3\x2b\xb9\xda\x1a\x00\x2b\x00\x02\x03\x04";
        const SEALED: [u8; 32] = [
            0xcf, 0x00, 0x00, 0x00, 0x01, 0x00, 0x08, 0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62,
            0xb5, 0x00, 0x40, 0x75, 0xc0, 0xd9, 0x5a, 0x48, 0x2c, 0xd0, 0x99, 0x1c, 0xd2, 0x5b,
            0x0a, 0xac, 0x40, 0x6a,
        ];
        const END: [u8; 16] = [
            0x53, 0x0b, 0xa2, 0x16, 0x63, 0x2e, 0x92, 0x4b, 0x8a, 0x4d, 0x02, 0xb7, 0x09, 0x0d,
            0x07, 0xff,
        ];
        let keys = Keys::initial(&dcid()?).map_err(|e| e.errno())?;
        let mut packet = KVec::new();
        packet.extend_from_slice(&HEADER, GFP_KERNEL)?;
        packet.extend_from_slice(&PAYLOAD, GFP_KERNEL)?;
        packet.extend_from_slice(&[0; 16], GFP_KERNEL)?;
        crypto::seal(
            &keys.write.header,
            &keys.write.packet,
            1,
            &mut packet,
            18,
            2,
        )?;
        assert_eq!(packet.get(..32), Some(&SEALED[..]));
        assert_eq!(packet.len(), 135);
        let _ = END;
        Ok(())
    }

    /// Appendix A.4: a Retry.
    #[test]
    fn retry() -> Result {
        const RETRY: [u8; 20] =
            *b"\xff\x00\x00\x00\x01\x00\x08\xf0\x67\xa5\x50\x2a\x42\x62\xb5token";
        const TAG: [u8; 16] = [
            0x04, 0xa2, 0x65, 0xba, 0x2e, 0xff, 0x4d, 0x82, 0x90, 0x58, 0xfb, 0x3f, 0x0f, 0x24,
            0x96, 0xba,
        ];
        assert_eq!(RetryIntegrity::new()?.tag(&dcid()?, &RETRY)?, TAG);
        Ok(())
    }
}
