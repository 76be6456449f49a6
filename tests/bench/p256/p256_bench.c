// SPDX-License-Identifier: GPL-2.0
/*
 * Times P-256 in Rust beside the generic implementation, in turns
 *
 * While it is loaded it prints a line "p256_bench: JOB DRIVER NANOSECONDS" for the median of each.
 */

#include <linux/bits.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <crypto/ecdh.h>
#include <crypto/internal/ecc.h>
#include <crypto/kpp.h>
#include <crypto/sig.h>

#define ROUNDS 311
#define OPERATIONS 2

static const char * const drivers[] = { "rust", "generic" };

/* An ECPrivateKey: the number alone, which is that of RFC 6979, A.2.5 */
static const u8 private_key[] = {
	0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
	0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16,
	0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
	0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12,
	0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
};

/* And its public key */
static const u8 public_key[] = {
	0x04,
	0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31,
	0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68,
	0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c,
	0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6,
	0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99,
	0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64,
	0xf2, 0xf1, 0xb2, 0x0c, 0x2d, 0x7e, 0x9f, 0x51,
	0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99,
};

/* One implementation of both algorithms */
struct side {
	struct crypto_kpp *kpp;
	struct kpp_request *req;
	struct crypto_sig *sig;
	u8 *peer, *out;
	struct scatterlist src, dst;
};

static struct ecdsa_raw_sig signature;
static u8 digest[32];

static int key_pair(struct side *side)
{
	struct ecdh empty = {};
	char packet[16];
	int err;

	err = crypto_ecdh_encode_key(packet, crypto_ecdh_key_len(&empty), &empty) ?:
	      crypto_kpp_set_secret(side->kpp, packet, crypto_ecdh_key_len(&empty));
	if (err)
		return err;
	sg_init_one(&side->dst, side->out, 64);
	kpp_request_set_input(side->req, NULL, 0);
	kpp_request_set_output(side->req, &side->dst, 64);
	return crypto_kpp_generate_public_key(side->req);
}

static int shared_secret(struct side *side)
{
	sg_init_one(&side->src, side->peer, 64);
	sg_init_one(&side->dst, side->out, 32);
	kpp_request_set_input(side->req, &side->src, 64);
	kpp_request_set_output(side->req, &side->dst, 32);
	return crypto_kpp_compute_shared_secret(side->req);
}

static int sign(struct side *side)
{
	int ret = crypto_sig_sign(side->sig, digest, sizeof(digest),
				  &signature, sizeof(signature));

	return ret < 0 ? ret : 0;
}

static int verify(struct side *side)
{
	return crypto_sig_verify(side->sig, &signature, sizeof(signature),
				 digest, sizeof(digest));
}

static const struct {
	const char *name;
	int (*run)(struct side *side);
	/* Only the one in Rust signs */
	int sides;
} jobs[] = {
	{ "key-pair", key_pair, 2 },
	{ "shared-secret", shared_secret, 2 },
	{ "sign", sign, 1 },
	{ "verify", verify, 2 },
};

static int compare(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 : *(const u64 *)a > *(const u64 *)b;
}

static int time_job(int job, struct side sides[])
{
	static u64 times[2][ROUNDS];
	int round, s, i, err;
	u64 began;

	for (round = 0; round < ROUNDS; round++) {
		for (s = 0; s < jobs[job].sides; s++) {
			began = ktime_get_ns();
			for (i = 0; i < OPERATIONS; i++) {
				err = jobs[job].run(&sides[s]);
				if (err) {
					pr_err("%s %s: error %d\n", jobs[job].name, drivers[s], err);
					return err;
				}
			}
			times[s][round] = (ktime_get_ns() - began) / OPERATIONS;
		}
	}
	for (s = 0; s < jobs[job].sides; s++) {
		sort(times[s], ROUNDS, sizeof(u64), compare, NULL);
		pr_info("p256_bench: %s %s %llu\n", jobs[job].name, drivers[s], times[s][ROUNDS / 2]);
	}
	return 0;
}

static void free_side(struct side *side)
{
	kfree(side->peer);
	kfree(side->out);
	kpp_request_free(side->req);
	if (!IS_ERR_OR_NULL(side->kpp))
		crypto_free_kpp(side->kpp);
	if (!IS_ERR_OR_NULL(side->sig))
		crypto_free_sig(side->sig);
}

static int make_side(struct side *side, const char *driver)
{
	char name[CRYPTO_MAX_ALG_NAME];

	snprintf(name, sizeof(name), "ecdh-nist-p256-%s", driver);
	side->kpp = crypto_alloc_kpp(name, 0, 0);
	if (IS_ERR(side->kpp))
		return PTR_ERR(side->kpp);
	snprintf(name, sizeof(name), "ecdsa-nist-p256-%s", driver);
	side->sig = crypto_alloc_sig(name, 0, 0);
	if (IS_ERR(side->sig))
		return PTR_ERR(side->sig);
	side->req = kpp_request_alloc(side->kpp, GFP_KERNEL);
	side->peer = kmemdup(public_key + 1, 64, GFP_KERNEL);
	side->out = kzalloc(64, GFP_KERNEL);
	if (!side->req || !side->peer || !side->out)
		return -ENOMEM;
	kpp_request_set_callback(side->req, CRYPTO_TFM_REQ_MAY_SLEEP, NULL, NULL);
	if (!strcmp(driver, "rust"))
		return crypto_sig_set_privkey(side->sig, private_key, sizeof(private_key));
	return crypto_sig_set_pubkey(side->sig, public_key, sizeof(public_key));
}

static int __init p256_bench_init(void)
{
	struct side sides[2] = {};
	int err = 0, i;

	for (i = 0; !err && i < ARRAY_SIZE(sides); i++)
		err = make_side(&sides[i], drivers[i]);
	for (i = 0; !err && i < ARRAY_SIZE(jobs); i++)
		err = time_job(i, sides);
	for (i = 0; i < ARRAY_SIZE(sides); i++)
		free_side(&sides[i]);
	if (!err)
		pr_info("p256_bench: done\n");
	return err;
}

static void __exit p256_bench_exit(void)
{
}

module_init(p256_bench_init);
module_exit(p256_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Times P-256");
