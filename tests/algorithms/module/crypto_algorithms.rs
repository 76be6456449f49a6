// SPDX-License-Identifier: GPL-2.0

//! Registers SHA-512, written in Rust, for as long as it is loaded, and before all others.
//!
//! With the parameter `fail` it gives up after that, as a module may whose next step does not
//! succeed: by then the kernel's self-tests are running its code.

// Denied and not forbidden, for the one promise that takes it: `Algorithm`.
#![deny(unsafe_code)]

use kernel::{
    crypto::algorithm::{
        shash,
        Algorithm,
        Registration,
        Shash, //
    },
    prelude::*, //
};

module! {
    type: CryptoAlgorithms,
    name: "crypto_algorithms",
    authors: ["The rust-tls developers"],
    description: "SHA-512 in Rust",
    license: "GPL",
    params: {
        fail: u8 {
            default: 0,
            description: "give up after the registration",
        },
    },
}

struct CryptoAlgorithms {
    _registered: Registration,
}

impl kernel::Module for CryptoAlgorithms {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let registered = shash::register::<Sha512>()?;

        if module_parameters::fail.value() != 0 {
            return Err(ENXIO);
        }
        Ok(Self {
            _registered: registered,
        })
    }
}

/// The fractional parts of the cube roots of the first primes (FIPS 180-4, section 4.2.3).
#[rustfmt::skip]
static ROUND_CONSTANTS: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];

/// The fractional parts of the square roots of the first primes (section 5.3.5).
#[rustfmt::skip]
static INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
];

/// SHA-512 (FIPS 180-4).
struct Sha512;

/// The intermediate hash, and how many blocks went into it.
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
struct State {
    hash: [u64; 8],
    blocks: u64,
}

/// Takes in a block (section 6.4.2).
fn compress(hash: &mut [u64; 8], block: &[u8]) {
    // The schedule: the word for this round comes first.
    let mut w = [0u64; 16];
    for (w, bytes) in w.iter_mut().zip(block.chunks(8)) {
        *w = bytes.iter().fold(0, |w, byte| w << 8 | u64::from(*byte));
    }

    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *hash;
    for constant in &ROUND_CONSTANTS {
        let [w0, w1, _, _, _, _, _, _, _, w9, _, _, _, _, w14, _] = w;
        let t1 = h
            .wrapping_add(e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41))
            .wrapping_add((e & f) ^ (!e & g))
            .wrapping_add(*constant)
            .wrapping_add(w0);
        let t2 = (a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39))
            .wrapping_add((a & b) ^ (a & c) ^ (b & c));

        (h, g, f, e) = (g, f, e, d.wrapping_add(t1));
        (d, c, b, a) = (c, b, a, t1.wrapping_add(t2));

        let next = w0
            .wrapping_add(w1.rotate_right(1) ^ w1.rotate_right(8) ^ (w1 >> 7))
            .wrapping_add(w9)
            .wrapping_add(w14.rotate_right(19) ^ w14.rotate_right(61) ^ (w14 >> 6));
        w.rotate_left(1);
        if let Some(last) = w.last_mut() {
            *last = next;
        }
    }
    for (sum, word) in hash.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *sum = sum.wrapping_add(word);
    }
}

#[expect(unsafe_code)]
// SAFETY: Blocks have 128 bytes and digests 64 (FIPS 180-4, section 1). The state has 72, no more
// than the 80 that the kernel's implementation exports.
unsafe impl Algorithm for Sha512 {
    const NAME: &'static CStr = c"sha512";
    const DRIVER_NAME: &'static CStr = c"sha512-rust";
    const PRIORITY: u16 = 10_000;

    fn new() -> impl Init<Self, Error> {
        Ok(Sha512)
    }
}

#[vtable]
impl Shash for Sha512 {
    const BLOCK_SIZE: usize = 128;
    const DIGEST_SIZE: usize = 64;

    type State = State;

    fn begin(&self, state: &mut State) -> Result {
        state.hash = INITIAL;
        Ok(())
    }

    fn update(&self, state: &mut State, blocks: &[u8]) {
        for block in blocks.chunks(Self::BLOCK_SIZE) {
            compress(&mut state.hash, block);
            state.blocks = state.blocks.wrapping_add(1);
        }
    }

    fn finish(&self, state: &mut State, rest: &[u8], digest: &mut [u8]) {
        // Section 5.1.2: a bit, zeroes, and the number of bits in the message.
        let bits = (u128::from(state.blocks) * 128 + rest.len() as u128) * 8;
        let mut last = [0; 256];
        let len = if rest.len() < 112 { 128 } else { 256 };

        if let Some((message, padding)) = last.split_at_mut_checked(rest.len()) {
            message.copy_from_slice(rest);
            if let Some(bit) = padding.first_mut() {
                *bit = 0x80;
            }
        }
        if let Some(end) = last.get_mut(len - 16..len) {
            end.copy_from_slice(&bits.to_be_bytes());
        }
        self.update(state, last.get(..len).unwrap_or_default());
        for (bytes, word) in digest.chunks_mut(8).zip(&state.hash) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
    }
}
