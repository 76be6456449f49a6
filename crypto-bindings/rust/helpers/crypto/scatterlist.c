// SPDX-License-Identifier: GPL-2.0

#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/vmalloc.h>

__rust_helper int rust_helper_is_vmalloc_or_module_addr(const void *x)
{
	return is_vmalloc_or_module_addr(x);
}

/*
 * Whether sg_set_buf() takes an address that something may be read at.
 *
 * virt_addr_valid() tells, and is how DEBUG_SG does. But on x86-64 it looks for
 * the section of a page, which takes as long as some blocks of AES. Nearly all
 * buffers are between these two bounds, in the direct map of what memory there
 * is, all of which has a struct page. (On other architectures there may be more
 * between them: LoongArch maps devices there.)
 */
static __always_inline bool is_linear(const void *x)
{
	if (IS_ENABLED(CONFIG_X86_64) && (unsigned long)x >= PAGE_OFFSET &&
	    x < (const void *)high_memory)
		return true;
	return virt_addr_valid(x);
}

/* The page of an address in the linear map, NULL for any other address. */
__rust_helper struct page *rust_helper_linear_page(const void *x)
{
	return is_linear(x) ? virt_to_page(x) : NULL;
}

/* sg_set_buf(), if it takes the address. */
__rust_helper bool rust_helper_sg_set_linear(struct scatterlist *sg,
					     const void *buf,
					     unsigned int buflen)
{
	if (!is_linear(buf))
		return false;
	sg_set_buf(sg, buf, buflen);
	return true;
}

/*
 * sg_init_one(), if it takes the address. There it is three calls, one in the
 * other, which is much beside a block of AES; here it is a few instructions.
 */
__rust_helper bool rust_helper_sg_init_linear(struct scatterlist *sg,
					      const void *buf,
					      unsigned int buflen)
{
	memset(sg, 0, sizeof(*sg));
	sg_init_marker(sg, 1);
	return rust_helper_sg_set_linear(sg, buf, buflen);
}

__rust_helper struct page *rust_helper_virt_to_page(const void *x)
{
	return virt_to_page(x);
}

__rust_helper bool rust_helper_pfn_valid(unsigned long pfn)
{
	return pfn_valid(pfn);
}

__rust_helper unsigned long rust_helper_page_to_pfn(const struct page *page)
{
	return page_to_pfn(page);
}

__rust_helper bool rust_helper_page_reserved(const struct page *page)
{
	return PageReserved(page);
}

__rust_helper void rust_helper_sg_set_page(struct scatterlist *sg,
					   struct page *page, unsigned int len,
					   unsigned int offset)
{
	sg_set_page(sg, page, len, offset);
}
