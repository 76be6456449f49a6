// SPDX-License-Identifier: GPL-2.0

#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <crypto/scatterwalk.h>
#include <linux/sched.h>

__rust_helper void *rust_helper_crypto_tfm_ctx(struct crypto_tfm *tfm)
{
	return crypto_tfm_ctx(tfm);
}

__rust_helper void *rust_helper_shash_desc_ctx(struct shash_desc *desc)
{
	return shash_desc_ctx(desc);
}

__rust_helper void
rust_helper_scatterwalk_start_at_pos(struct scatter_walk *walk,
				     struct scatterlist *sg, unsigned int pos)
{
	scatterwalk_start_at_pos(walk, sg, pos);
}

__rust_helper int rust_helper_cond_resched(void)
{
	return cond_resched();
}
