# SPDX-License-Identifier: GPL-2.0
"""A stand-in for the module: the same services over OpenSSL's libssl, in a process of its own.

`pytest --backend openssl` runs the client half of the suites against it, on any machine and without a kernel.
A test that a mature server fails is wrong itself: that is what this file is for. Run as a program it takes one
JSON object with a listener's attributes, where `certificates` is a list of [chain file, key file, [names]].
"""

import ctypes
import ctypes.util
import json
import socket
import sys
import threading

ssl = ctypes.CDLL(ctypes.util.find_library("ssl"))
for _function in ("SSL_CTX_new", "SSL_new", "TLS_server_method", "SSL_get_current_cipher", "SSL_get_servername",
                  "SSL_CIPHER_standard_name", "SSL_get_version", "SSL_set_SSL_CTX"):
    getattr(ssl, _function).restype = ctypes.c_void_p
for _function in ("SSL_CIPHER_standard_name", "SSL_get_servername", "SSL_get_version"):
    getattr(ssl, _function).restype = ctypes.c_char_p

CTRL_SET_MIN_PROTO_VERSION, CTRL_SET_GROUPS_LIST = 123, 92
CTRL_GET_SIGNATURE_NID, CTRL_GET_NEGOTIATED_GROUP, CTRL_SET_SERVERNAME_CALLBACK = 132, 134, 53
TLS1_3, FILETYPE_PEM, OP_NO_TICKET, OP_CIPHER_SERVER_PREFERENCE = 0x304, 1, 1 << 14, 1 << 22
GROUPS = {415: "secp256r1", 715: "secp384r1", 1034: "x25519"}
DIGESTS = {672: "sha256", 673: "sha384", 674: "sha512"}
OPENSSL_GROUPS = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384"}

NAME_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
MESSAGE_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t,
                                    ctypes.c_void_p, ctypes.c_void_p)
ALPN_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p),
                                 ctypes.POINTER(ctypes.c_ubyte), ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p)


def http_answer(request, facts):
    """The answer of the `http` service to a request's head, given what was negotiated."""
    parts = request.split(b"\r\n", 1)[0].split(b" ")
    status, body = "404 Not Found", b"not found\n"
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
        status, body = "400 Bad Request", b"bad request\n"
    elif parts[0] != b"GET":
        status, body = "405 Method Not Allowed", b"only GET\n"
    elif parts[1] == b"/":
        status, body = "200 OK", "".join(f"{name}: {value}\n" for name, value in facts.items()).encode()
    elif parts[1].startswith(b"/bytes/") and parts[1][7:].isdigit():
        status, body = "200 OK", b"x" * int(parts[1][7:])
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


class Server:
    """One listener: an SSL_CTX for each certificate, a thread for each connection."""

    def __init__(self, config):
        self.config = config
        self.slots = threading.Semaphore(int(config["max_handshakes"]))
        self.hellos = {}
        self.callbacks = []
        self.contexts = []
        for chain, key, names in config["certificates"]:
            self.contexts.append((self.context(chain, key), names))

    def context(self, chain, key):
        context = ctypes.c_void_p(ssl.SSL_CTX_new(ctypes.c_void_p(ssl.TLS_server_method())))
        ssl.SSL_CTX_ctrl(context, CTRL_SET_MIN_PROTO_VERSION, TLS1_3, None)
        groups = ":".join(OPENSSL_GROUPS[group] for group in self.config["groups"].split())
        done = [
            ssl.SSL_CTX_ctrl(context, CTRL_SET_GROUPS_LIST, 0, groups.encode()),
            ssl.SSL_CTX_set_ciphersuites(context, ":".join(self.config["suites"].split()).encode()),
            ssl.SSL_CTX_use_certificate_chain_file(context, chain.encode()),
            ssl.SSL_CTX_use_PrivateKey_file(context, key.encode(), FILETYPE_PEM),
        ]
        if 0 in done:
            sys.exit(f"libssl refused a setting: {done}")
        ssl.SSL_CTX_set_options(context, ctypes.c_uint64(OP_NO_TICKET | OP_CIPHER_SERVER_PREFERENCE))
        ssl.SSL_CTX_set_num_tickets(context, ctypes.c_size_t(0))
        callbacks = NAME_CALLBACK(self.on_name), MESSAGE_CALLBACK(self.on_message), ALPN_CALLBACK(self.on_alpn)
        self.callbacks.extend(callbacks)
        ssl.SSL_CTX_callback_ctrl(context, CTRL_SET_SERVERNAME_CALLBACK, callbacks[0])
        ssl.SSL_CTX_set_msg_callback(context, callbacks[1])
        if self.config["alpn"]:
            ssl.SSL_CTX_set_alpn_select_cb(context, callbacks[2], None)
        return context

    def on_name(self, connection, _alert, _argument):
        name = (ssl.SSL_get_servername(ctypes.c_void_p(connection), 0) or b"").decode()
        for context, names in self.contexts:
            if name in names:
                ssl.SSL_set_SSL_CTX(ctypes.c_void_p(connection), context)
                break
        return 0

    def on_message(self, sent, _version, kind, data, length, connection, _argument):
        if not sent and kind == 22 and length and ctypes.string_at(data, 1) == b"\x01":
            self.hellos[connection] = self.hellos.get(connection, 0) + 1

    def on_alpn(self, _connection, out, out_length, offered, length, _argument):
        base, names, at = offered, {}, 0
        wire = ctypes.string_at(offered, length)
        while at < length:
            names[wire[at + 1:at + 1 + wire[at]]] = at + 1
            at += 1 + wire[at]
        for name in self.config["alpn"].encode().split():
            if name in names:
                ctypes.cast(out, ctypes.POINTER(ctypes.c_void_p))[0] = base + names[name]
                out_length[0] = len(name)
                return 0
        return 2

    def facts(self, connection, alpn):
        name = ssl.SSL_get_servername(connection, 0)
        digest = ctypes.c_int()
        ssl.SSL_ctrl(connection, CTRL_GET_SIGNATURE_NID, 0, ctypes.byref(digest))
        suite = ssl.SSL_CIPHER_standard_name(ctypes.c_void_p(ssl.SSL_get_current_cipher(connection)))
        group = ssl.SSL_ctrl(connection, CTRL_GET_NEGOTIATED_GROUP, 0, None)
        return {
            "version": ssl.SSL_get_version(connection).decode(),
            "suite": suite.decode(),
            "group": GROUPS.get(group, str(group)),
            "signature": "rsa_pss_rsae_" + DIGESTS.get(digest.value, str(digest.value)),
            "alpn": alpn or "-",
            "server_name": name.decode() if name else "-",
            "retried": "yes" if self.hellos.pop(connection.value, 0) > 1 else "no",
        }

    def serve(self, peer):
        peer.settimeout(None)
        connection = ctypes.c_void_p(ssl.SSL_new(self.contexts[0][0]))
        self.hellos.pop(connection.value, None)  # of an earlier connection at the same address
        ssl.SSL_set_fd(connection, peer.fileno())
        deadline = threading.Timer(int(self.config["deadline_ms"]) / 1000, peer.shutdown, [socket.SHUT_RDWR])
        deadline.start()
        done = ssl.SSL_accept(connection)
        deadline.cancel()
        self.slots.release()
        if done == 1:
            name, length = ctypes.c_void_p(), ctypes.c_uint()
            ssl.SSL_get0_alpn_selected(connection, ctypes.byref(name), ctypes.byref(length))
            alpn = ctypes.string_at(name, length.value).decode() if length.value else None
            facts = self.facts(connection, alpn)
            (self.echo if self.config["service"] == "echo" else self.http)(connection, facts)
            ssl.SSL_shutdown(connection)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
        ssl.SSL_free(connection)
        peer.close()

    def echo(self, connection, _facts):
        buffer = ctypes.create_string_buffer(16384)
        while (length := ssl.SSL_read(connection, buffer, 16384)) > 0:
            ssl.SSL_write(connection, buffer, length)

    def http(self, connection, facts):
        request, buffer = b"", ctypes.create_string_buffer(4096)
        while b"\r\n\r\n" not in request:
            length = ssl.SSL_read(connection, buffer, 4096)
            if length <= 0:
                return
            request += buffer.raw[:length]
        answer = http_answer(request, facts)
        ssl.SSL_write(connection, answer, len(answer))

    def run(self):
        address = self.config["address"]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, int(self.config["port"])), family=family, backlog=128,
                                        dualstack_ipv6=address == "::")
        print("listening", flush=True)
        while True:
            peer, _ = listener.accept()
            if self.slots.acquire(blocking=False):
                threading.Thread(target=self.quietly, args=[peer], daemon=True).start()
            else:
                peer.close()

    def quietly(self, peer):
        try:
            self.serve(peer)
        except OSError:
            peer.close()


if __name__ == "__main__":
    Server(json.loads(sys.argv[1])).run()
