// SPDX-License-Identifier: GPL-2.0

#include <crypto/aead.h>

__rust_helper void rust_helper_crypto_free_aead(struct crypto_aead *tfm)
{
	crypto_free_aead(tfm);
}

__rust_helper unsigned int
rust_helper_crypto_aead_ivsize(struct crypto_aead *tfm)
{
	return crypto_aead_ivsize(tfm);
}

__rust_helper struct aead_request *
rust_helper_aead_request_alloc(struct crypto_aead *tfm, gfp_t gfp)
{
	return aead_request_alloc(tfm, gfp);
}

__rust_helper void rust_helper_aead_request_free(struct aead_request *req)
{
	aead_request_free(req);
}

__rust_helper void
rust_helper_aead_request_set_callback(struct aead_request *req, u32 flags,
				      crypto_completion_t compl, void *data)
{
	aead_request_set_callback(req, flags, compl, data);
}

__rust_helper void rust_helper_aead_request_set_crypt(struct aead_request *req,
						      struct scatterlist *src,
						      struct scatterlist *dst,
						      unsigned int cryptlen,
						      u8 *iv)
{
	aead_request_set_crypt(req, src, dst, cryptlen, iv);
}

__rust_helper void rust_helper_aead_request_set_ad(struct aead_request *req,
						   unsigned int assoclen)
{
	aead_request_set_ad(req, assoclen);
}
