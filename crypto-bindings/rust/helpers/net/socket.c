// SPDX-License-Identifier: GPL-2.0

#include <linux/sockptr.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
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

__rust_helper int rust_helper_sock_error(struct sock *sk)
{
	return sock_error(sk);
}

__rust_helper bool rust_helper_sk_stream_is_writeable(const struct sock *sk)
{
	return sk_stream_is_writeable(sk);
}

__rust_helper bool rust_helper_sock_writeable(const struct sock *sk)
{
	return sock_writeable(sk);
}

__rust_helper int rust_helper_sk_drops_read(const struct sock *sk)
{
	return sk_drops_read(sk);
}

__rust_helper void rust_helper_lock_sock(struct sock *sk)
{
	lock_sock(sk);
}

/* The most connections that listen() lets wait. */
__rust_helper int rust_helper_sock_somaxconn(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->core.sysctl_somaxconn);
}

/*
 * `struct sock` is opaque to Rust, which has no right notion of its layout: with
 * lock debugging on, bindgen gets the size of `socket_lock_t` wrong.
 */

__rust_helper void rust_helper_sk_set_callbacks(struct sock *sk,
						void (*data_ready)(struct sock *sk),
						void (*write_space)(struct sock *sk),
						void (*state_change)(struct sock *sk),
						void (*error_report)(struct sock *sk))
{
	sk->sk_data_ready = data_ready;
	sk->sk_write_space = write_space;
	sk->sk_state_change = state_change;
	sk->sk_error_report = error_report;
}

__rust_helper void *rust_helper_sk_user_data(const struct sock *sk)
{
	return sk->sk_user_data;
}

__rust_helper void rust_helper_sk_set_user_data(struct sock *sk, void *data)
{
	sk->sk_user_data = data;
}

__rust_helper void rust_helper_sk_callback_read_lock_bh(struct sock *sk)
{
	read_lock_bh(&sk->sk_callback_lock);
}

__rust_helper void rust_helper_sk_callback_read_unlock_bh(struct sock *sk)
{
	read_unlock_bh(&sk->sk_callback_lock);
}

__rust_helper void rust_helper_sk_callback_write_lock_bh(struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
}

__rust_helper void rust_helper_sk_callback_write_unlock_bh(struct sock *sk)
{
	write_unlock_bh(&sk->sk_callback_lock);
}

/* SIOCOUTQ of tcp_ioctl(); nothing is on its way before a connection, or after */
__rust_helper unsigned int rust_helper_tcp_unacked(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 una;

	if ((1 << inet_sk_state_load(sk)) &
	    (TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV))
		return 0;
	una = READ_ONCE(tp->snd_una);
	/* What is acknowledged was written: in the other order it could wrap. */
	smp_rmb();
	return READ_ONCE(tp->write_seq) - una;
}
