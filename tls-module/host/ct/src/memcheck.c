// SPDX-License-Identifier: GPL-2.0

#include <stddef.h>
#include <valgrind/memcheck.h>

void ct_secret(const void *address, size_t len)
{
	VALGRIND_MAKE_MEM_UNDEFINED(address, len);
}

void ct_public(const void *address, size_t len)
{
	VALGRIND_MAKE_MEM_DEFINED(address, len);
}

int ct_running(void)
{
	return RUNNING_ON_VALGRIND;
}
