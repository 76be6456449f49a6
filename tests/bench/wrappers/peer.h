/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PEER_H
#define PEER_H

#include <linux/types.h>

struct peer_aead *peer_aead_new(const char *name, const u8 *key,
				unsigned int key_len, unsigned int iv_len);
int peer_aead_seal(struct peer_aead *p, unsigned int n, const u8 *nonce,
		   u8 *aad, unsigned int aad_len, u8 *buf, unsigned int len);
int peer_aead_open(struct peer_aead *p, unsigned int n, const u8 *nonce,
		   u8 *aad, unsigned int aad_len, u8 *buf, unsigned int len,
		   const u8 *sealed);
void peer_aead_free(struct peer_aead *p);

struct crypto_shash *peer_shash_new(const char *name, const u8 *key,
				    unsigned int key_len);
int peer_shash_digest(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		      unsigned int len, u8 *out);
int peer_shash_parts(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		     unsigned int len, u8 *out);
void peer_shash_free(struct crypto_shash *tfm);

int peer_rng(unsigned int n, u8 *buf, unsigned int len);
int peer_memneq(unsigned int n, const u8 *a, const u8 *b, size_t len);
int peer_memzero(unsigned int n, u8 *buf, size_t len);
int peer_x25519(unsigned int n, const u8 *theirs);
int peer_ecdh(unsigned int n, const char *name, const u8 *theirs,
	      unsigned int size);

#endif /* PEER_H */
