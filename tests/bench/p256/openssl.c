// SPDX-License-Identifier: GPL-2.0
/*
 * Times OpenSSL's P-256 as p256_bench.c does that of the kernel: medians of short rounds
 *
 * It prints a line "openssl: JOB NANOSECONDS" for each.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#define ROUNDS 311
#define OPERATIONS 2

static EVP_PKEY_CTX *deriving, *signing, *verifying;
static unsigned char digest[32], signature[80], made[80], secret[32];
static size_t signature_len;

static int shared_secret(void)
{
	size_t len = sizeof(secret);

	return EVP_PKEY_derive(deriving, secret, &len);
}

static int sign(void)
{
	size_t len = sizeof(made);

	return EVP_PKEY_sign(signing, made, &len, digest, sizeof(digest));
}

static int verify(void)
{
	return EVP_PKEY_verify(verifying, signature, signature_len, digest, sizeof(digest));
}

static const struct {
	const char *name;
	int (*run)(void);
} jobs[] = {
	{ "shared-secret", shared_secret },
	{ "sign", sign },
	{ "verify", verify },
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	return *(const uint64_t *)a < *(const uint64_t *)b ? -1 : *(const uint64_t *)a > *(const uint64_t *)b;
}

int main(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *peer = EVP_EC_gen("P-256");
	uint64_t times[ROUNDS], began;
	size_t job, round, i;

	deriving = EVP_PKEY_CTX_new(key, NULL);
	signing = EVP_PKEY_CTX_new(key, NULL);
	verifying = EVP_PKEY_CTX_new(key, NULL);
	signature_len = sizeof(signature);
	if (EVP_PKEY_derive_init(deriving) <= 0 || EVP_PKEY_derive_set_peer(deriving, peer) <= 0 ||
	    EVP_PKEY_sign_init(signing) <= 0 || EVP_PKEY_verify_init(verifying) <= 0 ||
	    EVP_PKEY_sign(signing, signature, &signature_len, digest, sizeof(digest)) <= 0)
		return 1;

	for (job = 0; job < sizeof(jobs) / sizeof(jobs[0]); job++) {
		for (round = 0; round < ROUNDS; round++) {
			began = now();
			for (i = 0; i < OPERATIONS; i++)
				if (jobs[job].run() <= 0)
					return 1;
			times[round] = (now() - began) / OPERATIONS;
		}
		qsort(times, ROUNDS, sizeof(times[0]), compare);
		printf("openssl: %s %llu\n", jobs[job].name, (unsigned long long)times[ROUNDS / 2]);
	}
	return 0;
}
