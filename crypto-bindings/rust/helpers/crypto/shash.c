// SPDX-License-Identifier: GPL-2.0

#include <crypto/hash.h>

__rust_helper void rust_helper_crypto_free_shash(struct crypto_shash *tfm)
{
	crypto_free_shash(tfm);
}

__rust_helper u32 rust_helper_crypto_shash_get_flags(struct crypto_shash *tfm)
{
	return crypto_shash_get_flags(tfm);
}

__rust_helper const char *
rust_helper_crypto_shash_driver_name(struct crypto_shash *tfm)
{
	return crypto_shash_driver_name(tfm);
}

__rust_helper unsigned int
rust_helper_crypto_shash_blocksize(struct crypto_shash *tfm)
{
	return crypto_shash_blocksize(tfm);
}

__rust_helper unsigned int
rust_helper_crypto_shash_digestsize(struct crypto_shash *tfm)
{
	return crypto_shash_digestsize(tfm);
}

__rust_helper int rust_helper_crypto_shash_update(struct shash_desc *desc,
						  const u8 *data,
						  unsigned int len)
{
	return crypto_shash_update(desc, data, len);
}

__rust_helper int rust_helper_crypto_shash_final(struct shash_desc *desc,
						 u8 *out)
{
	return crypto_shash_final(desc, out);
}

__rust_helper void rust_helper_shash_desc_zero(struct shash_desc *desc)
{
	shash_desc_zero(desc);
}
