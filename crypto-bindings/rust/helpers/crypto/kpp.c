// SPDX-License-Identifier: GPL-2.0

#include <crypto/kpp.h>
#include <linux/fips.h>

/* It is a variable or a macro, so the helper has another name. */
__rust_helper bool rust_helper_is_fips_enabled(void)
{
	return fips_enabled;
}

__rust_helper const char *
rust_helper_crypto_tfm_alg_driver_name(struct crypto_tfm *tfm)
{
	return crypto_tfm_alg_driver_name(tfm);
}

__rust_helper struct crypto_tfm *
rust_helper_crypto_kpp_tfm(struct crypto_kpp *tfm)
{
	return crypto_kpp_tfm(tfm);
}

__rust_helper void rust_helper_crypto_free_kpp(struct crypto_kpp *tfm)
{
	crypto_free_kpp(tfm);
}

__rust_helper int rust_helper_crypto_kpp_set_secret(struct crypto_kpp *tfm,
						    const void *buffer,
						    unsigned int len)
{
	return crypto_kpp_set_secret(tfm, buffer, len);
}

__rust_helper struct kpp_request *
rust_helper_kpp_request_alloc(struct crypto_kpp *tfm, gfp_t gfp)
{
	return kpp_request_alloc(tfm, gfp);
}

__rust_helper void rust_helper_kpp_request_free(struct kpp_request *req)
{
	kpp_request_free(req);
}

__rust_helper void
rust_helper_kpp_request_set_callback(struct kpp_request *req, u32 flgs,
				     crypto_completion_t cmpl, void *data)
{
	kpp_request_set_callback(req, flgs, cmpl, data);
}

__rust_helper void
rust_helper_kpp_request_set_input(struct kpp_request *req,
				  struct scatterlist *input,
				  unsigned int input_len)
{
	kpp_request_set_input(req, input, input_len);
}

__rust_helper void
rust_helper_kpp_request_set_output(struct kpp_request *req,
				   struct scatterlist *output,
				   unsigned int output_len)
{
	kpp_request_set_output(req, output, output_len);
}

__rust_helper int
rust_helper_crypto_kpp_generate_public_key(struct kpp_request *req)
{
	return crypto_kpp_generate_public_key(req);
}

__rust_helper int
rust_helper_crypto_kpp_compute_shared_secret(struct kpp_request *req)
{
	return crypto_kpp_compute_shared_secret(req);
}

__rust_helper void rust_helper_crypto_init_wait(struct crypto_wait *wait)
{
	crypto_init_wait(wait);
}

__rust_helper int rust_helper_crypto_wait_req(int err,
					      struct crypto_wait *wait)
{
	return crypto_wait_req(err, wait);
}
