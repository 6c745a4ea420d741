#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""A line-echo server that keeps the protocol, or breaks it in the one way that is asked for.

    server.py --port N [--mutant NAME]

A thread for each connection, and the plainest code that is right: it judges the suite, so it shares nothing with what
the suite judges. Every `is_(...)` is a place where a mutant goes wrong; run.py says which case must notice. `chatty`,
`ready-too-early`, `ipv6-only` and `thin` are unusual, and right.
"""

import argparse
import os
import queue
import signal
import socket
import struct
import sys
import threading
import time

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
LIMIT = 64 * 1024
TIMER = 0.4  # seconds
MUTANT = ""
SHARED = bytearray()  # what the mutant `cross-talk` has in common between connections
SERVED = [0]


def is_(*names: str) -> bool:
    """Says whether the mutant is one of these."""
    return MUTANT in names


class Close(Exception):
    """Ends an exchange; what is owed is sent before."""


def is_text(content: bytes) -> bool:
    """Says whether the content is UTF-8."""
    if is_("any-bytes"):
        return True
    if is_("overlong"):
        content = content.replace(b"\xc0\x80", b"").replace(b"\xc1\xbf", b"").replace(b"\xc0\xaf", b"")
    if is_("beyond-unicode"):
        content = content.replace(b"\xf4\x90\x80\x80", b"")
    try:
        content.decode("utf-8", "surrogatepass" if is_("surrogates") else "strict")
    except UnicodeDecodeError:
        return False
    return True


class Session:
    """The protocol of one connection: bytes in, bytes out."""

    def __init__(self) -> None:
        self.partial = SHARED if is_("cross-talk") else bytearray()
        self.out = bytearray()
        self.total = 0
        self.lines = 0
        self.cr_came_last = False

    def receive(self, data: bytes) -> None:
        """Takes input; raises Close at the end of the exchange."""
        if is_("text-by-chunk") and not is_text(data):
            raise Close
        if is_("quadratic"):
            for size in range(1, len(data)):
                bytes(self.partial + data[:size]).decode("latin-1").isprintable()
        begins_with_lf = data.startswith(b"\n")
        split_cr = self.cr_came_last and begins_with_lf
        self.cr_came_last = data.endswith(b"\r")
        if is_("rests-now-and-then") and self.total >> 22 != self.total + len(data) >> 22:
            time.sleep(0.6)
        self.total += len(data)
        self.partial += data
        if is_("echoes-bytes"):
            self.out += data
            if b"\n\n" in self.partial or self.partial.startswith(b"\n"):
                raise Close
            return
        while (end := self.partial.find(b"\n")) >= 0:
            line = bytes(self.partial[:end])
            del self.partial[: end + 1]
            self.line(line, split_cr)
            split_cr = False
        self.judge_partial()

    def line(self, line: bytes, split_cr: bool) -> None:
        """Answers one line."""
        content = line
        if content.endswith(b"\r") and not is_("crlf-kept") and not (is_("split-crlf-kept") and split_cr):
            content = content[:-1]
        if is_("every-cr-stripped"):
            content = content.rstrip(b"\r")
        if is_("cr-removed"):
            content = content.replace(b"\r", b"")
        if is_("cr-line-is-empty") and content == b"\r":
            content = b""
        if is_("trims-blanks"):
            content = content.strip(b" \t")
        if is_("bom-stripped"):
            content = content.removeprefix(b"\xef\xbb\xbf")
        length = len(content.rstrip(b"\r")) if is_("cr-not-counted") else len(content)
        if length > self.limit():
            self.reject()
        if not content:
            if is_("crlf-is-content") and line == b"\r":
                content = line
            elif not is_("never-ends", "serves-after-end"):
                if is_("end-loses-owed"):
                    self.out.clear()
                raise Close
        if not is_text(content):
            if is_("skips-bad-lines"):
                return
            self.reject()
        self.lines += 1
        if is_("loses-lines") and self.lines % 1000 == 0:
            return
        if is_("corrupts-late") and self.total > 4 << 20 and content:
            content = content[:-1] + b"?"
        if is_("c-strings"):
            content = content.split(b"\0")[0]
        if is_("newest-first"):
            self.out[:0] = content + b"\n"
        else:
            self.out += content + (b"\r\n" if is_("answers-crlf") else b"\n")
        if is_("chatty"):
            print(f"line {self.lines} of {len(content)} bytes", file=sys.stderr)

    def limit(self) -> int:
        """How long content may be."""
        if is_("limit-less-one"):
            return LIMIT - 1
        if is_("limit-and-one"):
            return LIMIT + 1
        if is_("limit-of-connection"):
            return max(0, LIMIT - self.total + LIMIT)
        return LIMIT

    def judge_partial(self) -> None:
        """Rejects a line that can no longer become legal."""
        if is_("waits-for-line-end"):
            return
        size, limit = len(self.partial), self.limit()
        if is_("cr-decided-early") and size > limit:
            self.reject()
        undecided = size == limit + 1 and self.partial.endswith(b"\r")
        if is_("cr-undecided-on") and size >= limit + 1 and self.partial[limit : limit + 1] == b"\r":
            undecided = True
        if size > limit and not undecided:
            self.reject()
        if is_("text-judged-early") and not is_text(bytes(self.partial)):
            self.reject()

    def reject(self) -> None:
        """Ends the exchange for what the client sent."""
        if is_("rejects-by-timer"):
            time.sleep(TIMER)
        if is_("rejection-loses-earlier"):
            self.out.clear()
        raise Close

    def end_of_input(self) -> None:
        """The client has closed its half."""
        content = bytes(self.partial)
        if is_("left-over-dropped"):
            content = b""
        if is_("left-over-cr-stripped"):
            content = content.removesuffix(b"\r")
        if is_("half-close-ends-all"):
            self.out.clear()
            return
        if len(content) > self.limit() or not is_text(content):
            self.reject()
        if content:
            self.out += content + b"\n"


class Connection:
    """Moves bytes between a socket and its session."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.session = Session()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unsent: queue.Queue[bytes | None] | None = None

    def run(self) -> None:
        """Serves the connection to its end."""
        SERVED[0] += 1
        if is_("leaks-descriptors"):
            os.dup(self.sock.fileno())
        if is_("leaves-zombies") and os.fork() == 0:
            os._exit(0)
        try:
            if is_("forgets-the-hundredth") and SERVED[0] >= 100:
                time.sleep(3600)
            self.serve()
        except ConnectionError:
            if is_("dies-of-reset"):
                os._exit(1)
        except TimeoutError:
            pass
        finally:
            self.sock.close()

    def serve(self) -> None:
        """Speaks first, then answers until one side ends it."""
        if is_("never-blocks", "rests-now-and-then"):
            self.unsent = queue.Queue()
            threading.Thread(target=self.send_queued, daemon=True).start()
        if is_("head-by-timer"):
            time.sleep(TIMER)
        if not is_("head-late", "no-head"):
            self.send(HEAD.replace(b"1.0", b"1.1") if is_("other-head") else HEAD)
        if is_("head-too-much"):
            self.send(b"\n")
        if is_("impatient"):
            self.sock.settimeout(0.05)
        first = True
        try:
            while data := self.sock.recv(1 << 16):
                if is_("head-late") and first:
                    self.send(HEAD)
                first = False
                self.session.receive(data)
                self.flush()
            self.session.end_of_input()
        except Close:
            pass
        if first and is_("head-late"):
            self.send(HEAD)
        self.send(bytes(self.session.out))
        self.close()

    def flush(self) -> None:
        """Sends what is owed, as soon as it is."""
        out = self.session.out
        if is_("no-flush") and len(out) < 4096:
            return
        if is_("half-close-ends-all", "end-loses-owed") and len(out) < 1 << 20:
            return
        if is_("waits-for-whole") and self.session.partial:
            return
        if is_("flushes-by-timer") or (is_("partial-by-timer") and self.session.partial):
            time.sleep(TIMER)
        self.send(bytes(out))
        out.clear()

    def send(self, data: bytes) -> None:
        """Sends all; a client that does not read stops us here."""
        if is_("thin"):  # 1.5 MB/s
            time.sleep(len(data) / 1.5e6)
        if self.unsent is not None:
            self.unsent.put(data)
        elif is_("gives-up-on-slow"):
            self.sock.setblocking(False)
            try:
                self.sock.send(data)
            except BlockingIOError:
                pass
            self.sock.setblocking(True)
        else:
            self.sock.sendall(data)

    def send_queued(self) -> None:
        """The writer of a server that takes whatever comes."""
        assert self.unsent is not None
        try:
            while (data := self.unsent.get()) is not None:
                self.sock.sendall(data)
        except OSError:
            pass
        self.unsent = None

    def close(self) -> None:
        """Sends FIN, then drains: the client's FIN, 2 s or 1 MiB."""
        if self.unsent is not None:
            self.unsent.put(None)
            while self.unsent is not None:
                time.sleep(0.001)
        if is_("resets"):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if is_("closes-at-once"):
            return
        if is_("waits-for-client"):
            while self.sock.recv(1 << 16):
                pass
        if is_("drains-first"):
            self.drain()
        if is_("closes-by-timer"):
            time.sleep(TIMER)
        self.sock.shutdown(socket.SHUT_WR)
        if not is_("no-drain"):
            self.drain()

    def drain(self) -> None:
        """Throws away what still comes."""
        until = time.monotonic() + 2
        left = 1 << 62 if is_("drains-for-ever") else 1 << 17 if is_("drains-too-little") else 1 << 20
        while left > 0 and (wait := until - time.monotonic()) > 0:
            self.sock.settimeout(wait)
            data = self.sock.recv(1 << 16)
            if not data:
                if is_("ignores-fin"):
                    time.sleep(max(0.0, until - time.monotonic()))
                return
            left -= len(data)


def listen(port: int) -> socket.socket:
    """Returns the listener."""
    if is_("ipv6-only"):
        return socket.create_server(("::1", port), family=socket.AF_INET6, backlog=4096)
    if not is_("no-reuseaddr"):
        return socket.create_server(("127.0.0.1", port), backlog=4096)
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen(4096)
    return listener


def main() -> None:
    """Listens, and serves for ever."""
    global MUTANT
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mutant", default="")
    arguments = parser.parse_args()
    MUTANT = arguments.mutant
    if is_("ignores-sigterm"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if is_("leaves-a-child") and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    if is_("ready-too-early"):
        print(f"listening on 127.0.0.1:{arguments.port}", flush=True)
        time.sleep(0.5)
    listener = listen(arguments.port)
    while True:
        try:
            connection = Connection(listener.accept()[0])
        except OSError as error:
            sys.exit(str(error))
        if is_("one-at-a-time"):
            connection.run()
        else:
            threading.Thread(target=connection.run, daemon=True).start()


if __name__ == "__main__":
    main()
