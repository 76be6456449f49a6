// SPDX-License-Identifier: GPL-2.0

#include <linux/sockptr.h>
#include <linux/spinlock.h>
#include <net/inet_sock.h>
#include <net/sock.h>

__rust_helper sockptr_t rust_helper_KERNEL_SOCKPTR(void *p)
{
	return KERNEL_SOCKPTR(p);
}

__rust_helper int rust_helper_inet_sk_state_load(const struct sock *sk)
{
	return inet_sk_state_load(sk);
}

__rust_helper bool rust_helper_sk_stream_is_writeable(const struct sock *sk)
{
	return sk_stream_is_writeable(sk);
}

__rust_helper void rust_helper_lock_sock(struct sock *sk)
{
	lock_sock(sk);
}

__rust_helper void rust_helper_read_lock_bh(rwlock_t *lock)
{
	read_lock_bh(lock);
}

__rust_helper void rust_helper_read_unlock_bh(rwlock_t *lock)
{
	read_unlock_bh(lock);
}

__rust_helper void rust_helper_write_lock_bh(rwlock_t *lock)
{
	write_lock_bh(lock);
}

__rust_helper void rust_helper_write_unlock_bh(rwlock_t *lock)
{
	write_unlock_bh(lock);
}
