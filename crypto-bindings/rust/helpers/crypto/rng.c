// SPDX-License-Identifier: GPL-2.0

#include <crypto/rng.h>

__rust_helper int rust_helper_crypto_stdrng_get_bytes(void *buf,
						      unsigned int len)
{
	return crypto_stdrng_get_bytes(buf, len);
}
