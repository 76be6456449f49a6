// SPDX-License-Identifier: GPL-2.0

//! The traces of RFC 8448: sections 3 (simple 1-RTT) and 5 (HelloRetryRequest), byte for byte.
//!
//! The server's certificate of those traces has an RSA key of 1024 bits, which is refused here, and
//! a PSS signature has a random salt; so the messages from EncryptedExtensions to the Finished are
//! the trace's, and everything around them is computed.

use kernel::crypto::shash::{
    Hash,
    HashAlgorithm, //
};

use super::*;
use crate::{
    record::testing::{
        open,
        seal, //
    },
    tls::{
        key_schedule::Early,
        transcript::Transcript, //
    },
};

const SUITE: CipherSuite = CipherSuite::Aes128GcmSha256;

fn hash() -> Arc<Hash> {
    Arc::new(Hash::new(HashAlgorithm::Sha256).unwrap(), GFP_KERNEL).unwrap()
}

/// Key and IV of a traffic secret.
fn keys(secret: &TrafficSecret) -> (StdVec<u8>, StdVec<u8>) {
    let mut hkdf = Hkdf::new(SUITE.hash()).unwrap();
    let (mut key, mut iv) = (vec![0; 16], vec![0; 12]);
    secret.expand(&mut hkdf, b"key", &mut key).unwrap();
    secret.expand(&mut hkdf, b"iv", &mut iv).unwrap();
    (key, iv)
}

/// What a trace has in it.
struct Trace {
    /// The messages before the protected part: those of the client at even places.
    hellos: StdVec<StdVec<u8>>,
    random: StdVec<u8>,
    private: StdVec<u8>,
    cookie: StdVec<u8>,
    group: NamedGroup,
    early: &'static str,
    handshake: &'static str,
    client_handshake: (&'static str, &'static str, &'static str),
    server_handshake: (&'static str, &'static str, &'static str),
    main: &'static str,
    client_application: (&'static str, &'static str, &'static str),
    server_application: (&'static str, &'static str, &'static str),
    exporter: &'static str,
    resumption: &'static str,
    /// The server's protected record, and its messages if the trace has them by themselves.
    flight_record: StdVec<u8>,
    flight: Option<StdVec<u8>>,
    finished_record: StdVec<u8>,
}

fn check_traffic(secret: &TrafficSecret, expected: (&str, &str, &str)) {
    assert_eq!(secret.as_bytes(), hex(expected.0));
    let (key, iv) = keys(secret);
    assert_eq!(key, hex(expected.1));
    assert_eq!(iv, hex(expected.2));
}

fn check(trace: Trace) {
    // The engine, with the trace's private key and random, says what the trace's server says.
    let fixed = Fixed {
        random: trace.random.clone().try_into().unwrap(),
        private: trace.private.clone().try_into().unwrap(),
        cookie: trace.cookie,
    };
    let config = builder()
        .groups(&[trace.group])
        .unwrap()
        .suites(&[SUITE])
        .unwrap()
        .fixed(fixed)
        .build()
        .unwrap();
    let mut server = Server::new(config).unwrap();
    let mut log = Log::default();
    let mut transcript = Transcript::new(&hash()).unwrap();
    let mut said = StdVec::new();
    for pair in trace.hellos.chunks(2) {
        if !said.is_empty() {
            // What is there is the first pair, and so a HelloRetryRequest.
            transcript = Transcript::new(&hash()).unwrap();
            transcript.add(&trace.hellos[0]).unwrap();
            transcript = transcript.into_message_hash().unwrap();
            transcript.add(&trace.hellos[1]).unwrap();
        }
        server.read(Level::Initial, &pair[0], &mut log).unwrap();
        said.extend(&pair[1]);
        assert_eq!(log.initial, said);
        transcript.add(&pair[0]).unwrap();
        transcript.add(&pair[1]).unwrap();
    }
    check_traffic(&log.keys[0].2, trace.client_handshake);
    check_traffic(&log.keys[0].3, trace.server_handshake);

    // The key schedule, step by step.
    let hello = trace.hellos.iter().rev().nth(1).unwrap();
    let body = client_hello::ClientHello::parse(&hello[4..]).unwrap();
    let share = body.key_shares.of(trace.group).unwrap();
    let key = match trace.group {
        NamedGroup::X25519 => KeyExchange::X25519(
            curve25519::EphemeralKey::from_private(&trace.private.try_into().unwrap()).unwrap(),
        ),
        _ => KeyExchange::Ecdh(
            kpp::EphemeralKey::from_private(kpp::Curve::P256, &trace.private).unwrap(),
        ),
    };
    let shared = key.agree(share).unwrap();
    let early = Early::new(SUITE.hash(), &hash()).unwrap();
    assert_eq!(early.secret(), hex(trace.early));
    let mut handshake = early.into_handshake(shared.as_bytes()).unwrap();
    assert_eq!(handshake.secret(), hex(trace.handshake));
    let traffic = handshake.traffic(&transcript.current().unwrap()).unwrap();
    check_traffic(&traffic.client, trace.client_handshake);
    check_traffic(&traffic.server, trace.server_handshake);
    let finished = handshake.finished_keys(&traffic).unwrap();

    // The server's flight: what is in the record, and the record made of it.
    let (kind, flight) = open(SUITE, &log.keys[0].3, 0, &trace.flight_record).unwrap();
    assert_eq!(kind, ContentType::Handshake);
    if let Some(expected) = trace.flight {
        assert_eq!(flight, expected);
    }
    assert_eq!(
        seal(SUITE, &traffic.server, 0, kind, &flight),
        trace.flight_record
    );
    let (before, server_finished) = flight.split_at(flight.len() - 36);
    transcript.add(before).unwrap();
    let verify_data = handshake
        .verify_data(finished.server, &transcript.current().unwrap())
        .unwrap();
    assert_eq!(&server_finished[4..], verify_data.as_bytes());
    transcript.add(server_finished).unwrap();
    let digest = transcript.current().unwrap();

    // The client's Finished.
    let (kind, message) = open(SUITE, &traffic.client, 0, &trace.finished_record).unwrap();
    assert_eq!(kind, ContentType::Handshake);
    assert_eq!(message[..4], [20, 0, 0, 32]);
    let verify_data = handshake.verify_data(finished.client, &digest).unwrap();
    assert_eq!(&message[4..], verify_data.as_bytes());

    // The application's secrets, and those of both sides' later messages.
    let mut application = handshake.into_application().unwrap();
    assert_eq!(application.secret(), hex(trace.main));
    let traffic = application.traffic(&digest).unwrap();
    check_traffic(&traffic.client, trace.client_application);
    check_traffic(&traffic.server, trace.server_application);
    let exporter = application.derive(b"exp master", &digest).unwrap();
    assert_eq!(exporter.as_bytes(), hex(trace.exporter));
    transcript.add(&message).unwrap();
    let resumption = application
        .derive(b"res master", &transcript.current().unwrap())
        .unwrap();
    assert_eq!(resumption.as_bytes(), hex(trace.resumption));

    for (secret, seq, record) in APPLICATION_RECORDS
        .iter()
        .filter(|_| trace.group == NamedGroup::X25519)
        .map(|(client, seq, record)| {
            let secret = if *client {
                &traffic.client
            } else {
                &traffic.server
            };
            (secret, *seq, hex(record))
        })
    {
        let content: StdVec<u8> = (0..50).collect();
        assert_eq!(
            seal(SUITE, secret, seq, ContentType::ApplicationData, &content),
            record
        );
        let opened = open(SUITE, secret, seq, &record).unwrap();
        assert_eq!(opened, (ContentType::ApplicationData, content));
        // Another place in the order, or another byte anywhere, and it does not open.
        assert!(open(SUITE, secret, seq + 1, &record).is_err());
        for at in 5..record.len() {
            let mut bad = record.clone();
            bad[at] ^= 0x80;
            let error = open(SUITE, secret, seq, &bad).unwrap_err();
            assert_eq!(error.alert(), Some(AlertDescription::BadRecordMac));
        }
    }
}

/// Application data 0, 1, … 49: whether the client sent it, its sequence number, its record.
const APPLICATION_RECORDS: [(bool, u64, &str); 2] =
    [(true, 0, CLIENT_RECORD), (false, 1, SERVER_RECORD)];

#[test]
fn simple_1_rtt() {
    check(Trace {
        hellos: vec![hex(CLIENT_HELLO), hex(SERVER_HELLO)],
        random: hex("a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"),
        private: hex("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e"),
        cookie: vec![],
        group: NamedGroup::X25519,
        early: "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a",
        handshake: "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac",
        client_handshake: (
            "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
            "dbfaa693d1762c5b666af5d950258d01",
            "5bd3c71b836e0b76bb73265f",
        ),
        server_handshake: (
            "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
            "3fce516009c21727d0f2e4e86ee403bc",
            "5d313eb2671276ee13000b30",
        ),
        main: "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919",
        client_application: (
            "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
            "17422dda596ed5d9acd890e3c63f5051",
            "5b78923dee08579033e523d9",
        ),
        server_application: (
            "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
            "9f02283b6c9c07efc26bb9f2ac92e356",
            "cf782b88dd83549aadf1e984",
        ),
        exporter: "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50",
        resumption: "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c",
        flight_record: hex(FLIGHT_RECORD),
        flight: Some(hex(FLIGHT)),
        finished_record: hex(FINISHED_RECORD),
    });
}

#[test]
fn hello_retry_request() {
    check(Trace {
        hellos: vec![
            hex(RETRY_HELLO_1),
            hex(RETRY_REQUEST),
            hex(RETRY_HELLO_2),
            hex(RETRY_SERVER_HELLO),
        ],
        random: hex("bb341d847fd789c47c387172dc0c9bf147fccacb5043d86ca4c598d3ff571b98"),
        private: hex("8c510601f9765bfb8ed693449a48989859b5cfa879cb9f5443c41c5ff10634ed"),
        cookie: hex(RETRY_COOKIE),
        group: NamedGroup::Secp256r1,
        early: "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a",
        handshake: "ce022e5e6e81e50736d773f2d3adfce8220d049bf510f0dbfac927ef4243b148",
        client_handshake: (
            "158aa7ab8855073582b41d674b4055cabcc534728f659314861b4e08e2011566",
            "2f1f918663d590e7421149a29d94b0b6",
            "414d5485235e1a688793bd74",
        ),
        server_handshake: (
            "3403e781e2af7b6508da28574f6e95a1abf162de83a97927c37672a4a0cef8a1",
            "4646bfac1712c426cd78d8a24a8a6f6b",
            "c7d395c08d62f297d13768ea",
        ),
        main: "1131545d0baf79ddce9b87f06945781a57dd18ef378dcd2060f8f9a569027ed8",
        client_application: (
            "75ecf4b972525aa0dcd057c9944d4cd5d82671d8843141d7dc2a4ff15a21dc51",
            "a7eb2a0525eb4331d58fcbf9f7ca2e9c",
            "86e8be227c1bd2b3e39cb444",
        ),
        server_application: (
            "5c74f87df04225db0f8209c9de6429e49435fdefa7cad61864874d12f31cfc8d",
            "f27a5d97bd25550c4823b0f3e5d29388",
            "0dd631f7b71cbbc797c35fe7",
        ),
        exporter: "7c06d3ae106a3a374ace4837b3985cac67780a6e2c5c04b58319d584df09d223",
        resumption: "09170c6d472721566f9cf99b08699daff561ec8fb22d5a32c3f94ce009b69975",
        flight_record: hex(RETRY_FLIGHT_RECORD),
        flight: None,
        finished_record: hex(RETRY_FINISHED_RECORD),
    });
}

const CLIENT_HELLO: &str = "
    010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef
    6283024dece7000006130113031302010000910000000b000900000673657276
    6572ff01000100000a00140012001d0017001800190100010101020103010400
    230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e
    51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603
    020308040805080604010501060102010402050206020202002d00020101001c
    00024001
";

const SERVER_HELLO: &str = "
    020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155
    772ed3e2692800130100002e00330024001d0020c9828876112095fe66762bdb
    f7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304
";

const FLIGHT: &str = "
    080000240022000a00140012001d00170018001901000101010201030104001c
    00024001000000000b0001b9000001b50001b0308201ac30820115a003020102
    020102300d06092a864886f70d01010b0500300e310c300a0603550403130372
    7361301e170d3136303733303031323335395a170d3236303733303031323335
    395a300e310c300a0603550403130372736130819f300d06092a864886f70d01
    0101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c
    0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19e
    aa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e2
    2a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a
    8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304
    023000300b0603551d0f0404030205a0300d06092a864886f70d01010b050003
    81810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594
    365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd
    335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb
    2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b4
    2b4de100000f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f82
    4cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef78
    0c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671
    459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda
    65cdf5aea20d53dfacd42f74f3140000209b9b141d906337fbd2cbdce71df4de
    da4ab42c309572cb7fffee5454b78f0718
";

const FLIGHT_RECORD: &str = "
    17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35e
    df7869fcf40aa40aa2b8ea73f848a7ca07612ef9f945cb960b4068905123ea78
    b111b429ba9191cd05d2a389280f526134aadc7fc78c4b729df828b5ecf7b13b
    d9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9
    d7477609aee6e122a4cf51427325250c7d0e509289444c9b3a648f1d71035d2e
    d65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd61092
    8d809810e4b7ed1a8fd991f06aa6248204797e36a6a73b70a2559c09ead68694
    5ba246ab66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b368
    4596c960bd596eea520a56a8d650f563aad27409960dca63d3e688611ea5e22f
    4415cf9538d51a200c27034272968a264ed6540c84838d89f72c24461aad6d26
    f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce343117b65962224531
    7b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31c7a84dc3bd7e
    1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf30244da
    8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d4
    61e66f99882bd89fc50800becca62d6c74116dbd2972fda1fa80f85df881edbe
    5a37668936b335583b599186dc5c6918a396fa48a181d6b6fa4f9d62d513afbb
    992f2b992f67f8afe67f76913fa388cb5630c8ca01e0c65d11c66a1e2ac4c859
    77b7c7a6999bbf10dc35ae69f5515614636c0b9b68c19ed2e31c0b3b66763038
    ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f60f0504de93b5b84
    5e275592c12335ee340bbc4fddd502784016e4b3be7ef04dda49f4b440a30cb5
    d2af939828fd4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e
    750edc53370d2b
";

const FINISHED_RECORD: &str = "
    170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc
    44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546
";

const CLIENT_RECORD: &str = "
    1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f
    2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae6
    3aeebb21694915e4
";

const SERVER_RECORD: &str = "
    17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36
    e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf33254
    0dd032e167c2955d
";

const RETRY_HELLO_1: &str = "
    010000b00303b0b1c5a5aa37c5919f2ed1d5c6fff7fcb7849716945a2b8cee92
    58a346677b6f000006130113031302010000810000000b000900000673657276
    6572ff01000100000a00080006001d00170018003300260024001d0020e8e8e3
    f3b93a25ed97a14a7dcacb8a272c6288e585c6484d05262fcad062ad1f002b00
    03020304000d0020001e04030503060302030804080508060401050106010201
    0402050206020202002d00020101001c00024001
";

const RETRY_COOKIE: &str = "
    71dcd04bb88bc3189119398a00000000eefafc76c146b823b096f8aacad365dd
    0030953f4edf625636e5f21bb2e23fcc654b1b5b40318d10d137abcbb87574e3
    6e8a1f025f7dfa5d6e50781b5eda4aa15b0c8be778257d16aa3030e9e7841dd9
    e4c0342267e8ca0caf571fb2b7cff0f934b0
";

const RETRY_REQUEST: &str = "
    020000ac0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e
    09e2c8a8339c001301000084003300020017002c0074007271dcd04bb88bc318
    9119398a00000000eefafc76c146b823b096f8aacad365dd0030953f4edf6256
    36e5f21bb2e23fcc654b1b5b40318d10d137abcbb87574e36e8a1f025f7dfa5d
    6e50781b5eda4aa15b0c8be778257d16aa3030e9e7841dd9e4c0342267e8ca0c
    af571fb2b7cff0f934b0002b00020304
";

const RETRY_HELLO_2: &str = "
    010001fc0303b0b1c5a5aa37c5919f2ed1d5c6fff7fcb7849716945a2b8cee92
    58a346677b6f000006130113031302010001cd0000000b000900000673657276
    6572ff01000100000a00080006001d001700180033004700450017004104a6da
    7392ec591e17abfd535964b99894d13befb221b3def2ebe3830eac8f01518126
    77c4d6d2237e85cf01d6910cfb83954e76ba7352830534159897e8065780002b
    0003020304000d0020001e040305030603020308040805080604010501060102
    010402050206020202002c0074007271dcd04bb88bc3189119398a00000000ee
    fafc76c146b823b096f8aacad365dd0030953f4edf625636e5f21bb2e23fcc65
    4b1b5b40318d10d137abcbb87574e36e8a1f025f7dfa5d6e50781b5eda4aa15b
    0c8be778257d16aa3030e9e7841dd9e4c0342267e8ca0caf571fb2b7cff0f934
    b0002d00020101001c00024001001500af000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
";

const RETRY_SERVER_HELLO: &str = "
    020000770303bb341d847fd789c47c387172dc0c9bf147fccacb5043d86ca4c5
    98d3ff571b9800130100004f003300450017004104583e054b7a66672ae020ad
    9d2686fcc85b5ad41a134a0f03ee72b893052bd85b4c8de6776f5b04ac07d835
    40eab3e3d9c547bc6528c4317d294686093a6cad7d002b00020304
";

const RETRY_FLIGHT_RECORD: &str = "
    170303029699bee20baf5b7fc727bfab6223928a381e6d0cf9c4da653f9d2a7b
    23f7de11cce842d5cf75631763450ffb8b0cc1d238e658af7a12adc86243114a
    b14a1da2fae42621ce483fb6242eabfaad52566b02b31d2eddedefeb80e66a99
    00d5f973b40c4fdf74719ecf1b68d7f9c3b6ceb903ca13dd1bb8f8187ae33417
    e1d152522c5822a1a03ad52c838c55953d610222874cce8e1790b229a2aa0b53
    c8d377ee720182951dc6181dc5d90bd1f0105ed1e84aa5f75957c6661897079e
    5ea5007449e3197bdc7c9beeedddeafdd844afa5c315ecfe65e576afe9098128
    80620ec7048b42d7f5c78d76f299d6d82534bdd8f512febc0ed3814aca470cd8
    000d3e1cb9962b052fbb950df683a52c2ba77ed3713b122937a6e5170964e2ab
    7969dcd980b3db9b458da7603124d6dc005e4d6e04b4d0c4baf3275db827dbba
    0a6db09672171fc057b3851d7e026841e2978fbd2346bbefdd0376bb1108fe9a
    cc92189f5650aa5e85d8e8c7b67ac510dba003d3d7e16350bb66d45013efd44c
    9b607c0d318c4c7d1a1f5cbc57e20611804e3787d7b4a4b5f08ed8fd70bdaead
    e02260b12ab842ef690b4a3ee7911e841b374ecd5ebbbc2a54d047b600336dd7
    d0c88b4bc10e58ee6cb656de7247fa20d8e91deb84628608cf80615b62e96c14
    91c7ac3755eb6901405d3474fe1ac79d106a0cee56c2577fc88480f96cb6b8c6
    81b7b68b53c146093908f350888175bdfb0b1e31ad61e30ba0adfe6d223aa03c
    0783b5001a57587c328a9afcfcfb978d1cd4328f7d9d60530e630befd96c0c81
    6ee20b0100768ae2a6df51fc68f172740a79af11398ee3be1252491fa9c69347
    9e877f94ab7c5f8cad480203e6ab7b87dd71e8a0729113df17f5eee86ce108d1
    d72007ec1cd13c85a6c149621e77b7d78d805a30f0be030c315e54
";

const RETRY_FINISHED_RECORD: &str = "
    1703030035d74f1923c662fd34137c6f502f3dd2b93d951d1b3bc97e42afe23c
    31abea92fe91b474999e85e3b791ce252fe8c3e9f939a4120cb2
";
