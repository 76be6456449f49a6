// SPDX-License-Identifier: GPL-2.0
/*
 * What a user of the crypto API writes in C for the jobs that main.rs does with
 * the wrappers: what can be kept is allocated once, buffers are in the linear
 * map, and implementations are synchronous. Each function does its job n times.
 */

#include <crypto/aead.h>
#include <crypto/akcipher.h>
#include <crypto/curve25519.h>
#include <crypto/dh.h>
#include <crypto/ecdh.h>
#include <crypto/hash.h>
#include <crypto/kpp.h>
#include <crypto/rng.h>
#include <crypto/sig.h>
#include <crypto/skcipher.h>
#include <crypto/utils.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "peer.h"

/* noinline, since otherwise all turns of a loop would be on one stack. */
noinline void peer_on_stack(unsigned int bytes, void (*job)(void *data),
			    void *data)
{
	u8 *more = __builtin_alloca(bytes);

	OPTIMIZER_HIDE_VAR(more);
	job(data);
	/* So that this call is not the last thing, which would give the stack up. */
	barrier_data(more);
}

#define NONCE_SIZE 12
#define TAG_SIZE 16

struct peer_aead {
	struct crypto_aead *tfm;
	struct aead_request *req;
	unsigned int iv_len;
};

void peer_aead_free(struct peer_aead *p)
{
	aead_request_free(p->req);
	crypto_free_aead(p->tfm);
	kfree(p);
}

struct peer_aead *peer_aead_new(const char *name, const u8 *key,
				unsigned int key_len, unsigned int iv_len)
{
	struct peer_aead *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->iv_len = iv_len;
	p->tfm = crypto_alloc_aead(name, 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(p->tfm)) {
		kfree(p);
		return NULL;
	}
	p->req = aead_request_alloc(p->tfm, GFP_KERNEL);
	if (!p->req || crypto_aead_setauthsize(p->tfm, TAG_SIZE) ||
	    crypto_aead_setkey(p->tfm, key, key_len)) {
		peer_aead_free(p);
		return NULL;
	}
	return p;
}

static void peer_aead_vector(struct peer_aead *p, u8 *iv, const u8 *nonce)
{
	/* RFC 3610: CCM's vector begins with the size of its length. */
	if (p->iv_len == 16) {
		iv[0] = 15 - NONCE_SIZE - 1;
		memcpy(iv + 1, nonce, NONCE_SIZE);
	} else {
		memcpy(iv, nonce, NONCE_SIZE);
	}
}

static int peer_aead_crypt(struct peer_aead *p, struct aead_request *req,
			   bool seal, const u8 *nonce, u8 *aad,
			   unsigned int aad_len, u8 *buf, unsigned int len)
{
	struct scatterlist sg[2];
	u8 iv[16] __aligned(16) = {};
	DECLARE_CRYPTO_WAIT(wait);

	peer_aead_vector(p, iv, nonce);
	sg_init_table(sg, ARRAY_SIZE(sg));
	sg_set_buf(&sg[0], aad, aad_len);
	sg_set_buf(&sg[1], buf, len);
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &wait);
	aead_request_set_ad(req, aad_len);
	aead_request_set_crypt(req, sg, sg, seal ? len - TAG_SIZE : len, iv);
	return crypto_wait_req(seal ? crypto_aead_encrypt(req) :
				      crypto_aead_decrypt(req), &wait);
}

int peer_aead_seal(struct peer_aead *p, unsigned int n, const u8 *nonce,
		   u8 *aad, unsigned int aad_len, u8 *buf, unsigned int len)
{
	while (n--) {
		int err = peer_aead_crypt(p, p->req, true, nonce, aad, aad_len,
					  buf, len);

		if (err)
			return err;
	}
	return 0;
}

/* What code does that has no request of its own, since many may use the key. */
int peer_aead_seal_shared(struct peer_aead *p, unsigned int n, const u8 *nonce,
			  u8 *aad, unsigned int aad_len, u8 *buf,
			  unsigned int len)
{
	while (n--) {
		struct aead_request *req;
		int err;

		req = aead_request_alloc(p->tfm, GFP_ATOMIC);
		if (!req)
			return -ENOMEM;
		err = peer_aead_crypt(p, req, true, nonce, aad, aad_len, buf,
				      len);
		aead_request_free(req);
		if (err)
			return err;
	}
	return 0;
}

int peer_aead_open(struct peer_aead *p, unsigned int n, const u8 *nonce,
		   u8 *aad, unsigned int aad_len, u8 *buf, unsigned int len,
		   const u8 *sealed)
{
	while (n--) {
		int err;

		memcpy(buf, sealed, len);
		err = peer_aead_crypt(p, p->req, false, nonce, aad, aad_len,
				      buf, len);
		if (err)
			return err;
	}
	return 0;
}

/* What the next two have in common: a request of the message's own. */
static int peer_aead_encrypt(struct peer_aead *p, const u8 *nonce,
			     unsigned int aad_len, struct scatterlist *src,
			     struct scatterlist *dst, unsigned int len)
{
	struct aead_request *req = aead_request_alloc(p->tfm, GFP_ATOMIC);
	u8 iv[16] __aligned(16) = {};
	DECLARE_CRYPTO_WAIT(wait);
	int err;

	if (!req)
		return -ENOMEM;
	peer_aead_vector(p, iv, nonce);
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &wait);
	aead_request_set_ad(req, aad_len);
	aead_request_set_crypt(req, src, dst, len, iv);
	err = crypto_wait_req(crypto_aead_encrypt(req), &wait);
	aead_request_free(req);
	return err;
}

/* From one buffer to another, the tag at the end of it. */
int peer_aead_seal_apart(struct peer_aead *p, unsigned int n, const u8 *nonce,
			 u8 *aad, unsigned int aad_len, u8 *text,
			 unsigned int len, u8 *out)
{
	while (n--) {
		struct scatterlist src[2], dst[2];
		int err;

		sg_init_table(src, ARRAY_SIZE(src));
		sg_set_buf(&src[0], aad, aad_len);
		sg_set_buf(&src[1], text, len);
		sg_init_table(dst, ARRAY_SIZE(dst));
		sg_set_buf(&dst[0], aad, aad_len);
		sg_set_buf(&dst[1], out, len + TAG_SIZE);
		err = peer_aead_encrypt(p, nonce, aad_len, src, dst, len);
		if (err)
			return err;
	}
	return 0;
}

/* In place, the tag elsewhere. */
int peer_aead_seal_detached(struct peer_aead *p, unsigned int n,
			    const u8 *nonce, u8 *aad, unsigned int aad_len,
			    u8 *text, unsigned int len, u8 *tag)
{
	while (n--) {
		struct scatterlist sg[3];
		int err;

		sg_init_table(sg, ARRAY_SIZE(sg));
		sg_set_buf(&sg[0], aad, aad_len);
		sg_set_buf(&sg[1], text, len);
		sg_set_buf(&sg[2], tag, TAG_SIZE);
		err = peer_aead_encrypt(p, nonce, aad_len, sg, sg, len);
		if (err)
			return err;
	}
	return 0;
}

void peer_skcipher_free(struct crypto_sync_skcipher *tfm)
{
	crypto_free_sync_skcipher(tfm);
}

struct crypto_sync_skcipher *
peer_skcipher_new(const char *name, const u8 *key, unsigned int key_len)
{
	struct crypto_sync_skcipher *tfm = crypto_alloc_sync_skcipher(name, 0, 0);

	if (IS_ERR(tfm))
		return NULL;
	if (crypto_sync_skcipher_setkey(tfm, key, key_len)) {
		crypto_free_sync_skcipher(tfm);
		return NULL;
	}
	return tfm;
}

/* From one buffer to another, or in place. Inlined, it is what each would be. */
static __always_inline int
peer_skcipher_once(struct crypto_sync_skcipher *tfm, bool encrypt, const u8 *iv,
		   u8 *from, u8 *to, unsigned int len)
{
	SYNC_SKCIPHER_REQUEST_ON_STACK(req, tfm);
	struct scatterlist src, dst;
	u8 copy[16] __aligned(16);
	int err;

	/* The operation counts in it. */
	memcpy(copy, iv, sizeof(copy));
	sg_init_one(&src, from, len);
	if (to != from)
		sg_init_one(&dst, to, len);
	skcipher_request_set_sync_tfm(req, tfm);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, &src, to != from ? &dst : &src, len,
				   copy);
	err = encrypt ? crypto_skcipher_encrypt(req) :
			crypto_skcipher_decrypt(req);
	skcipher_request_zero(req);
	return err;
}

int peer_skcipher_encrypt(struct crypto_sync_skcipher *tfm, unsigned int n,
			  const u8 *iv, u8 *buf, unsigned int len)
{
	int err = 0;

	while (n-- && !err)
		err = peer_skcipher_once(tfm, true, iv, buf, buf, len);
	return err;
}

int peer_skcipher_decrypt(struct crypto_sync_skcipher *tfm, unsigned int n,
			  const u8 *iv, u8 *buf, unsigned int len)
{
	int err = 0;

	while (n-- && !err)
		err = peer_skcipher_once(tfm, false, iv, buf, buf, len);
	return err;
}

int peer_skcipher_apart(struct crypto_sync_skcipher *tfm, unsigned int n,
			const u8 *iv, u8 *from, u8 *to, unsigned int len)
{
	int err = 0;

	while (n-- && !err)
		err = peer_skcipher_once(tfm, true, iv, from, to, len);
	return err;
}

void peer_shash_free(struct crypto_shash *tfm)
{
	crypto_free_shash(tfm);
}

struct crypto_shash *peer_shash_new(const char *name, const u8 *key,
				    unsigned int key_len)
{
	struct crypto_shash *tfm = crypto_alloc_shash(name, 0, 0);

	if (IS_ERR(tfm))
		return NULL;
	if (key && crypto_shash_setkey(tfm, key, key_len)) {
		crypto_free_shash(tfm);
		return NULL;
	}
	return tfm;
}

int peer_shash_digest(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		      unsigned int len, u8 *out)
{
	while (n--) {
		int err = crypto_shash_tfm_digest(tfm, data, len, out);

		if (err)
			return err;
	}
	return 0;
}

/* In two halves, and the descriptor wiped. */
static int peer_shash_halves(struct crypto_shash *tfm, const u8 *data,
			     unsigned int len, u8 *out)
{
	SHASH_DESC_ON_STACK(desc, tfm);
	int err;

	desc->tfm = tfm;
	err = crypto_shash_init(desc) ?:
	      crypto_shash_update(desc, data, len / 2) ?:
	      crypto_shash_update(desc, data + len / 2, len - len / 2) ?:
	      crypto_shash_final(desc, out);
	shash_desc_zero(desc);
	return err;
}

int peer_shash_parts(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		     unsigned int len, u8 *out)
{
	while (n--) {
		int err = peer_shash_halves(tfm, data, len, out);

		if (err)
			return err;
	}
	return 0;
}

/* With a descriptor that outlives the function that begins, so on the heap. */
int peer_shash_heap(struct crypto_shash *tfm, unsigned int n, const u8 *data,
		    unsigned int len, u8 *out)
{
	while (n--) {
		struct shash_desc *desc;
		int err;

		desc = kmalloc(sizeof(*desc) + crypto_shash_descsize(tfm),
			       GFP_KERNEL);
		if (!desc)
			return -ENOMEM;
		desc->tfm = tfm;
		err = crypto_shash_init(desc) ?:
		      crypto_shash_update(desc, data, len) ?:
		      crypto_shash_final(desc, out);
		kfree_sensitive(desc);
		if (err)
			return err;
	}
	return 0;
}

int peer_rng(unsigned int n, u8 *buf, unsigned int len)
{
	while (n--) {
		int err = crypto_stdrng_get_bytes(buf, len);

		if (err)
			return err;
	}
	return 0;
}

/* The same at several places in the code, see main.rs. */
#define PEER_MEMNEQ(place)						\
static noinline int peer_memneq_##place(unsigned int n, const u8 *a,	\
					const u8 *b, size_t len)	\
{									\
	while (n--) {							\
		if (crypto_memneq(a, b, len))				\
			return -EBADMSG;				\
	}								\
	return 0;							\
}

PEER_MEMNEQ(0)
PEER_MEMNEQ(1)
PEER_MEMNEQ(2)
PEER_MEMNEQ(3)
PEER_MEMNEQ(4)
PEER_MEMNEQ(5)
PEER_MEMNEQ(6)
PEER_MEMNEQ(7)

int peer_memneq(unsigned int place, unsigned int n, const u8 *a, const u8 *b,
		size_t len)
{
	static int (*const places[])(unsigned int n, const u8 *a, const u8 *b,
				     size_t len) = {
		peer_memneq_0, peer_memneq_1, peer_memneq_2, peer_memneq_3,
		peer_memneq_4, peer_memneq_5, peer_memneq_6, peer_memneq_7,
	};

	return places[place % ARRAY_SIZE(places)](n, a, b, len);
}

int peer_memzero(unsigned int n, u8 *buf, size_t len)
{
	while (n--)
		memzero_explicit(buf, len);
	return 0;
}

int peer_x25519(unsigned int n, const u8 *theirs)
{
	u8 private[CURVE25519_KEY_SIZE], public[CURVE25519_KEY_SIZE];
	u8 shared[CURVE25519_KEY_SIZE];
	int err = 0;

	while (n-- && !err) {
		err = crypto_stdrng_get_bytes(private, sizeof(private));
		if (err)
			break;
		curve25519_clamp_secret(private);
		if (!curve25519_generate_public(public, private) ||
		    !curve25519(shared, private, theirs))
			err = -EKEYREJECTED;
	}
	memzero_explicit(private, sizeof(private));
	memzero_explicit(shared, sizeof(shared));
	return err;
}

/*
 * One key exchange: a fresh key pair, which the empty key in the packet asks for,
 * its public key, the shared secret.
 */
static int peer_kpp_once(const char *name, const char *packet,
			 unsigned int packet_len, const u8 *theirs,
			 unsigned int public_len, unsigned int secret_len,
			 u8 *src, u8 *dst)
{
	struct crypto_kpp *tfm = crypto_alloc_kpp(name, 0, CRYPTO_ALG_ASYNC);
	struct kpp_request *req = NULL;
	struct scatterlist in, out;
	DECLARE_CRYPTO_WAIT(wait);
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	err = crypto_kpp_set_secret(tfm, packet, packet_len);
	if (err)
		goto out;
	err = -ENOMEM;
	req = kpp_request_alloc(tfm, GFP_KERNEL);
	if (!req)
		goto out;
	kpp_request_set_callback(req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				 crypto_req_done, &wait);

	sg_init_one(&out, dst, public_len);
	kpp_request_set_input(req, NULL, 0);
	kpp_request_set_output(req, &out, public_len);
	err = crypto_wait_req(crypto_kpp_generate_public_key(req), &wait);
	if (err)
		goto out;

	memcpy(src, theirs, public_len);
	sg_init_one(&in, src, public_len);
	sg_init_one(&out, dst, secret_len);
	kpp_request_set_input(req, &in, public_len);
	kpp_request_set_output(req, &out, secret_len);
	err = crypto_wait_req(crypto_kpp_compute_shared_secret(req), &wait);
out:
	kpp_request_free(req);
	crypto_free_kpp(tfm);
	return err;
}

static int peer_kpp(unsigned int n, const char *name, const char *packet,
		    unsigned int packet_len, const u8 *theirs,
		    unsigned int public_len, unsigned int secret_len)
{
	u8 *src = kmalloc(public_len, GFP_KERNEL);
	u8 *dst = kmalloc(public_len, GFP_KERNEL);
	int err = src && dst ? 0 : -ENOMEM;

	while (n-- && !err)
		err = peer_kpp_once(name, packet, packet_len, theirs,
				    public_len, secret_len, src, dst);
	kfree_sensitive(src);
	kfree_sensitive(dst);
	return err;
}

int peer_ecdh(unsigned int n, const char *name, const u8 *theirs,
	      unsigned int size)
{
	struct ecdh params = {};
	char packet[sizeof(struct kpp_secret) + sizeof(short)];

	return crypto_ecdh_encode_key(packet, sizeof(packet), &params) ?:
	       peer_kpp(n, name, packet, sizeof(packet), theirs, 2 * size, size);
}

/* In a group of RFC 7919. */
int peer_dh(unsigned int n, const char *name, const u8 *theirs,
	    unsigned int size)
{
	struct dh params = {};
	char packet[sizeof(struct kpp_secret) + 4 * sizeof(int)];
	unsigned int len = crypto_dh_key_len(&params);

	if (len > sizeof(packet))
		return -EINVAL;
	return crypto_dh_encode_key(packet, len, &params) ?:
	       peer_kpp(n, name, packet, len, theirs, size, size);
}

void peer_rsa_free(struct crypto_akcipher *tfm)
{
	crypto_free_akcipher(tfm);
}

struct crypto_akcipher *peer_rsa_new(const u8 *key, unsigned int key_len)
{
	struct crypto_akcipher *tfm;

	tfm = crypto_alloc_akcipher("rsa", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return NULL;
	if (crypto_akcipher_set_pub_key(tfm, key, key_len)) {
		crypto_free_akcipher(tfm);
		return NULL;
	}
	return tfm;
}

/* The operation, and a comparison with what it should have given. */
int peer_rsa_refuse(struct crypto_akcipher *tfm, unsigned int n, const u8 *sig,
		    const u8 *expected, unsigned int size)
{
	while (n--) {
		u8 *out = kmalloc(size, GFP_KERNEL);
		int err;

		if (!out)
			return -ENOMEM;
		err = crypto_akcipher_sync_encrypt(tfm, sig, size, out, size);
		if (!err && !memcmp(out, expected, size))
			err = -EINVAL;
		kfree(out);
		if (err)
			return err;
	}
	return 0;
}

void peer_sig_free(struct crypto_sig *tfm)
{
	crypto_free_sig(tfm);
}

struct crypto_sig *peer_sig_new(const char *name, bool private, const u8 *key,
				unsigned int key_len)
{
	struct crypto_sig *tfm = crypto_alloc_sig(name, 0, 0);

	if (IS_ERR(tfm))
		return NULL;
	if (private ? crypto_sig_set_privkey(tfm, key, key_len) :
		      crypto_sig_set_pubkey(tfm, key, key_len)) {
		crypto_free_sig(tfm);
		return NULL;
	}
	return tfm;
}

int peer_sig_sign(struct crypto_sig *tfm, unsigned int n, const u8 *digest,
		  unsigned int digest_len, u8 *sig, unsigned int sig_len)
{
	while (n--) {
		int err = crypto_sig_sign(tfm, digest, digest_len, sig, sig_len);

		if (err < 0)
			return err;
	}
	return 0;
}

/* The signature is one that is refused, after all the work is done. */
int peer_sig_refuse(struct crypto_sig *tfm, unsigned int n, const u8 *sig,
		    unsigned int sig_len, const u8 *digest,
		    unsigned int digest_len)
{
	while (n--) {
		int err = crypto_sig_verify(tfm, sig, sig_len, digest,
					    digest_len);

		/* -EINVAL is what RSA says of the first byte of the padding. */
		if (err != -EKEYREJECTED && err != -EINVAL)
			return err ?: -EBADMSG;
	}
	return 0;
}
