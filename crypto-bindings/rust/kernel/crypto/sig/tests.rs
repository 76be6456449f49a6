// SPDX-License-Identifier: GPL-2.0

//! Tests of [`sig`](super).

use super::*;
use crate::crypto::{
    rsa::{
        self,
        tests::{
            KEY_2048,
            SPKI_2048, //
        }, //
    },
    secret::testing::{
        everywhere,
        hex, //
    },
    shash::HashAlgorithm, //
};
use SigAlgorithm::*;

/// How many bytes the headers of PKCS#8 and of `SubjectPublicKeyInfo` have, behind which an RSA key
/// stands as PKCS#1 has it.
const PKCS8_HEADER: usize = 26;
const SPKI_HEADER: usize = 24;

/// A public key, a digest, and the signature in both forms.
pub(crate) struct Ecdsa {
    pub(crate) algs: [SigAlgorithm; 2],
    pub(crate) key: &'static [u8],
    pub(crate) digest: &'static [u8],
    pub(crate) x962: &'static [u8],
    pub(crate) p1363: &'static [u8],
}

/// Appendices A.2.5, A.2.6 and A.2.7 of RFC 6979: the message "sample", hashed with SHA-256,
/// SHA-384 and SHA-512.
pub(crate) static ECDSA: [Ecdsa; 3] = [
    Ecdsa {
        algs: [EcdsaP256, EcdsaP256P1363],
        key: &hex::<65>(
            "\
             0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a4\
             1ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        ),
        digest: &hex::<32>(
            "\
             af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
        ),
        x962: &hex::<72>(
            "\
             3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb\
             1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        p1363: &hex::<64>(
            "\
             efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436\
             c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
    },
    Ecdsa {
        algs: [EcdsaP384, EcdsaP384P1363],
        key: &hex::<97>(
            "\
             04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064\
             a254515480bc138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b23\
             1c3ae0d4fe7344fd2533264720",
        ),
        digest: &hex::<48>(
            "\
             9a9083505bc92276aec4be312696ef7bf3bf603f4bbd381196a029f340585312313bca4a9b5b890efee4\
             2c77b1ee25fe",
        ),
        x962: &hex::<104>(
            "\
             306602310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e\
             44acf96e36dd1e80fabe4602310099ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351\
             d0a3a94fa329c145786e679e7b82c71a38628ac8",
        ),
        p1363: &hex::<96>(
            "\
             94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36\
             dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145\
             786e679e7b82c71a38628ac8",
        ),
    },
    Ecdsa {
        algs: [EcdsaP521, EcdsaP521P1363],
        key: &hex::<133>(
            "\
             0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d\
             5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e645841\
             39c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea6695\
             6dfeaa2bfdfcf5",
        ),
        digest: &hex::<64>(
            "\
             39a5e04aaff7455d9850c605364f514c11324ce64016960d23d5dc57d3ffd8f49a739468ab8049bf18ee\
             f820cdb1ad6c9015f838556bc7fad4138b23fdf986c7",
        ),
        x962: &hex::<138>(
            "\
             308187024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee\
             9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa0241617cce7cf5064806c467f6\
             78d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1\
             dccc43997f1ee0e44da4a67a",
        ),
        p1363: &hex::<132>(
            "\
             00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450\
             606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa00617cce7cf5064806c467f678d3b4080d6f\
             1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1e\
             e0e44da4a67a",
        ),
    },
];

/// Test 1 of Wycheproof's `mldsa_44_verify_test`, of the message "Hello world".
pub(crate) static MLDSA_44_KEY: [u8; 1312] = hex("\
     db9ac67708f2ba0fac1f92bd802f9be89ecab966feef59872a1a9ac90b1111170a561290ae86b13968f2506023c0\
     14ba09fa449a26e4e9d35595e73986506cc8790e4d07a94d6c736f7ae78cc5e3e3cf025ce06a09252bef97fe92e9\
     4cbd107b1844d1a7c690d88bff9e9336f8f58e0bd5ee384de9c7ffbb149a6fcd87c77288601d8843e28e0c7a6014\
     9d02ebc57b183c39888d98b61cd8ad48135ddb8a1666743bb689f44c1a92d52017b6a8fa493eeb839dffb086a9a6\
     c399b194a52f0e4164c96ff8a2a54337de24350a866b5fe4195257778e72511221778f1eae5fa93ed3532f696b9b\
     0767aded85f62ea311027c7f5fc4182dcd2864b1c26bd6dcf72ebdedf70471327be0ea1c2ae53e46489c6dbefa51\
     2a78fdd7be0ad3ada16a7f7b1ece49817b44868a2cc234bfdba556c32cc92ec2c5e8a5d206f2e4ee372d41681e67\
     d1b7e7b0061870c57f600fafca85f98aed8ce4ba76bba961f9ed56e563220d3ced853b6b28e7527da0e0912bc932\
     a23c8bab811429bbb4d49b2770bcda44abb932b11c0a5866409fce39fed2b459c86c8f6e1ab0aefc5879503f4b21\
     a49b4b2de6760c9b6aaf041144a656a26af39f4578e1d482ddc1360ef751d9784b860ec373d415360fe99f32e126\
     a2ac1243430e8bed1bc90b19b3d219c2712edcf81c44b4331f6421088e662b695e1fd8fa5091f616ab60af70f159\
     b63368f1ac60d77b279ed47ef7f24ec2044bb6c2bc76d933ecd568f7e663392afc1d335abac6c03670adf87747dd\
     e90052f5cd45f7d30f43a4dc3c500ceb658fce235c171240baca1b5a14733d774b9416c540f53eb83481afc98344\
     b12a4309e6222b08d978430467497010314c6f6b8caf65361c216106395275a67d7500dbc120f7918c6f8db7aa63\
     fa965b4a22c70dc88f727d768ce2bfc7597fd470184e1c59a6b2e1204cc8c3d052c594d5771e0ccc8cfb191f4703\
     8b1c0672f07caf4747562d3d76a9816fb1def1391cf0f05fcdbf2a0eb6c21ac24b26e74ee403133e80a79313ddb0\
     2c1fa386c6dd1d420195343e3a104aff6d60887f7304fa9e3bb59bb55f820dd85b1445c54e9a38dc1c7f3b88eb36\
     a9f48d13455e51c934825ff3cd8bedb2b5422344120399eef83a360b83440ebdd8ea6e01c95159e3735bb4408500\
     caa785ca4049891c7331c4ea31ad9060ece768fd339e6904f88e27bad3b28845687be2cc9314f300fda56fe3ff25\
     08e54c59123b068f86fe00213d5af8da1b1735423ed688f097c306dbc121b81f532fcaf872d9f80596642295d6e4\
     bead478644081618ab903b39e9b5e7cc0b5f2742d8337b18d4ad4788db7443e946cafc1762a5da84070e8c2fd86d\
     6c633f0b44ee234ba11b9e1440c94a08d0437015279690405353059020fd2f58f15dab18754177244adfb81ceab7\
     9c7840bf3884a3d364afc8c453a425fd8c5378eaa7445f8c6256bfbd03a66c53e8cf27e2c52f14ef3294afe79cda\
     408f5dff933ca0211a78a4e3be3d9a932558ed71ed19bbb57f87937fa3d4a78128491ff096a261045bdd186325c4\
     2caa8c7564195a4d2499a1c17d21a52d1aacd221d9c8a1866963a20390f2fd43dcf56b308a1c01c38091fd3e04c1\
     2b695de497d48bcc268d50cb0bed793b8e6937e8d533afd568521f1c9377a3804d38e785674d7ce868d289938e33\
     dda6edc76d25b15fcb38852b7803cfe62f08d9fbd070957c4e6f134973964c9dc009985c8501e7d8f72e7ec285d5\
     289fdd07f64d62acaa9737b039efa7a9d1d175577c6bcf9dddcf692877af38e75263bebe2453155be61f0723c274\
     388a532abe29dd7023e327085f4c9dda41839b7b3357ab9d");
pub(crate) static MLDSA_44_SIG: [u8; 2420] = hex("\
     1aa69cb5ed35204534f25f40a17eb0d767f8981f5e7cec46d3bf3252bfc78e09d02ef0c82da6dde973611c849472\
     890106158cb15ffa6ca891615e888efa0d2d8a121b75ca440228ad32991be34249620f158ffd6f74d7b03bf91921\
     8ce259b500808ec157ead67b56b79e9e6607eafb9227b8a30adbec087d35bc1aec2f1a0c4dd126dfcfb9fbf0bd74\
     fb1e092495fa994ab5a7cd1333281aafe834694a6dc11e889c762b5645638e172dfab3060031ebcdc1fd455d5de6\
     050bf71b074a4dd34af5ebf15487651f0f13e5d3cee231b9b347810bfc418196df9d7231780c09171b9aae732bea\
     27a1649d8c03220f417e30a016b08ccb1d55c9337b4812e20e04523f5d29a760a01b3a80d76285521206481ee1e4\
     4df09a76913ba54ae50c8eb973a3ced73950fbf39c4c0c1262a216821a442072c10cc82839ac57b898411be9e810\
     f893272a2546ff7d1d920f146210efc2b4528bc98a099a398302d301fc1dea31b3d8ff78246a66f690ef536b68e0\
     2bd7ea23a5378930dde7f1beb51749896a7944e5a40e6fbbb1f76c3fda09e32e0a58062c24cac7ddb8c1d2cbb352\
     a81e336425c5f551246db45ecd0ab29dac88cdebf51c60bebc2e27c974f56da12c1fec4f5745850429b607f5ed7c\
     d821f2c91fc2dda8c2c8e8ec278d1b2a5bf50ec70c5623fc681b4d1dccff96b324cb53ff97470f9de177c2006a89\
     af8f18603a6d4ea2625794695fe79cd30318a1e76307a4c2a353db1e076ad9b609a2489b94cb6dd821c3af31046b\
     b7a5d43d190e09fce4969fe4e93c8393975e64cb2d9c2294fc427ef5191c40937929b3b0e1b037e6b84cc0299d5a\
     f2b5410118bfd88ef6491af6f21233390ca7a19f1576e6c5a10a673796905562075047896e3a2379f64dfbbc12b9\
     bfe64939c2d05efbc5f6e4b5ca69ce1ed4b7d25e8c835b0612b33e13ed7a8a7233b4b3d58eead0bc4c841acb65a5\
     ec0ed45e2584c23c2a162392b5789c62358e4038864e20c10e10c67d940ce78993178dbeb3de1fea1e50e7c29f4d\
     7d938c3bfe50229ea040102f30d5b3a64cb8e13420065d54a1ac50a77383bdff3cae2340ebf15a1557fde897007c\
     1b67d04f19431ca00cb0f08db87e90e166e0f4ce6fd69c6ecef1b3f70d9eb601b57a7bf931057c2afe2d3567b6bb\
     ec7891c664713385122fdd789c1d5a8a9cfd491f407c16d0b0c5dfc53a6862208e264b981bf2ddbdd1d7db9729b5\
     265c4c3868a947c982880bc55b786153b89ef3324067b35a928c51236bcbe9f860ad9eee5644478f894a9fe78d26\
     a5a17d482612f1cb9983b864e6fba84591c0f73b7b27918819d2121d4af640f533e2939d3da0f0aa6b9df80837a8\
     0165ae8b7579715192eb0f6cca78a43d8ad8d7abb56d816e3af2de59b88bfdcf6767abfb043d3ae24223d0500195\
     3faa292671c57ade1fe28988075ab8d14ac98363412bd694c40ae85b1f104afcd0f25aa590f57ba4f5dfdf613bf8\
     594e3f54baadfdf50c0881af2475590758a23b7eee725513e4d1ea9f4630159c424a289f18a9879e5e173390f8e6\
     30f6ee2a6043d82a1983dc97c7acfea3b0c03e27e865d810d012daeec28dc454f59334edf24627d435701d329ff5\
     e68d19bbdca5ef7d5e00204fa947d08f81cb6484cabe60989d2f61fbe70940f7e4f449b3fcb103a89143d74b15d7\
     2e7913dce9193a0b9c5a7b2a97bde6d7f396ae80b4b566f9f2e7345bc42ce3b002818e19f0f16416b850832cd022\
     79ee8d58a381deaac09b1b4d4613f4d066805d2faea6716e015fe361c0526c6e4617a389ffdf930213c1dc0c4c90\
     5c3106a7517dce7abea7a9341132f8ad98de3e42f6b75809fff38f6eeafb97398e79d50a5622338763c4e45a88dd\
     da7fb87ab7f5cec61109fdc1c5d4a16310275241fc34178028a49fd79581a05c3b6984eecd6cb9bd60a44da72600\
     f8f2604a4ff4578126194fb2269c8e6e71447445e8e80bf8c6063dbbf29c7ded58abbc0d2eed347bf495b6a9cbe6\
     8585a594aa0e65834bfbcccc3f6bf42fe4ef42d86232c3fb1412dd0b5f8a0489958f5c3b883bf7851337a35b13dd\
     2b6517626ff2d1064cd189beb402497dd6b8893d414dde7d1d51018c7a83766a2d8a29b80e8f428237732f7ee5ba\
     878163f0aa8af5b60533b4d4621a38fdc54383acb3325b5e876e21483eddcc64c419596e656d1557be31b530ea66\
     054f79d4f4a755f9ee33c84fed5d552ec5e2eccd061cf4c4b5c3c16a70a7baecccfc208d2430e78621c9ae5b0d08\
     0973b4e1df0a1f5c0415db6d3c85f9ea9041e9a9abdde71d6776a522aa957f708b14a33eda10ebbab93bb8ec2b7a\
     04679f38eb44fc558ee698d3c6937e0e647dce898d7599fef6de32ae4d52adc722443610b2126559756aa36f3c79\
     696b99be3d908f780fcbaef33b215693634d63ce2a0777dfbbc899d2be72efdbafbc10aefb26a1a63cdcfda00235\
     b34db723c91624ee5f939024dfedba0863ad08f648767d41fc7fd6b317c51f4b1b87e21e07d488c9423581f9bbda\
     e43e4d32b37e8283960524f9a601ab69f5cd7fb01c9a8a5c64fe863519a1e9f3426398f691a96e1748491b4e209f\
     ca2ab29481a674621c797614ba16fbfdfd1a4184e7f84667e720e6bcd9debef32c2b9e891a6e3c0423158f539838\
     d8413e9fc707d5c65b23368b6edc95d9c3f8e20bbb844499311614945606c1487ef4015d1e260fa8239abaa071be\
     572163132bdb06ef21e31be0f9d4b6747134e4842bedcd3bf53b0d6f054693bc428e9a715d5a32a79e6a3cb8b81f\
     af2c04087d8816752637a2fe11eacb38341e024848562a29d4585e4ee56552ce9b1fad43b965a37bff8558921790\
     ef0f4ac55bcac4327d1783f5e1e79bf01e96934bb4a8f5dd06c83bb70b2377189d622a106100f0cbdd38e34c0565\
     900c616561161b3261859133f83893feb22b0bafc82cf4f0dbafde0648e2f86260e6e747034e5cb3ece98087fbf7\
     4179c6306f0c460b5d609b9b3a66761472ee0b9dabb5dfa872d5c6bc9b33461a27b5427bd8833f874f479ecc5f0a\
     20304b9a75aacc82420a87af6469daaef53391ae8a25468e717dc47f464fce45a31147c0c4e12ac2f834567e4005\
     b0827d13b3ec80cd8b7a907436e6624c6c8ac6a80add35cfa1a28872fb65cb3fa46894d116a052f19b5fe20c7ead\
     10bd24d27ad2b5683f299d1193ec6d9ff3379f3b3e39cb9991831f194af2041085508da4dcb7b8785cbdc4e04cf4\
     d826d1ef4a11036e4c5803c3aaa7669b4dd3bc12ff888984e9bbdace0e772ab59332b47300334757677578808e90\
     929697a9cecfd6ed1b303d4250738a97a0aabac6d91e283a4b696f7181828493aec8cdcfe1eaecfc022748495759\
     5badbcbfc8fa000000000000000000000000000000000000121f323e");

#[macros::kunit_tests(rust_crypto_sig)]
mod cases {
    use super::*;

    /// Whether a signature is refused for what it is.
    fn refuses(key: &PublicKey, digest: &[u8], sig: &[u8]) -> Result {
        match key.verify(digest, sig) {
            Err(EKEYREJECTED) => Ok(()),
            Err(e) => Err(e),
            Ok(()) => Err(EBADMSG),
        }
    }

    /// Takes the signature, and no other: with any byte changed, cut short, or of another digest.
    fn check(key: &PublicKey, digest: &[u8], sig: &[u8], step: usize) -> Result {
        let mut other = KVec::new();

        key.verify(digest, sig)?;
        if sig.len() > key.max_signature_size() {
            return Err(EOVERFLOW);
        }

        other.extend_from_slice(sig, GFP_KERNEL)?;
        for i in (0..sig.len()).step_by(step) {
            other[i] ^= 1;
            refuses(key, digest, &other)?;
            other[i] ^= 1;
        }
        for len in (0..sig.len()).step_by(step) {
            refuses(key, digest, &sig[..len])?;
        }

        other.clear();
        other.extend_from_slice(digest, GFP_KERNEL)?;
        other[0] ^= 0x80;
        refuses(key, &other, sig)
    }

    /// Refuses the signature with a byte after it.
    fn check_end(key: &PublicKey, digest: &[u8], sig: &[u8]) -> Result {
        let mut other = KVec::new();

        other.extend_from_slice(sig, GFP_KERNEL)?;
        other.push(0, GFP_KERNEL)?;
        refuses(key, digest, &other)
    }

    #[test]
    fn rfc_6979() -> Result {
        for v in &ECDSA {
            let [x962, p1363] = v.algs;

            check(&PublicKey::new(x962, v.key)?, v.digest, v.x962, 16)?;
            let p1363 = PublicKey::new(p1363, v.key)?;
            check(&p1363, v.digest, v.p1363, 16)?;
            check_end(&p1363, v.digest, v.p1363)?;
        }
        Ok(())
    }

    #[test]
    fn mldsa() -> Result {
        let key = PublicKey::new(MlDsa44, &MLDSA_44_KEY)?;

        assert_eq!(key.max_signature_size(), MLDSA_44_SIG.len());
        check(&key, b"Hello world", &MLDSA_44_SIG, 400)?;
        check_end(&key, b"Hello world", &MLDSA_44_SIG)
    }

    #[test]
    fn pkcs1() -> Result {
        let private = &KEY_2048[PKCS8_HEADER..];
        let public = &SPKI_2048[SPKI_HEADER..];
        let typed = rsa::PublicKey::from_spki_der(&SPKI_2048)?;

        for (alg, hash) in [
            (RsaPkcs1Sha256, HashAlgorithm::Sha256),
            (RsaPkcs1Sha384, HashAlgorithm::Sha384),
            (RsaPkcs1Sha512, HashAlgorithm::Sha512),
        ] {
            let digest = &[0x5a; 64][..hash.digest_size()];
            let key = PrivateKey::new(alg, private)?;
            let mut sig = [0xff; 257];

            assert_eq!(key.algorithm(), Some(alg));
            assert_eq!(key.max_signature_size(), 256);
            assert_eq!(key.sign(digest, &mut sig[..255]), Err(EINVAL));
            assert_eq!(key.sign(&digest[1..], &mut sig), Err(EINVAL));
            assert!(sig == [0xff; 257]);
            assert_eq!(key.sign(digest, &mut sig), Ok(256));
            let key = PublicKey::new(alg, public)?;
            check(&key, digest, &sig[..256], 32)?;
            check_end(&key, digest, &sig[..256])?;
            typed.verify_pkcs1(hash, digest, &sig[..256])?;
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let v = &ECDSA[0];
        let key = PublicKey::new(EcdsaP256P1363, v.key)?;

        // Few of them: verifying takes a while.
        let mut n = 0;
        everywhere(v.p1363.len(), |buf| {
            buf.copy_from_slice(v.p1363);
            n += 1;
            if n % 8 == 1 {
                key.verify(v.digest, buf)?;
            }
            Ok(())
        })?;
        everywhere(v.digest.len(), |buf| {
            buf.copy_from_slice(v.digest);
            n += 1;
            if n % 8 == 1 {
                key.verify(buf, v.p1363)?;
            }
            Ok(())
        })?;
        everywhere(v.key.len(), |buf| {
            buf.copy_from_slice(v.key);
            PublicKey::new(EcdsaP256, buf).map(|_| ())
        })
    }

    #[test]
    fn keys_refused() -> Result {
        for v in &ECDSA {
            let mut key = KVec::new();

            key.extend_from_slice(v.key, GFP_KERNEL)?;
            key.push(0, GFP_KERNEL)?;
            for alg in v.algs {
                for len in (0..=key.len()).filter(|len| *len != v.key.len()) {
                    let refused = PublicKey::new(alg, &key[..len]);
                    assert_eq!(refused.err(), Some(EKEYREJECTED));
                }
                // Not on the curve.
                key[1] ^= 1;
                let refused = PublicKey::new(alg, &key[..v.key.len()]);
                assert_eq!(refused.err(), Some(EKEYREJECTED));
                key[1] ^= 1;
            }
        }
        for alg in [MlDsa44, MlDsa65, MlDsa87] {
            let refused = PublicKey::new(alg, &MLDSA_44_KEY[1..]);
            assert_eq!(refused.err(), Some(EKEYREJECTED));
        }
        for alg in [RsaPkcs1Sha256, RsaPkcs1Sha384, RsaPkcs1Sha512] {
            for key in [&SPKI_2048[SPKI_HEADER..], &KEY_2048[PKCS8_HEADER..]] {
                let cut = &key[..key.len() - 1];

                assert_eq!(PublicKey::new(alg, cut).err(), Some(EKEYREJECTED));
                assert_eq!(PrivateKey::new(alg, cut).err(), Some(EKEYREJECTED));
            }
        }
        assert_eq!(PrivateKey::new(MlDsa65, &[0; 4032]).err(), Some(EOPNOTSUPP));
        Ok(())
    }

    #[test]
    fn wrong_lengths() -> Result {
        let v = &ECDSA[0];
        let ecdsa = PublicKey::new(EcdsaP256, v.key)?;

        assert_eq!(ecdsa.verify(&[], v.x962), Err(EINVAL));
        assert_eq!(ecdsa.verify(&[0; 65], v.x962), Err(EINVAL));
        assert_eq!(ecdsa.verify(&[0; 64], v.x962), Err(EKEYREJECTED));

        let rsa = PublicKey::new(RsaPkcs1Sha256, &SPKI_2048[SPKI_HEADER..])?;
        for len in (0..=64).filter(|len| *len != 32) {
            assert_eq!(rsa.verify(&[0; 64][..len], &[0; 256]), Err(EINVAL));
        }
        assert_eq!(c_len(0x7fff_ffff), Ok(0x7fff_ffff));
        assert_eq!(c_len(0x8000_0000), Err(EOVERFLOW));
        Ok(())
    }

    #[test]
    fn names() -> Result {
        for v in &ECDSA {
            for alg in v.algs {
                let key = PublicKey::new(alg, v.key)?;

                assert_eq!(key.algorithm(), Some(alg));
                assert_eq!(alg.key_size(), Some(v.key.len()));
                assert!(!key.driver_name().to_bytes().is_empty());
            }
        }
        Ok(())
    }

    #[test]
    fn by_name() -> Result {
        for v in &ECDSA {
            for (alg, sig) in v.algs.into_iter().zip([v.x962, v.p1363]) {
                let typed = PublicKey::new(alg, v.key)?;

                // That of the algorithm, and that of the implementation.
                for name in [alg.name(), typed.driver_name()] {
                    let key = PublicKey::by_name(name, v.key)?;

                    assert_eq!(key.algorithm(), None);
                    check(&key, v.digest, sig, 32)?;
                    assert_eq!(key.verify(&[], sig), Err(EINVAL));
                    assert_eq!(key.verify(&[0; 65], sig), Err(EINVAL));
                    let cut = PublicKey::by_name(name, &v.key[1..]);
                    assert_eq!(cut.err(), Some(EKEYREJECTED));
                }
            }
        }
        let key = PublicKey::by_name(c"mldsa44", &MLDSA_44_KEY)?;
        check(&key, b"Hello world", &MLDSA_44_SIG, 400)?;

        // A hash that has no type.
        let name = c"pkcs1(rsa,sha224)";
        let digest = &[0x5a; 28];
        let mut sig = [0; 256];
        let key = PrivateKey::by_name(name, &KEY_2048[PKCS8_HEADER..])?;
        assert_eq!(key.sign(digest, &mut sig), Ok(256));
        assert_eq!(key.sign(&digest[1..], &mut [0; 256]), Err(EINVAL));
        let key = PublicKey::by_name(name, &SPKI_2048[SPKI_HEADER..])?;
        check(&key, digest, &sig, 32)?;
        refuses(&key, &digest[1..], &sig)?;

        // Those that do not take bytes, or that there are not.
        for (name, err) in [
            (c"ecdsa-nist-p256", EINVAL),
            (c"ecdsa-nist-p384-generic", EINVAL),
            (c"x962(rsa)", ENOENT),
            (c"no such algorithm", ENOENT),
        ] {
            assert_eq!(PublicKey::by_name(name, ECDSA[0].key).err(), Some(err));
            assert_eq!(PrivateKey::by_name(name, &[]).err(), Some(err));
        }
        Ok(())
    }
}
