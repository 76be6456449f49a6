// SPDX-License-Identifier: GPL-2.0

#include <crypto/akcipher.h>

__rust_helper struct crypto_tfm *
rust_helper_crypto_akcipher_tfm(struct crypto_akcipher *tfm)
{
	return crypto_akcipher_tfm(tfm);
}

__rust_helper void
rust_helper_crypto_free_akcipher(struct crypto_akcipher *tfm)
{
	crypto_free_akcipher(tfm);
}

__rust_helper int
rust_helper_crypto_akcipher_set_pub_key(struct crypto_akcipher *tfm,
					const void *key, unsigned int keylen)
{
	return crypto_akcipher_set_pub_key(tfm, key, keylen);
}

__rust_helper unsigned int
rust_helper_crypto_akcipher_maxsize(struct crypto_akcipher *tfm)
{
	return crypto_akcipher_maxsize(tfm);
}
