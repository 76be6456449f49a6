// SPDX-License-Identifier: GPL-2.0

//! Tests of [`rsa`](super).

use super::*;
use crate::crypto::secret::testing::hex;

/// A key made for these tests (`openssl genrsa 2048`), PKCS#8.
static KEY_2048: [u8; 1218] = hex("\
     308204be020100300d06092a864886f70d0101010500048204a8308204a40201000282010100dcebcbd0bc2243144\
     b139418ed504fc6f3872e901520684b9ff12d8bdad1d15c3fbd886a864cc1540d1d015b8ba179394bb60aaa643e30\
     11bd2b772ba2bb6e2beca2ccb725af64e139fae08661b944568ebd3a96852a2007285064ae83d0dd507ceb8bbfdb0\
     a727f8cd9fcca12d6f588248e056daaa3bdd1a33483a6ff85bbe76034bf7a8872b91d09bc627ed66e4e4e378d9c24\
     30b49896bd61b0a84783a4127cba9a72a2977ba5aef25d9e3e2ae9a789ef25f830028ec8283b84caca7abf92f4ea6\
     c175c2db6a94fda5c0a4a1defe1fba6863705d3e04395bc124478349cdc795f2948473ea418be098745bbe761ae95\
     497d12a4351669f05c884e1f4b61e1020301000102820100061b406d7b1dc953e0c56045161e2fae54a1ea70121d6\
     cb4966db0b01a72cd422b02dea7ef216500a142297cf1cd9b4fb19f8d08ebaf6a5dbb285de9675c9ded79e3801c19\
     df10bf46fe7fc147273b53d72b34d8df426c5336528e8de257de1e30edc3d5a044d8285d68d31b74ccdb499195196\
     25022a987076756b24182dd503949eee80350791fcd562f46822b4a72715e638a0d89c3d9fef4f01ad4ee96a72fc0\
     1ca931133f221752e1b50d3c51aaf4929baa035dafb34b6f4a4de68bd46ee4b3a2816c8d279fccf471ba8d07cfb8b\
     84ecfd249ee129fd7d7f378c7ed242c3e5fff3f957d70a2499c6989b5a6f1ab91a5c2dad88b4a2d18e2bd9d441266\
     a902818100f4f878a8ccd8d246b6f257f139dffd52d308f39d2fd958ad081747dd5b0cf3938daaa31efa53f3a65a8\
     886afb012eaa7f7def6b7cfefa38b6c3c1ea4c217691d006048fabb04296497b1ed7e15e55c9a3d22bf54a245ad42\
     79cbcc1a3334b3f1a80cd94267715f101149da5b19a1425398176294db4e78fca90a50ce2b700f5d02818100e6de2\
     1609353bece0fce43d4b3f8fefbd7b79defc7dc1cf85c9f434e10165e479ef67873235c9602cc53a5e74901c07f13\
     c911464e73926bb4368ce9ec298a81620ee09cde69c1b447a214f3af0c062b1f7491191d56dd7285bec48ae02de53\
     044f51854e8a1838919773a6e3ef9b19e7eab128ff565b358eb7c8abc6932e85502818100a9e9e23f2afec5333957\
     f4b9a3ec0218bdb9fac7af55b1152b84825b3df948c5b2c085ae49f18b117ac031b3908c3e68cd1bc0c3141e62b0a\
     51d3a200b64138b832445da6b7762829c5954a25ceb9f04789d2e5ab4c7617ab7622d2a8b13e6301ae0f69d0184f8\
     6bfba1df2bcb26380c25752af296fee21a55e18ad4c5fa4f1d0281800d92afa9aadfb88f0ad4d89e0fbaaadb0992a\
     d0164e1a6fe5f0ba9fc53ebccbd2f36545c888eafef182e2ec9cb3c0422347a94be6a6c57066800f105ebb181881b\
     c8be21dadda2dac37f5ef5f8ab9f4d37bb35b0a14df3150191f6a2278deb348c495095e55b618d54e6f2937ab6595\
     ff5187fade1028aa9c6a67acd9aedb84502818100b2fd8d9e835a8691d29e0e38dafb6322d010b62e8af248380f58\
     b709ba5ce47d9628623b2cf4ff2e0fcbbd83971362f5db289859521c167481c2f62141f5ca748e1bfa46de97fd777\
     7b2fdb72f0929e3ed539db49c562ea965ac871a7bbf3b4e89b9292e83cd273217c9c514eeca0b5d229332e5e1ce21\
     7117b8827e0032e43e");

/// Another key made for these tests, PKCS#8.
static OTHER_2048: [u8; 1218] = hex("\
     308204be020100300d06092a864886f70d0101010500048204a8308204a40201000282010100cfec926a9e4249fe9\
     f9b4c6d4f040fdcbf4b202f10611bb6fc63b7ab60b68f2ff49aa444cceca10b7a89f93dd022e411301b51c1cc0593\
     09f82df54d295a6222856273fa77d2bd615c75362df2d5ec3de744a674fecfe24276aa11fe70641ef24ecc43da9b2\
     dc91b213ee35f76c4d1328cb0a3bd51fb57e70993910d75c3fe3bec752b92dec0ce6386d4eaf3a5650247895817ca\
     4eca712b99e6678076373b67562f726919f3ecf41e450d5d93926eaa3f79e6610757eb4e304835e0f1aba8fb870fd\
     63161cc1f8194f8b9ddd384c1d85d971fae113aac9961aaf4291ea9be49e8dad37214c6aa2c6efc941acda06467d6\
     086de20868f58133299a0d445c1c070203010001028201001523393d528a6da84f8483b0071ce419ee6e8e3e8a9d3\
     caa8d1cfc129599e99397fbd2a055eee66e5ace4502d6327dda0b787386ce9d7075ce7fa994e713d3af2bbd370a2a\
     fd47186b445536359e2ece9a40bde55df4374dc76f81b5caaa3b052a2294f157de3f381d589dd7da24a719caf8b82\
     4aa7d7151c104f9f592d7d274091b08fe38fa817097f619ba16a6151c65eb97af46ef633235040bd451d129bd296e\
     fb5c108566f9fd3a896801e9b1824a27a3ed52bdb2468d5f84605bc76a0b5a3d88d6abd3f84d047003186d3217377\
     923bd6a4b9c9b01c18285d536c8a297498e1f596368b98793c3cfd9c39e50d25e4813b7871d64b8668798fac80338\
     3502818100f38571a21f510d32bb342b2fb351bc77ce1f55ade7d7940958c5381c909d049b6739a9bdb213a4b48a1\
     f209e984ba677dbbf7864f59f7e705c636d6de4463bc320cccee8dafb26ef0cc8aef540df0df21ee92892b9eb9b61\
     6713fdca2da25e5216486cb26220316026489d3d69f62b48b863559fad2b7653a22b4e204676db4b02818100da942\
     879f6073e9564aeba6ace81ddc28cfa90a0360c3ce20056461a9ddd8ccbd9973fe0d6c4e2d0290f3604d7e6438ecb\
     03c23b0f166dd14bb7601d2158d49216e1d4f58b271cd85bc4b430168490bd2cd2cae60bc0789f7e15ce5cc41def4\
     112834ded2e95251e3b29abfe20b540cc9d8f80226eb966bf8c7f7078bd7f30b502818039dcb74762518be545fdfb\
     54f632b1a975dc942b222f6309658256f6d295bc86805c7f2c87a78b372aaa82c1ac462d63c55f156847c481f288c\
     1473b194666e4d26257b79470a0aba449fae863659c96af298f6e6da6c1e0bef14d1841079789c1a9abca26eea74c\
     c54bf3b0a800ca00196fe0e473ed23cc7377feb44489f14902818100c74c480bcc5496afc8f9b868229b2f04715f1\
     5f7bed031c32fe37a505298ec04030671ec2467a9177c18ae7c840f24925271beebf2b9d4affd85da513552b59fee\
     d543440ff93dc7d904e5f6e2d144d7f8c2cad62ee8f41318f7f10d8c946eceba7e96d328a23d11ef87f396e763dd0\
     db4ac5f7d05d06eeb40c4025d550b5ff102818100c02c27f303c7c61f71c22fe9a946a246fcf02a5236b17534a7b5\
     ba88a981e0a320400f58207c5a12f2684416e6432ed68a734d8686b375768838489bc22472f0dd793d8f69cc1fa50\
     15cd6973e7ddd081164d85069148236ca32e3b2c4278b1e7e0378947f94fb0aa2b3079f64e2c6233c87008fd829c8\
     9d5284e3859816b42f");

/// The public key of [`KEY_2048`], `SubjectPublicKeyInfo`.
static SPKI_2048: [u8; 294] = hex("\
     30820122300d06092a864886f70d01010105000382010f003082010a0282010100dcebcbd0bc2243144b139418ed5\
     04fc6f3872e901520684b9ff12d8bdad1d15c3fbd886a864cc1540d1d015b8ba179394bb60aaa643e3011bd2b772b\
     a2bb6e2beca2ccb725af64e139fae08661b944568ebd3a96852a2007285064ae83d0dd507ceb8bbfdb0a727f8cd9f\
     cca12d6f588248e056daaa3bdd1a33483a6ff85bbe76034bf7a8872b91d09bc627ed66e4e4e378d9c2430b49896bd\
     61b0a84783a4127cba9a72a2977ba5aef25d9e3e2ae9a789ef25f830028ec8283b84caca7abf92f4ea6c175c2db6a\
     94fda5c0a4a1defe1fba6863705d3e04395bc124478349cdc795f2948473ea418be098745bbe761ae95497d12a435\
     1669f05c884e1f4b61e10203010001");

/// A key made for these tests (`openssl genrsa -traditional 3072`), PKCS#1.
static KEY_3072: [u8; 1766] = hex("\
     308206e20201000282018100cdd83908ea4a8294a66c70d211a3e27949d67003dcb35ba04f5a996e0ed639ce42e83\
     a7c80c58e76a581071009d81395ffc9a734c462cd060fb7f8a9865824d62c01871a804218799a93dc93a70dc7965c\
     6e73c1ec4041b0ba59ae19d43dd08cd7478e83ab3aee0130953b509e73d2bcad689af5a2e76040d82b6d56d86dbcd\
     5420b2b9ef45e6363f8a28774e80aea0d3b56e2f597abb196749d9e92e6138c7f1bb8aa7ec848449fb62e6aab48b2\
     a510055a07eb0e0df3e57be19210e593048b3fe6e5ff1c0975f334da246ecd934252f2c5b4e6c475fc302bc932c6f\
     29fd3bc5effc6156150c1ce3835fd884ebf2aa8d7332adadb68d7b4ef663938077016709b0be4f3fd5d838c0e9cad\
     c47c1d3befc076c027128c47d9e92760ea9ed4d9bb66712e2eb1a385894a60c940d9f621581b44e8cd8dc136273a8\
     9c2642693bbc8e93d0b45deb63d0a47d7894b3e0c723ab2ace36c0d2c227ea7cbb653ecbc3e9d11bf5da8c76b9b34\
     cb32fbab320232b43be474f795a0b071613f1081ab21bd8502030100010282018026932a210f12f68497e9837d027\
     c455138729c9c44ac41f3f95aff9cbde00c862848afc92c32997f87857606dde965c63ae095da9020f9cdf47d23f6\
     d4ebc8bf7010bb3a4ea5d44359a1f2f8a29a34f86b0af1db7a0412ab6548b0153c0e777a254fce17c3ab6ff5be1e8\
     1369af3169f7019c5cc598265a9d138d62d2bb2e8ebc80c22d90f6f6ecdc9c6df7e9b8b8c0ffdba4b1efe14d95b5a\
     303d8ac6de0bfab7fdb3c9bd8bb97c7a9e19344f13d755f8c2c5f0193aa925acc0f967fc35c06867f2a72d6b2554c\
     cf65aa69d9baac5378cbed05b53d18466b6652a5636505461a883718a1413a92eb6ec2209f60b9cf548d4c02d077d\
     4ed922c26a1f7c91f92ff55da266ae3cba3db2b3b978ce424a15aae95514ce1ec6b7c1cd36a0ca2af6e6dfd95e0e8\
     3b0f583c3e2f802e8376d49dc4db6eef2da1f0fe4e0de1acd386700a24036bad77289b05484c198bb25bd7ba75a50\
     1372d746a0897988cb39787078084edf21142fca4b0cba30ff0aa8ddcb638deb388dbb0491ed4d437e0c13ac91028\
     1c100edaf7c7734e6a90107f90e42e8c1a7326bf0247825460b0943e1e5d258f7174130f0e2f786eab9633ae84675\
     1d75813c37f7c81ee76ac21ddac5c68685239676b213bfc5fbc234a2167b8b473f6ccda2371779ba2f0b879e0be21\
     7cf65683ab14b634f3fc81ff4e3304024c37252fe6ac18acb0e0c457a0202240776eb931b93a216668600ab6e7dd0\
     dd4da8e23d3bb544c3a13085b330dfcf49d38825ae474abcf6e948c686699d705066ad1da904f6450c767b46e3a61\
     081c8724f9868a5e90281c100ddb4a727ddbd87848a8a7ff0d5fae956be607ab2ecd5f3cb5f42c81b436cd5feb318\
     5c1e1f26110a27a197f9254fa4e1e2e707461325d68181218a228b3deca0fca4fb294d90c04462028d6b8e65a7ad8\
     90f3ba006afbf763fbd71c0b64180d435157075ea792b79df54c417adfae172f353d94d5dd688e632d8ea9d73cc8f\
     f83832c3d3c7cb1a87753187d769b13f19d2e1c6eec5857b7d2e126cefc52f818532319d9dda40a8c058539dc6069\
     7ce77b377e55661dc950bf1fac685e05e6d3d0281c0109035153d8b81657fffbc1daf88a7351d4e7bcc1f94d4fa0d\
     4ff5ab05e61a29c1d6578ab64d2f241a1bcba527ab639925b14fb1cfa0a1ec60ad7d9b2c3601ab3dd7a07a9483c11\
     53689df77d494a973cf71045b9421b28eb1f74c7f786a9e0472e375c75513dd05e3fbe453f6689030325290b9e6e3\
     049095439b7d8f070e59e866b5384b5da6f27f969c6dd36e3ef5efd7ce28ca78654483767a96374200d7d57943627\
     deb29fafdb3aca40db8148f70da607b50c256753a0614e9350ebdd90281c0565414ce9a3245c59f68a4bef3a35b1e\
     b2ccc09a514c523cfb9ff6695f4ccedaf983dfc2bee044bc4e8846b3f60a582ab8febabf578f61425634e823e1524\
     084c33bbeaceb8e14bfcbe63089140e9347285a6d1e37dc51524b298a54bee32cb5f4e19f43db0449a0900ce2ba51\
     bda1f1efbbd39ea38e790a21fc8306c263821fe64a26249de4813503b640ade972e21e3d163b2f186c8c9446cf57e\
     9d93f5150bb25c4b905962ddf8fc527674783ef1a7f208d85a05f930deeb0768304c5e0050281c07295cd53eaac13\
     894cd497ed1495e267cb49dfb7732ab8bd731b32923c685fb9fe2b2b0711ef72dafa2e7adbe35dec1fbd863b192c3\
     bbd94bca30aad3bd65c26896f1eefb9a4bc19ce60ba86241de8b8fd3650be42bf63fe7164108f5dca5faf080db54a\
     95ef3acc450f99ea1f51e9434b27bcbd41a1cbbdf9dc52499fd5c3fe4a57e73dbdfe853377e815ece323cc9ee097d\
     acd18b41861e8ef2bf841e0df4d6f54fa3a8c567bb3b2d63fbd3dafb26b5713930310d59aa006b4273061fb2294");

/// A key made for these tests (`openssl genrsa -traditional 4096`), PKCS#1.
static KEY_4096: [u8; 2349] = hex("\
     308209290201000282020100bb13c7769ff8fd7962b939e9cbaae177e6eea5b7880652be5431f43a34faeb0c1bdae\
     944659396582f36bf7ab389f10c16e02f73987c953dc42c8cd88129dea7614942c7f01e59bee3ee8e218503e57029\
     3b65a36131ba439bf30bd3dcaee7730beb2cf60c565d3afd69a804a259839d1f153357c95b67b206c09b46406ed3e\
     65c1fd8c75298aa2618ca7b97e9d1ab65ebd7ffeb3eb03846e5cadfe04772dd1e2b7013c1033b4d2e0ddbffabb1d8\
     581a60065d7fcb5458d6356ee76b11d63f4629f6cf930e37441123acd9ca46a2862364101c7287fdc87a53c739394\
     2853b63879e4cd1b6f313a263b48912c071714b76e0d909e31faba3ea430e8b6e20236f7d79533f7c096946246234\
     0996d29e1fad6ab0936b4498fffcd4c44543bdc11971abb16f4aea2940adc7b15563aed1cdcea6981d14e5c0d8b08\
     4da35d201df4a2bfc05dc5a7e504e89543e7f56bdf3263b92698abf201a45d8bfd695b596ca57f910c392c9c96c96\
     2cdff7bb9d7cbc5a98c8873ae8ab6cabbcfd41c88557d13a7df0a536b83c393de62ff1694f4a3828c400efbfc4b65\
     3b47623e1578a4a6bcfc35abdea5c2f790e2d3ae9b4722475ba18419d191ed82bb389d5b81d7f5f8a7f00fea219ba\
     a6296d9c31d56e88c4118a17e7d3b60c6dd644957df73c0b88395efb9be4c40851e6ad30f6d52ed1fdb60f9b29ac2\
     b6c9c7fc8280624ba3708b0c50203010001028202000201aff47806e6531d56852ca75abf1ddddf4cbaa4611e2efc\
     bd8107450082319b817ada25e89219e8f1bc09bf898c16180f5207c6d562dbd0b2023c23aa21749aa72f10570ba6b\
     1ae6be57a14aa1d958c59454caadfde38f1b9ba1acce59f9269c8c3a258306ec211927a196f068fdefc6b1d3f04a8\
     23483fcf645e2cfc7355e7a8c2638aee4ef880bd454201217d2680c3d999209c422bdf4e6a1dd394c3ac4d8512aec\
     4f5dab9b948d528dcf254dcca5c62514157b784051467005940479990835d5ab6b1f8c2621a86fa1a33c0f8e04ebc\
     882d5bf0f419bea55a55a079508d3be47df1f690ccff8de1d3e8366c16d2e0daa183117f2542993fd523874e052dd\
     cad3940b2435d926c574da7a94856c489d4c466c3216802f88df3d668f399570f635ccbbdaf217b547200eabe95cd\
     edd8128a305491f2ce37f6948c4313e14d4196a462378134831a66060b182b9b897bede95fb41a4a3cef88f4a4f2c\
     427833e5eb6e976d3b74e16b1dfc2b5aef48151f49e6f8d71f968c97c95b0bdbc5e4527800f75c5dc2c8e15882459\
     45da059d4c675036760998899fb4765c099cdda176a01761f2dec98883cc7de626b1355d17d0412652b377fab3c74\
     2725b900bf628fc80ffb8f57eca40069b4a85e01cb10a67e04f10308f9dd3ae3fcf048b8760aca7be527a5c98d5e9\
     8a18d001a576ce066713b3314539fe5accac397878b10282010100ec2fc9f17826508e1002b0c37de66f1bb3c85ef\
     42ae120f04e80f91275e3231612408dd04fd2c3540caa7a430dcadc2c5aa5b5e5e797ae13c780fcb217465bfcf3a1\
     0b4f4d7b7c8747dc239a4d5f7a29bd305b7a4507a6877bfdd9b3a5efab74616353b12b376aee081f7dc843bd4b62c\
     cd112f2d36f1de0d15072be8e7fdf05cb00381878544c6d83d6a6ac34f996ec2f3b72b5c3f550d1a797f79f08d509\
     10b5ba96300298a76a27f36caef5f1914e05bf3f25186e10cbcd27e1230a38a5f05562f655240177921ea5bf891c3\
     90c1989a1c8b6449eedc4febe3d8a3ede9acce3b07a59de5a0985386b6da3fd62bb104ffeea79f2b0739fd18ee9ba\
     90b61af50282010100cac5582a8e16630db3c9b751091f2b31084aee9254a4bdcdf471b884d96705fd4e4ab362ffc\
     beea656bd21e3ddedcf9aeaabb9e59340f87750c7fe9d4c31d673896ce0f595d66856d946054898c27e68ee6166a6\
     5e229424082b2f2a62c1369181d541d1b668ef29bc322b288b7f367c21618b310f1b285ebca9320801a66eb777b75\
     5f3dd7f50cb43b53835836ac2f8d619437e262c5e6e7b0fa448ddd31681f83efd88ea8cbc7b080db57854ecdb6815\
     80fbe94a39742791f096eda1d9fea4562774c83d24b2880efea76a89ffc85c4e6f1471bc724532b25f7b3ddb51c7d\
     2ef35e6ef976da1652fa2c3633e322e29ff6592260faef7b8d533e6e1f40a3c910282010100b4a6acd08bf4ca628e\
     ae702366d5ed200437fb20c8f75f294ef269100ca949b9e50609324f0bc7292f72e9870632a68b2a5e5b2dd920f41\
     dded7b2f048cb212aedf1bce3d040e673d6abf3735f40eb00a7db27ecf285b283287c769a690e5356f5f2721e2e0e\
     fa33cc74c1d17eb677c5bf211f5c2a0a7090f7a88fcb5ed541717dded2092d6854f8e3013884b9143ab2b641c3307\
     20cdddf2e50172f46232406eae9275cdb6f8585b5bf03df22f0bd122f6523582d426a886787dc34dfe98a4ab414b8\
     9350b1ea9211ecf6fe595eecf94f833630eb75a029b02b3488dc2389c5b355d58f8d79d2945a1e194378589efa102\
     5cb94b0e2f3dd46fd079b127aa74d02820101009068af7bcf299e6dd9c725292f47e568cc31216b51a0ea144dacd7\
     eeb52e2c13d4b85abd7cd36e2944c8f9e3e0e046e45b90e599dc9f7ed4ead124423e4b98213c94303a76f5f5e5346\
     42bcb2210121b04fa953293042960e7f86964d4642a4ac29e707bbc5f4b44fbe4f6dbaf4d702e434fc6e3af9075d5\
     d2a2e520d29c0769de76d15e16376001033d82c489cd7501e6e8a32aaa611af7afe8d9e593258c780fa63cc64fd4d\
     f3ef7e35b8451674673002d963af543a9b7acb61da72b87a754be8ee71adc80d02d1a10be869fb56caa60a9b773b0\
     f3e8d84c34b7febbbda8844f1ca255ac10c5cadc7c1c8f077291721393f0dbee7b7bad4519ebaaac34c6210282010\
     06904818471a6414ff23954c6297bd781424f0a474757dc080be6d991a0d828b7248d1cd1cf175bb063da3a251f53\
     270913f34b9c0d07eed10bdd481d100712acd3be65c017501a0db74b79d9f35f58ca273e37eafb154eceb0dfce541\
     c7450ca8d87b0f31db6afb8e7b991d86943903acc0c6b40e450d1cf1b915b9e4c1701a932293a253ff9537bd8b9cc\
     43682cc6963e664687d28cf889b5f414976c4f5ae83e30b1bbf37b6cee10d09529b9e9482d3799b86b20d7e3ea762\
     c81e785b490e6298c0deaa4b04203656bb98618757e9dff4aa146089b3368332499653bb0bf672ced92664f0330c6\
     030844f7348028e19d4020967b67c0b618bd3b060f761bcd");

// The vectors below are Wycheproof's (google-wycheproof 0.9rc5). They have messages, of which only
// the digests are given here.

/// The key of rsa_pss_2048_sha256_mgf1_32_test.json.
static WYCHEPROOF_SHA256_KEY: [u8; 294] = hex("\
     30820122300d06092a864886f70d01010105000382010f003082010a0282010100a2b451a07d0aa5f96e455671513\
     550514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd31878d80325b6ef5a1700f65903b469429e89d6ea\
     c8845097b5ab393189db92512ed8a7711a1253facd20f79c15e8247f3d3e42e46e48c98e254a2fe9765313a03eff8\
     f17e1a029397a1fa26a8dce26f490ed81299615d9814c22da610428e09c7d9658594266f5c021d0fceca08d945a12\
     be82de4d1ece6b4c03145b5d3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a1969816f48698bcbb\
     a1b4d9cae79d460d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3b9a02e5a530e773066f453d1f5b4c\
     2e9cf7820283f742b9d50203010001");

/// From rsa_pss_2048_sha256_mgf1_32_test.json: valid or not, digest, signature.
static WYCHEPROOF_SHA256: [(bool, [u8; 32], [u8; 256]); 8] = [
    // tcId 3: valid signature.
    (
        true,
        hex("532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25"),
        hex("\
             401eb03cdb47ca88033e3030f6bdecbac8f5c8fc1dd6a13d23d379ed9a2b309891d13d74fea9d21d159b9\
             e6d8f37efa2489962e24555f56dd434ff1d31ce4f9f5abd3f22cbea8b691d6a11e44efb83e2bca155e6a1\
             64325e0fde2a8865afd5c9f51161a9d615f62af7ec2e31b3e5ab649c164490d31d88cfae35b84aea79256\
             90f929a144b6d2f48e8fb894a52deecd1b9a6496990c4ecf1588699a42cacd10c53af350514e4291ea9a0\
             58e77f101e32c1c0cefa61d945f7bc931f8bd19e7ba3169358a60e5a8b0123bc3199b9fdcafe8e519c41b\
             a675491a27b85e44ef2d77277c10fe107293c8290186913bc9a99b640d8da041b64f31eab1d35920985f4\
             a5"),
    ),
    // tcId 10: special case for hash.
    (
        true,
        hex("ddf2000000005e0be0635b245f0b97978afd25daadeb3edb4a0161c27fe06045"),
        hex("\
             20c9d447ee65a4cf7883ab724df0c454814029c8178ddd25eaafab34344d6e06877d5a7121af22c7e5333\
             e2d4f2bdf42450b7b735c335ebdfb461f7b20dbb77c68c449b7826ad14668e2103b636b300a675a9b3b1a\
             ca936420cf3fd8deb2ac8aec6528409f6419d8d5ac9ec2757ad4781e9cbda98912f4304710d3a89053ebf\
             a7a84353c86b0c48eea5a541af4644ffa21b766e738f0d94cc796004b625f244f63c41666b2213317f778\
             f0d9d7d09a1003cbe1b2bfef585f1580f941398059a09ec07ae35bb690728ce85c2e192d423a71b513008\
             c29582b37df1f83e40a699c88048aadd81211322b3c9bb449addb037c553551d7835e90d53f1a1883766d\
             5b"),
    ),
    // tcId 62: first byte of m_hash modified.
    (
        false,
        hex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
        hex("\
             67d1d1c0a398148625317c3f5e44b738bdf461c27a59594b39ebb2aebef233c7809379e54411411b82d2e\
             7ac88f989b58373d532c758baea121878ce9759441738d121881c1fa2d04421f02dd565b12770d844611e\
             d1873a0b64d822709a6b78d6d3892b294404bce6711001d6c3a54546c76a1d17819674b0be904497a233b\
             466fe4becc832dee740f9ab79e5b9f5db0b0f9aac0084ba05cebf42303b5ca2ad95e3d61b29ed6475545c\
             02e93e7b0e118af92f5cddb1faeb2cbc23c9e69c120e29df7fe31991e887b3b29e77688c60e80be65cccf\
             3d7861a7a14c39e6a6e5645568e2cc5e4a17b75db1dd415aadb45e112a9b582b2ff6e82a43d7a7347b7b5\
             6d"),
    ),
    // tcId 67: s_len changed to 0.
    (
        false,
        hex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
        hex("\
             5e91b5dcbf02d6f19621d41a83dc8f15ea83c0edb83765ef029b0acac2e1ec8918b1d2afe1fadf11c48d2\
             7594cb9c01fed79d90e5d5a8085c438450111aa7d9fa39c2345b14fc3c2cb34128f86db5eb00bdf8dfe38\
             d61f29a41fe31342e7aaefcb4b122eb5d63c2f5c263c8df8450e9428ffef974d535818d51dc03a7d60c8b\
             2d16c999ae46d73ab40515fe601d9b89b1d09c6d60cd51639a97c1d211e097609ba5e8c319c6fbd21b34a\
             634ec8fb8971c5aae21c70b847a4539cc10dc314ddd8a9629e8a0e51c66c0cb61fd1f7228c01c6769190a\
             be9bac9a3897800050014358594e0fb20dbb458b12aa1346826cc9f7e9c5352b073d62853dafe77c848cb\
             1f"),
    ),
    // tcId 73: salt is all 0.
    (
        true,
        hex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
        hex("\
             1591ae743c58ceb723a76f502e21ff6a65c24cabf5f527bab5a6f2a69f20c776fd2251e43ad22e09b1486\
             ceb1935b2dc2ade95e233f296cc0e5a8af8109659be76b6bfdf37e14837fd6c34bfed1f19ec9d21f974b9\
             84fe4d4773896ebcc7fb862fd641cd0d77178485c70c2d68b4d9be1d863f6f254b77991fc9053f5d5415d\
             1aa74ba9067e2e6607fb651638c9cc0430a40c9b691977b557a31d95a290a95b56ef2ec8e4313686a9c5e\
             f48235912b210fdd2c50aafac28131104c795c42ae75810b0284b2d257e81ecac4240622ebc261ab8bcee\
             eebe80f1cfa70f18d782aebb97d803ea3a895be541be6941df103eaaabd870848bfaf58cdaf6cecdd5a10\
             bf"),
    ),
    // tcId 75: byte 0 in zero padding modified.
    (
        false,
        hex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
        hex("\
             37487b948dac95a1e57bf1ac40888b8e074cf9db9c9825e7b7267d3b105a8c67cb9b33c0e5fd641836798\
             f41b8b1f024b13243da4fa5e527098337e5cac41e0523a28fb135ae060e7c1e4eb9556222bc43bf1659f6\
             5a2a2db108ac9b7c9942a5658fcbca5622c115e34ead883ea4ef03f7f62990f282fa791b0448905377132\
             9a482467cba8a13ad98f27ff7b61c24a452e085d432130b7259e59b2866e55320119b21e3c706f3596ec1\
             74517c43cdbe957e012b573961b1fa925373945ab3209a1007d197e1e9301dd0afa485acf6643ba0587a6\
             9f7c44bdf1e53c32f05a3b96db0c462509c292d7de09a6c78ebf1131453d37ab037176011296730f57cda\
             97"),
    ),
    // tcId 94: bit 7 of masked_db not cleared.
    (
        false,
        hex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
        hex("\
             9c13d877ac2bd8c02c11e29ffcc0c1046dbc9870177e843c30b499c2bf7fd09daa43469caf2b8c3e955de\
             d95e4d62209f7571bb45593f4cd8b0c7bc9470a8a693837248b5a7854dc8e37e752d94947927264299418\
             2061d7af80b0ac6f6e984874c8cdc6a5d7d17dc9e9de5ad12120cdb9f6c0d09c0e11b87b3423e37ba9437\
             a4f76cc1e6124579e5f79832b89710de1968ce46e3e69fa185c0a924e8cb5f996ee5963f6826dd37714de\
             264d75545e8509caf8735330cde7ed4228e5779471827b83757c466022117c45d598f5a4a7fed7be4e1b4\
             d320f894879061a75d1a41efd8dcaf3c61733ed8ca2cc2f83714f8fdbc7a97cd6d6b97ea3d36ebd698906\
             33"),
    ),
    // tcId 100: signature is 1.
    (
        false,
        hex("bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"),
        hex("\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             0000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
             01"),
    ),
];

/// The key of rsa_pss_2048_sha384_mgf1_48_test.json.
static WYCHEPROOF_SHA384_KEY: [u8; 294] = hex("\
     30820122300d06092a864886f70d01010105000382010f003082010a0282010100cda6fa5ca76bfe0492ec57e0a3b\
     fff7272dc8d1e25ad1fb338aa050f02c104e63133d6b5b7c4985ebbae9ac036a5b9c03074d60aec8e25baf392a0c4\
     30ff05b88e948805d3dd74511d8885250a7b574215ada015c559076686e253ccc96c0815b1291ee787cc3363b4f77\
     d930eb998d7c582b24cea9ce21de9722791989863a27ebc80a00de5bd2f9228775e5a4ceb054d58c9be36a0543369\
     71a13642dd9510dd696aa268db3aab2299d5d88f8e562434d1427094d3df8e72d1ef69b4ed34d12bac375223b2a25\
     cf227f735f816e85e17239304769a6082154cd15899fc1eaefb69b748a3e5ed24d38372597de3e4e2a27b951d6ac7\
     db182d6809d8ff511b7f0203010001");

/// From rsa_pss_2048_sha384_mgf1_48_test.json: valid or not, digest, signature.
static WYCHEPROOF_SHA384: [(bool, [u8; 48], [u8; 256]); 4] = [
    // tcId 3: valid signature.
    (
        true,
        hex("\
             7b8f4654076b80eb963911f19cfad1aaf4285ed48e826f6cde1b01a79aa73fadb5446e667fc4f90417782\
             c91270540f3"),
        hex("\
             1ad8f3e3e3327398960ed19275c2cdf187001516a6116b7ba2ce301ac4952f1d180e08731eeb14e5e94d4\
             9ec6c79a31cae6d256e32f01980cdbfcb34feeda260048c371358cbb70a73b5da7aa245a83372d543383a\
             0eeb58e7602144f70e7858dcfd04592b2bfc5b83ed58170bf692d00e546d8a734a726df499816d6e2829f\
             c7028850a2732a1261f2b8448b3020d29b27ed1fab22c932ddf85ea7ca9bab730653cd59505e0bfc1344a\
             46e6f9dfe6e68f98ae2cad303367f598b8845801c8b274117d28f8393504b7a32c9ffc64bd42c2759f641\
             57c3f8033e67e5285e94ff992692424869ed0d24a9d003670532002da0c2f9df524b1bc3b23b9a78f5b53\
             ef"),
    ),
    // tcId 41: special case for hash.
    (
        true,
        hex("\
             1701e1cfd87a9b14aa68513d0470d17c59efe08e7a47061ec7376249b2cd919fdfeab700000000020fdc7\
             1a9808bdd90"),
        hex("\
             a3f569d64f55913075974d2e6873c36344d905d73e64488a6de39dac2f65308c3a51530302def88d97c57\
             ac51b663fe66c72a3136651090e95f17d4a54ffad588393a095f312cea4aef429da42cb6e9c682da12fb0\
             8a868a88c430c1ed9422aeed56349cfffa4ab13414f86e36d2ec1014438622f9410e99f993635e8eb3396\
             002bdf6944ec29fdd6de3a0a6fa0d4567d3a0fb05ccb6a10633901ed79922b8a90b06cf0a172abd84d101\
             1f190299144f18af7ff02a075d53a859fb040ddbe5371274207a250f5425ccdd31234d697e51e852132e8\
             235c3112a4217aa57955564e77415f8fcfc3e2dd8eb0fb89aa3af8fd6c4699af04203f2908be7565108b1\
             9a"),
    ),
    // tcId 99: s_len changed to 0.
    (
        false,
        hex("\
             f9b127f0d81ebcd17b7ba0ea131c660d340b05ce557c82160e0f793de07d38179023942871acb7002dfaf\
             dfffc8deace"),
        hex("\
             69a1af712699465ff84ed85dbb35323df339f7627310b2b3cf2b8b9fd4fa5cb0f536680d7bf905347a642\
             c1960c3e17495770bf939b7b3d426ed2209b5e47a6029af076a8e95f9a7fc959041d2e221d433f3836e37\
             b6075a8388a2a6aed1785528cc79348d4dead276988f7f49d827c0ebbbfe7aae9d946f16c7a3598da5877\
             10a8d9fc72ca537534959c76a35c91ea90989dd0fce6bbb0d0f8c439188e51e0c82debfab4ac1dd7df3c3\
             e48627039a9d3829a7f08432da36b6ca6d9ba0f9a15f6a61afa09c1ad305c3182e0a88e128192d8d064af\
             7037950574cfd21b1ddb5f562ceecefed4e62c6d12f82135aab2c0a6dba9a181945f56943b4a81faa42ff\
             f0"),
    ),
    // tcId 111: first byte of hash h modified.
    (
        false,
        hex("\
             f9b127f0d81ebcd17b7ba0ea131c660d340b05ce557c82160e0f793de07d38179023942871acb7002dfaf\
             dfffc8deace"),
        hex("\
             baa84bc0a1538d73ed27536fd361376cd460746fc3cee0ac5e1b2e974387e6f777f078db4416a6daf8830\
             b996c732f1e2d4bf0e3ccc8b997244ef6df1f63b3aae80bdef214a5d84400ec4220f370af9ccb3a8a4ad6\
             4a72bc1a805aff670f0fe8e19f572b3ac3783e0b6801a303cb79d5333699557e3e0caca2065607a65be01\
             804687b9857eed93c9cb0a53d4faa367de9760c67db81e3192551c9adc3b104600e6962aa2ddb2c710128\
             571c107afb9e59f20ef608adbd255f65cc0914681443c90c5c08a8d5dfe58929e213c0e8f98c58a8bcddd\
             b6abdbb8b92a89dd62578597c273df393b5ac640b2ea04a52639e4bc0741fff484358114672b517d2e5cb\
             d9"),
    ),
];

/// The key of rsa_pss_4096_sha512_mgf1_64_test.json.
static WYCHEPROOF_SHA512_KEY: [u8; 550] = hex("\
     30820222300d06092a864886f70d01010105000382020f003082020a0282020100c9a765c2661b4674cff3480e9a5\
     e462ad0ad2fc9bc6fbef62847b3113d20991f653967971c28252753f5fbacce012c2a8ab592914d269efafa724fa4\
     b920e340930c106f7b36f79cebf0e62e88e0e476888e9f0e22186acdb6c4523a232b65b4ff2cc22dc44f8a559527d\
     79d7cd7dcf3773212f7bb9aa133c31165cc663690bf123d73923c838929ccafee59d6c7095b8d4a74baf2d192c9a4\
     e87c4e12bc58013078b28a7789e82e9f31de1f4d6a2aa6e80632be8e4bdf263e8d49b09416fb19c488c07ad8af722\
     ab79182b23028a71e065d02412a9eebc46d7d8f4e03d79238d8c0cb4a97a9a1200ebb6ec64042ebeccad9567526ee\
     ef12c17d94c1049c889970b96e94cc353172a268a49c5e8bee13c15b39dec44f2c7a1aa37a7a0b6f72290acada32b\
     1d8af1fc3dc8a89487ba81347cbeb1350925d30f923958106b49959c871e7c1dba55da0772e362cf8621d78610868\
     b894e16e5dfec96874a93a4cf379b47e7e318ce315066d70ee3938140a60148f205085cef8a7700ca3c53d52a5756\
     a63b3b16f153062b61262a68496210c8be4ef3f9029ca0ea0e3b3a0d5d6d226edbbf44daf8f045dc286ded3c4ec4d\
     b6b45347079f33eaf98e3c95b4b60e79ef4a3093feec543703422ba74a118511c2193b54fe8b633866ed2c705ccbc\
     6e7d9d3656809ec3d3356e7400a9648ec37505041e3e31af1c02eefe924a67047d30203010001");

/// From rsa_pss_4096_sha512_mgf1_64_test.json: valid or not, digest, signature.
static WYCHEPROOF_SHA512: [(bool, [u8; 64], [u8; 512]); 3] = [
    // tcId 3: valid signature.
    (
        true,
        hex("\
             c6ee9e33cf5c6715a1d148fd73f7318884b41adcb916021e2bc0e800a5c5dd97f5142178f6ae88c8fdd98\
             e1afb0ce4c8d2c54b5f37b30b7da1997bb33b0b8a31"),
        hex("\
             0f74856dae37f6bab27af25a8773ffe42690665ca130a710998e6f9f741d30dd66bbbcdcbb490b1fa69e3\
             9af6b169b28038fc4addc95aa92e2b67a76569bd3acc76ca48437c7552ca7dfd379fab037d54df496b05b\
             431bb925416cd4dc2402faa060996d57578519c34de2386c9d0ddbeb708453e50c08a8ec182c75549e9de\
             a0bf75fd3347b228e2f977b81c1be11c738d23ee2e58f15e803f5539e82155ba6327ab807ad6e0ea36b9a\
             19ef68fbe7e3b55b7910f68aafc719e2106b4a3cc8adb62e38cdf43f7ab295846a56b26ed8087b2c0e9cd\
             9c2d6cd8302aa0c26254b1db330bcac520afb932eaac07ec0604ff56f081af44994492c176298127a94d9\
             eaccf23732ea95700ebb4b657fcdbc52ebc6bc404795f63b4f0fd2a1d6787d698d2506b7b37c1f49f8ec1\
             563320fc017fdd76269fe61bff0089900d146e2000113ab6d8aae248344d19bf0549e8320de0f226fe46e\
             e4c03250770d8701b7eb0e63b816f566411c55f7724c0e8d94b0b752bbe9f445c78ae4b780781c9bcfc51\
             41b1e46c767a51990af256391fbac9f4302aaab11928a2ed36ea775c0c953d0d5a4d739c37ffef8863cc1\
             b70481410e29cb7ac99a3c4c6d47c322af8de1b39a17da4ea432d62249b6c35f50c8fade0dc96cb8e946a\
             8008db7a72dfe5e4ce4392d4160cf75c46956e66887d82d7e31649075a86c3ecb4a936dc331e78337d564\
             8318"),
    ),
    // tcId 51: special case for hash.
    (
        true,
        hex("\
             f1d6ef224f72b83a109944afbfb34ae1f70d6e50eee54a91faf8ba0fc062563113d988f2b826c055ecc61\
             e00000000554878a7e761e75fdf1ed2ad2d138b2974"),
        hex("\
             044cd4576e68c8c2052d2fc67ef5b07f1f89b65f775ce81fb61264896c91301b087f9d0b7bd98c7691415\
             07e59df80c778edcbe27a1dfd92c6cb7f195595a7d10fa0c00a043c9fc474aa7a1a5171959c5cb7a5538c\
             bb8c834e1df06f8b6fca53d3419cf18cd0f55ce9a54c2c429eb7a9ee539d0821ed166ebf650ffcb505e13\
             b5a3545a6d9a02fd49750af76270d8259978e040aa4e07b53f716f712d39c152ad551d24de04aaa3fd090\
             d6da618258f7502458d521e85be2c2199f520196dcf11be99571b064ca06806a3af86b4c024182990af90\
             1607b4d9239fe07286239d793e79149d40214534f1ff8667c2e4a5b36fc3242e9766706815d89dea43170\
             102bb14cce9b25e4826623a16a599a3ce41c903cb1e8267dedc8846f71b51898e759f5d19ceddb3721dbb\
             d570c5ad5808cb795310cd1ec1e740c3465d255434f516c437649c52730c2a1ef5ed53f8bad99df24f6f2\
             165726d31cb63b07bc97a5eec82fd78a27face02895b67ed0067edfaaf20564e47f653fe834fb0f2b441b\
             44bab3d3789fdd2f260d06b8208ec098182c4aeb21486f150b042f5105adea2254df09109f4dd2e9b713d\
             8b4f66d60dd6748acf9dd1f7abbde164650021f61483ec0612b6d21001f64ebdecc9062a4fc422a050125\
             6da94192fa55a0df58bcba8fbb90326fb429f74f18890169e3b7e53498cf8f478dd158fe0f88d0b2f53c5\
             9a5a"),
    ),
    // tcId 164: bit 7 of masked_db not cleared.
    (
        false,
        hex("\
             43f800fbeaf9238c58af795bcdad04bc49cd850c394d3382953356b023210281757b30e19218a37cbd612\
             086fbc158caa8b4e1acb2ec00837e5d941f342fb3cc"),
        hex("\
             b2c87a07a6a575eb4212210b8caeba12ebfc33cc0a94c783e7375f403bf1ae34b7cf025dede3dd4d208c3\
             88d994e18990146c7adb976e229740323540881ce0aec558f5ba2f680e06b7e11c8a2fdb9708dbcdbcea0\
             ef29a12c552060ef4c8118da8ca0449827e0f2b9cda78cf898781140b083fecb8e02ce05945dadc2503ff\
             a28f2975636a538d26505ed3ef8acfc33b24ff811dae4e9abe33fc0da2788d8f78d0748b88b277e4d0e2e\
             3aefdca434063eb4be9d250df2e35813f4c090cb0e4a04afa50539e20d23a1c29fd7b0b877d684312728e\
             2f42f244094db59cc2c9b8b5df4e8b0fce1c5cc004a1769ba6c3c6a76fc7c228332a800e39a0a160d71b2\
             688a7d84413b68cac2980425e183252350a8212301b4d7941609265e64c96d52ec5f98b481ada4787f237\
             56972f1cb3ad35543990c540a87a815b7d1056ce14fc929238281d96b07d35c158684b32bac8b7c27f4db\
             51b21b05f21b1f89a33c5f773173d38f875fea3284f31e0c3fad44af5dddb84a197c464a732283074dbf4\
             afd5403d6c6e0a6630bf00a5d80e5ec179b8e499db6124051b5cb4513a80a8046d1a6b4256a844e3ccba2\
             00eb8e56747f769fe3e4eca1584560f21e4fff97b7b5ad6e8ddcbef12b807d854971a7a3690803ae5f4b8\
             1407358bfd290e8a7dd0296854a66c4992137477fa042f51e8096ee51e331c55c92dba8f93b6b0c2593b3\
             6b91"),
    ),
];

/// Checks that everything short of `der` is malformed, and so is `der` with something after it.
fn truncations<T>(der: &[u8], parse: impl Fn(&[u8]) -> Result<T>) -> Result {
    for len in 0..der.len() {
        assert_eq!(parse(&der[..len]).err(), Some(EBADMSG));
    }

    let mut longer = KVec::new();
    longer.extend_from_slice(der, GFP_KERNEL)?;
    longer.push(0, GFP_KERNEL)?;
    assert_eq!(parse(&longer).err(), Some(EBADMSG));
    Ok(())
}

#[macros::kunit_tests(rust_crypto_rsa)]
mod cases {
    use super::*;

    #[test]
    fn wycheproof() -> Result {
        let key = PublicKey::from_spki_der(&WYCHEPROOF_SHA256_KEY)?;
        for (valid, digest, sig) in &WYCHEPROOF_SHA256 {
            let result = key.verify_pss(HashAlgorithm::Sha256, digest, sig);
            assert_eq!(result, if *valid { Ok(()) } else { Err(EKEYREJECTED) });
        }

        let key = PublicKey::from_spki_der(&WYCHEPROOF_SHA384_KEY)?;
        for (valid, digest, sig) in &WYCHEPROOF_SHA384 {
            let result = key.verify_pss(HashAlgorithm::Sha384, digest, sig);
            assert_eq!(result, if *valid { Ok(()) } else { Err(EKEYREJECTED) });
        }

        let key = PublicKey::from_spki_der(&WYCHEPROOF_SHA512_KEY)?;
        for (valid, digest, sig) in &WYCHEPROOF_SHA512 {
            let result = key.verify_pss(HashAlgorithm::Sha512, digest, sig);
            assert_eq!(result, if *valid { Ok(()) } else { Err(EKEYREJECTED) });
        }
        Ok(())
    }

    #[test]
    fn signatures_verify() -> Result {
        for (der, size) in [
            (&KEY_2048[..], 256),
            (&KEY_3072[..], 384),
            (&KEY_4096[..], 512),
        ] {
            let key = PrivateKey::from_der(der)?;
            assert_eq!(key.size(), size);
            assert_eq!(key.public_key().size(), size);

            for hash in [
                HashAlgorithm::Sha256,
                HashAlgorithm::Sha384,
                HashAlgorithm::Sha512,
            ] {
                let mut digest = [0x5a; MAX_DIGEST_SIZE];
                let digest = &mut digest[..hash.digest_size()];
                let mut sig = KVec::from_elem(0, size, GFP_KERNEL)?;

                key.sign_pss(hash, digest, &mut sig)?;
                let public = key.public_key();
                public.verify_pss(hash, digest, &sig)?;

                // Of another digest, changed, or not of the right length.
                digest[0] ^= 1;
                assert_eq!(public.verify_pss(hash, digest, &sig), Err(EKEYREJECTED));
                digest[0] ^= 1;
                sig[size - 1] ^= 1;
                assert_eq!(public.verify_pss(hash, digest, &sig), Err(EKEYREJECTED));
                sig[size - 1] ^= 1;
                public.verify_pss(hash, digest, &sig)?;
                for short in [&sig[1..], &sig[..size - 1], &[]] {
                    assert_eq!(public.verify_pss(hash, digest, short), Err(EKEYREJECTED));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn key_forms_are_the_same_key() -> Result {
        // PKCS#8 in front of it, PKCS#1 begins with the second SEQUENCE.
        let pkcs1 = &KEY_2048[26..];
        let key = PrivateKey::from_der(pkcs1)?;
        let public = PublicKey::from_spki_der(&SPKI_2048)?;
        // What the SPKI wraps.
        let bare = PublicKey::from_pkcs1_der(&SPKI_2048[24..])?;
        let mut sig = [0; 256];

        key.sign_pss(HashAlgorithm::Sha256, &[1; 32], &mut sig)?;
        public.verify_pss(HashAlgorithm::Sha256, &[1; 32], &sig)?;
        bare.verify_pss(HashAlgorithm::Sha256, &[1; 32], &sig)
    }

    #[test]
    fn wrong_lengths() -> Result {
        let key = PrivateKey::from_der(&KEY_2048)?;
        let mut sig = [0xa5; 257];
        let hash = HashAlgorithm::Sha256;

        for len in [0, 20, 31, 33, 48, 64] {
            let digest = &[0; 64][..len];
            let result = key.sign_pss(hash, digest, &mut sig[..256]);
            assert_eq!(result, Err(EINVAL));
            let result = key.public_key().verify_pss(hash, digest, &sig[..256]);
            assert_eq!(result, Err(EINVAL));
        }
        for len in [0, 1, 255, 257] {
            let result = key.sign_pss(hash, &[0; 32], &mut sig[..len]);
            assert_eq!(result, Err(EINVAL));
        }
        assert!(sig.iter().all(|&byte| byte == 0xa5));
        Ok(())
    }

    #[test]
    fn blinding_lasts() -> Result {
        let key = PrivateKey::from_der(&KEY_2048)?;
        let mut sig = [0; 256];
        let mut last = [0; 256];

        // Beyond three pairs of numbers.
        for i in 0..100u8 {
            key.sign_pss(HashAlgorithm::Sha256, &[i; 32], &mut sig)?;
            key.public_key()
                .verify_pss(HashAlgorithm::Sha256, &[i; 32], &sig)?;
            assert_ne!(sig, last);
            last = sig;
        }
        Ok(())
    }

    #[test]
    fn malformed_keys() -> Result {
        truncations(&KEY_2048, PrivateKey::from_der)?;
        truncations(&KEY_2048[26..], PrivateKey::from_der)?;
        truncations(&KEY_3072, PrivateKey::from_der)?;
        truncations(&SPKI_2048, PublicKey::from_spki_der)?;
        truncations(&SPKI_2048[24..], PublicKey::from_pkcs1_der)?;

        for (der, error) in [
            // Empty, and of another kind.
            (&[][..], EBADMSG),
            (&[0x30, 0x00], EBADMSG),
            (&[0x02, 0x01, 0x00], EBADMSG),
            // Lengths that are indefinite, not the shortest, or beyond all bounds.
            (&[0x30, 0x80, 0x02, 0x01, 0x00, 0x00, 0x00], EBADMSG),
            (&[0x30, 0x81, 0x03, 0x02, 0x01, 0x00], EBADMSG),
            (&[0x30, 0x82, 0x00, 0x03, 0x02, 0x01, 0x00], EBADMSG),
            (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01], EBADMSG),
            (&[0x30, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00], EBADMSG),
            (&[0x30, 0xff], EBADMSG),
            // Integers that are empty, negative, or not the shortest.
            (&[0x30, 0x02, 0x02, 0x00], EBADMSG),
            (&[0x30, 0x03, 0x02, 0x01, 0x80], EBADMSG),
            (&[0x30, 0x04, 0x02, 0x02, 0x00, 0x00], EBADMSG),
            (&[0x30, 0x04, 0x02, 0x02, 0x00, 0x7f], EBADMSG),
            // More than two primes.
            (&[0x30, 0x03, 0x02, 0x01, 0x01], EKEYREJECTED),
            (&[0x30, 0x03, 0x02, 0x01, 0x02], EBADMSG),
        ] {
            assert_eq!(PrivateKey::from_der(der).err(), Some(error));
        }
        Ok(())
    }

    #[test]
    fn keys_of_other_algorithms() {
        // The last byte of the object identifier: rsaEncryption is 1, id-RSASSA-PSS is 10.
        let mut der = KEY_2048;
        der[19] = 10;
        assert_eq!(PrivateKey::from_der(&der).err(), Some(EKEYREJECTED));

        let mut der = SPKI_2048;
        der[16] = 10;
        assert_eq!(PublicKey::from_spki_der(&der).err(), Some(EKEYREJECTED));

        // Bits left over at the end of a key.
        let mut der = SPKI_2048;
        der[23] = 1;
        assert_eq!(PublicKey::from_spki_der(&der).err(), Some(EBADMSG));
    }

    #[test]
    fn inconsistent_keys() -> Result {
        // One bit of each number: modulus, prime 1, prime 2, both exponents.
        let at = |i: usize| {
            let mut der = KEY_2048;
            der[i] ^= 2;
            PrivateKey::from_der(&der).err()
        };
        // The contents of the structure's integers, from PKCS#1 on.
        let mut reader = [0; 9];
        let mut pos = 26 + 4;
        for end in &mut reader {
            pos += match KEY_2048[pos + 1] {
                0x82 => 4 + usize::from(KEY_2048[pos + 2]) * 256 + usize::from(KEY_2048[pos + 3]),
                0x81 => 3 + usize::from(KEY_2048[pos + 2]),
                short => 2 + usize::from(short),
            };
            *end = pos;
        }
        assert_eq!(pos, KEY_2048.len());

        let [version, n, e, _d, p, q, dp, dq, _qinv] = reader;
        assert_eq!(version, 26 + 4 + 3);
        for end in [n, p, q, dp, dq] {
            assert_eq!(at(end - 1), Some(EKEYREJECTED));
        }
        // An even modulus, and exponents that are even, too small, or not the key's.
        let mut der = KEY_2048;
        der[n - 1] ^= 1;
        assert_eq!(PrivateKey::from_der(&der).err(), Some(EKEYREJECTED));
        for exponent in [[0x01, 0x00, 0x00], [0x00, 0xff, 0xff], [0x01, 0x00, 0x03]] {
            let mut der = KEY_2048;
            der[e - 3..e].copy_from_slice(&exponent);
            assert_eq!(PrivateKey::from_der(&der).err(), Some(EKEYREJECTED));
        }
        Ok(())
    }

    #[test]
    fn fault_is_caught() -> Result {
        // A key whose exponents are exchanged: all its results are wrong.
        let mut key = PrivateKey::from_der(&KEY_2048)?;
        let mut other = PrivateKey::from_der(&KEY_2048)?;
        let wrong = PrivateKey::from_der(&OTHER_2048)?;
        let mut sig = [0xa5; 256];

        key.primes.spoil();
        let result = key.sign_pss(HashAlgorithm::Sha256, &[7; 32], &mut sig);
        assert_eq!(result, Err(EIO));
        assert_eq!(sig, [0; 256]);

        // So are those of one with a blinding pair that does not undo itself.
        other.primes = wrong.primes;
        other.blinding.lock().uses = 0;
        sig.fill(0xa5);
        let result = other.sign_pss(HashAlgorithm::Sha256, &[7; 32], &mut sig);
        assert_eq!(result, Err(EIO));
        assert_eq!(sig, [0; 256]);
        Ok(())
    }

    #[test]
    fn sizes_out_of_range() -> Result {
        // A modulus and the exponent 65537, for every size around the limits.
        let mut n = [0xff; 600];
        for (size, refused) in [
            (128, true),
            (255, true),
            (256, false),
            (513, true),
            (600, true),
        ] {
            n[0] = 0x80;
            let pkcs1 = der::Public {
                n: &n[..size],
                e: &[1, 0, 1],
            }
            .to_pkcs1()?;
            let key = PublicKey::from_pkcs1_der(&pkcs1);
            assert_eq!(key.err(), if refused { Some(EKEYREJECTED) } else { None });

            // 2047 bits are not a multiple of eight.
            n[0] = 0x7f;
            let pkcs1 = der::Public {
                n: &n[..size],
                e: &[1, 0, 1],
            }
            .to_pkcs1()?;
            let key = PublicKey::from_pkcs1_der(&pkcs1);
            assert_eq!(key.err(), Some(EKEYREJECTED));
        }
        Ok(())
    }
}

/// Numbers checked with another implementation (Python's).
#[macros::kunit_tests(rust_crypto_rsa_bignum)]
mod bignum_cases {
    use super::*;

    static N: [u8; 65] = hex("\
         8936f675cc81e74ef5e8e25d940ed904759531985d5d9dc9f81818e811892f902bd23f0824128b2f330c5c7fd\
         0a6a3a4506513270e269e0d37f2a74de452e6b439");
    static A: [u8; 65] = hex("\
         0c69a900e91f8964425043d2c5e3b30be78a7fe3c63323c8d7bb93ac9d85f24d8a9a6e42027a863f9b0adc780\
         896f872d3accee481446f47637c5c1975c319ef21");
    static B: [u8; 65] = hex("\
         1e8a6a63ec24ede6a46b4cb2424a23d5962217beaddbc496cb8e81973e0becd7b03898d190f9ebdacc0cb1e29\
         c658cda1495e60af593bd04cf0fd630f1f29d0da9");
    static E: [u8; 64] = hex("\
         1012f037b64ce4228c38fb2918f135d25f557203301850c5a38fd547923a736994e3bf911a61dbe22e44158ba\
         e97ba94d0eda82f8f6d05584ef8aa3892276658");
    static PRODUCT: [u8; 130] = hex("\
         017b17ebce194b2ca14d3a53c345b158737b458b22a5f020daeab87c9f9ec31fa6d58ca0e8d448a9807e4b9d3\
         7ecce30f972026d636dab7bb3c838ae3a4a43e2d8452fe6b8b6a8efa3ebb31946e1659d8909c66b7dd0655aec\
         5515594cc8c25eace1a5771522bc18b7a42bbc4b9debdb4c84e9664a4ed6140b5c129542abf68089c9");
    static MUL: [u8; 65] = hex("\
         3448324a0507fa4a7b676bdd993abe7e0b27a530dcd01f673f93ad8cb3605504f04e17d973ae93b6d5ba90218\
         d5f5ea9836137b8f74f06727bee9f70cbeeb4d36b");
    static POW: [u8; 65] = hex("\
         1d8e0902725975297e927d2a3f77df76e1cde2bcab664069a00395d6d6aadb696fce7e903c275a35897a1f02d\
         3442e73c3ca8c81c54d7ceec5e2e979265b630d76");
    static F4: [u8; 65] = hex("\
         6c8fbbb52e8c8b2f0c2388b47ab6a36a23999429983efbd596da379d2fe917ec2bda3c9631feb50227eb376af\
         d42ccbb281eabc13fa9b54f1e3334c4293ed9f7f3");

    const LIMBS: usize = Nat::limbs(N.len());

    fn nat(bytes: &[u8]) -> Result<Nat> {
        Nat::from_be_bytes(bytes, LIMBS)
    }

    #[test]
    fn bytes_there_and_back() -> Result {
        for len in 0..=N.len() {
            let number = nat(&N[..len])?;
            let mut out = [0xa5; 100];

            // Into less, as much, and more room than there are bytes.
            for room in [len.saturating_sub(1), len, len + 9, 100] {
                number.to_be_bytes(&mut out[..room]);
                let common = room.min(len);
                assert_eq!(out[room - common..room], N[len - common..len]);
                assert!(out[..room - common].iter().all(|&byte| byte == 0));
            }
        }
        assert_eq!(
            Nat::from_be_bytes(&[0; 9], Nat::limbs(8)).err(),
            Some(EOVERFLOW)
        );
        Ok(())
    }

    #[test]
    fn products() -> Result {
        let product = Nat::product(&nat(&A)?, &nat(&B)?)?;
        let mut out = [0; PRODUCT.len()];
        product.to_be_bytes(&mut out);
        assert_eq!(out, PRODUCT);

        // The largest of all.
        let max = [0xff; 2 * size_of::<u64>()];
        let max = Nat::from_be_bytes(&max, Nat::limbs(max.len()))?;
        let mut out = [0; 32];
        Nat::product(&max, &max)?.to_be_bytes(&mut out);
        let mut expected = [0; 32];
        expected[..16].fill(0xff);
        expected[15] = 0xfe;
        expected[31] = 0x01;
        assert_eq!(out, expected);
        Ok(())
    }

    #[test]
    fn differences() -> Result {
        let mut difference = nat(&A)?;
        assert_eq!(difference.subtract(&nat(&A)?), 0);
        assert!(difference.equals(&Nat::zero(LIMBS)?));
        assert!(!nat(&A)?.equals(&nat(&B)?));
        assert_eq!(nat(&[])?.subtract(&nat(&[1])?), 1);
        Ok(())
    }

    #[test]
    fn sums_and_differences_modulo() -> Result {
        let modulus = Modulus::new(nat(&N)?)?;
        let (mut x, b) = (nat(&A)?, nat(&B)?);

        // a - b + b, where either the first step wraps or the one with a and b swapped does.
        modulus.subtract(&mut x, &b);
        x.add(&b);
        modulus.reduce(&mut x);
        assert!(x.equals(&nat(&A)?));

        let mut x = nat(&B)?;
        modulus.subtract(&mut x, &nat(&A)?);
        x.add(&nat(&A)?);
        modulus.reduce(&mut x);
        assert!(x.equals(&b));

        // A carry that runs through all limbs but the last.
        let mut x = nat(&[0xff; 64])?;
        x.add(&Nat::from_be_bytes(&[1], 1)?);
        let mut out = [0; 65];
        x.to_be_bytes(&mut out);
        assert_eq!(out[0], 1);
        assert!(out[1..].iter().all(|&byte| byte == 0));
        Ok(())
    }

    #[test]
    fn products_modulo() -> Result {
        let modulus = Modulus::new(nat(&N)?)?;
        let (mut a, b) = (nat(&A)?, nat(&B)?);
        let mut scratch = modulus.zero()?;
        let mut product = modulus.zero()?;

        modulus.enter(&mut a, &mut scratch);
        modulus.mul(&mut product, &a, &b);
        assert!(product.equals(&nat(&MUL)?));

        // The largest operands: (n - 1)^2 = 1.
        let mut one = nat(&[1])?;
        let mut a = nat(&N)?;
        assert_eq!(a.subtract(&one), 0);
        modulus.enter(&mut a, &mut scratch);
        modulus.square(&mut a, &mut scratch);
        assert!(a.equals(modulus.one()));
        modulus.enter(&mut one, &mut scratch);
        assert!(one.equals(modulus.one()));
        Ok(())
    }

    #[test]
    fn powers_modulo() -> Result {
        let modulus = Modulus::new(nat(&N)?)?;
        let mut a = nat(&A)?;
        let mut scratch = modulus.zero()?;

        modulus.enter(&mut a, &mut scratch);
        let mut power = modulus.pow(&a, &nat(&E)?)?;
        modulus.leave(&mut power, &mut scratch);
        assert!(power.equals(&nat(&POW)?));

        let mut power = modulus.pow_public(&a, 65537)?;
        modulus.leave(&mut power, &mut scratch);
        assert!(power.equals(&nat(&F4)?));

        assert!(modulus.pow(&a, &nat(&[])?)?.equals(modulus.one()));
        assert!(modulus.pow(&a, &nat(&[1])?)?.equals(&a));
        assert!(modulus.pow_public(&a, 0)?.equals(modulus.one()));
        assert!(modulus.pow_public(&a, 1)?.equals(&a));
        Ok(())
    }

    #[test]
    fn moduli_refused() -> Result {
        for n in [&[][..], &[0], &[1], &[2], &[1, 0]] {
            assert_eq!(Modulus::new(nat(n)?).err(), Some(EINVAL));
        }
        let modulus = Modulus::new(Nat::from_be_bytes(&[3], 1)?)?;
        let mut two = Nat::from_be_bytes(&[2], 1)?;
        modulus.enter(&mut two, &mut modulus.zero()?);
        modulus.square(&mut two, &mut modulus.zero()?);
        assert!(two.equals(modulus.one()));
        Ok(())
    }
}
