// SPDX-License-Identifier: GPL-2.0
/*
 * Defines the tracepoints of TLS handshakes, for callers written in Rust.
 */

#define CREATE_TRACE_POINTS
#define CREATE_RUST_TRACE_POINTS
#include <trace/events/tls_handshake.h>
