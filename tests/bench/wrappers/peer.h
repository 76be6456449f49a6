/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PEER_H
#define PEER_H

#include <linux/types.h>

void peer_on_stack(unsigned int bytes, void (*job)(void *data), void *data);

struct peer_aead *peer_aead_new(const char *name, const u8 *key,
				unsigned int key_len, unsigned int iv_len);
int peer_aead_seal(struct peer_aead *p, unsigned int n, const u8 *nonce,
		   u8 *aad, unsigned int aad_len, u8 *buf, unsigned int len);
int peer_aead_seal_shared(struct peer_aead *p, unsigned int n, const u8 *nonce,
			  u8 *aad, unsigned int aad_len, u8 *buf,
			  unsigned int len);
int peer_aead_open(struct peer_aead *p, unsigned int n, const u8 *nonce,
		   u8 *aad, unsigned int aad_len, u8 *buf, unsigned int len,
		   const u8 *sealed);
int peer_aead_seal_apart(struct peer_aead *p, unsigned int n, const u8 *nonce,
			 u8 *aad, unsigned int aad_len, u8 *text,
			 unsigned int len, u8 *out);
int peer_aead_seal_detached(struct peer_aead *p, unsigned int n,
			    const u8 *nonce, u8 *aad, unsigned int aad_len,
			    u8 *text, unsigned int len, u8 *tag);
void peer_aead_free(struct peer_aead *p);

struct crypto_sync_skcipher *
peer_skcipher_new(const char *name, const u8 *key, unsigned int key_len);
int peer_skcipher_encrypt(struct crypto_sync_skcipher *tfm, unsigned int n,
			  const u8 *iv, u8 *buf, unsigned int len);
int peer_skcipher_decrypt(struct crypto_sync_skcipher *tfm, unsigned int n,
			  const u8 *iv, u8 *buf, unsigned int len);
int peer_skcipher_apart(struct crypto_sync_skcipher *tfm, unsigned int n,
			const u8 *iv, u8 *from, u8 *to, unsigned int len);
void peer_skcipher_free(struct crypto_sync_skcipher *tfm);

struct crypto_shash *peer_shash_new(const char *name, const u8 *key,
				    unsigned int key_len);
int peer_shash_digest(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		      unsigned int len, u8 *out);
int peer_shash_parts(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		     unsigned int len, u8 *out);
int peer_shash_heap(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		    unsigned int len, u8 *out);
void peer_shash_free(struct crypto_shash *tfm);

int peer_rng(unsigned int n, u8 *buf, unsigned int len);
int peer_memneq(unsigned int place, unsigned int n, const u8 *a, const u8 *b,
		size_t len);
int peer_memzero(unsigned int n, u8 *buf, size_t len);
int peer_x25519(unsigned int n, const u8 *theirs);
int peer_ecdh(unsigned int n, const char *name, const u8 *theirs,
	      unsigned int size);
int peer_dh(unsigned int n, const char *name, const u8 *theirs,
	    unsigned int size);

struct crypto_akcipher *peer_rsa_new(const u8 *key, unsigned int key_len);
int peer_rsa_refuse(struct crypto_akcipher *tfm, unsigned int n, const u8 *sig,
		    const u8 *expected, unsigned int size);
void peer_rsa_free(struct crypto_akcipher *tfm);

struct crypto_sig *peer_sig_new(const char *name, bool private, const u8 *key,
				unsigned int key_len);
int peer_sig_refuse(struct crypto_sig *tfm, unsigned int n, const u8 *sig,
		    unsigned int sig_len, const u8 *digest,
		    unsigned int digest_len);
int peer_sig_sign(struct crypto_sig *tfm, unsigned int n, const u8 *digest,
		  unsigned int digest_len, u8 *sig, unsigned int sig_len);
void peer_sig_free(struct crypto_sig *tfm);

#endif /* PEER_H */
