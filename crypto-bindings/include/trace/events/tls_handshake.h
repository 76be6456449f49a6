/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of TLS handshakes made in the kernel, called from
 * `rust/kernel/net/tls_trace.rs`.
 */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM tls_handshake

#if !defined(_TRACE_TLS_HANDSHAKE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_TLS_HANDSHAKE_H

#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/tracepoint.h>

TRACE_EVENT(tls_handshake_start,
	TP_PROTO(u64 id, const struct sockaddr *peer, int peerlen),
	TP_ARGS(id, peer, peerlen),
	TP_STRUCT__entry(
		__field(u64, id)
		__sockaddr(peer, peerlen)
	),
	TP_fast_assign(
		__entry->id = id;
		__assign_sockaddr(peer, peer, peerlen);
	),
	TP_printk("id=%llu peer=%pISpc", __entry->id, __get_sockaddr(peer))
);

TRACE_EVENT(tls_handshake_done,
	TP_PROTO(u64 id, u16 suite, u16 group, u16 sig),
	TP_ARGS(id, suite, group, sig),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u16, suite)
		__field(u16, group)
		__field(u16, sig)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->suite = suite;
		__entry->group = group;
		__entry->sig = sig;
	),
	TP_printk("id=%llu suite=0x%04x group=0x%04x sig=0x%04x", __entry->id,
		  __entry->suite, __entry->group, __entry->sig)
);

TRACE_EVENT(tls_handshake_fail,
	TP_PROTO(u64 id, u8 alert, int error),
	TP_ARGS(id, alert, error),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u8, alert)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->alert = alert;
		__entry->error = error;
	),
	TP_printk("id=%llu alert=%u errno=%d", __entry->id, __entry->alert,
		  __entry->error)
);

#endif /* _TRACE_TLS_HANDSHAKE_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
