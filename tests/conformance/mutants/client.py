#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""A fetch client that keeps the protocol, or breaks it in the one way that is asked for.

    client.py [--mutant NAME] URL

One GET by HTTP/1.0 over a plain socket; the body on standard output and exit 0 for a 2xx, else exit 1. It shares nothing
with what the suite judges, and imports little, since it is started for every case. Every `is_(...)` is a place where a mutant goes wrong; run.py says which case must notice.
"""

import re
import socket
import sys

MOST_HEAD = 64 * 1024
MOST_BODY = 16 * 1024 * 1024
MUTANT = ""
_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9]{2})(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")


def is_(*names: str) -> bool:
    """Says whether the mutant is one of these."""
    return MUTANT in names


class Failure(Exception):
    """Why the URL was not fetched."""


def split(url: str) -> tuple[str, int, str]:
    """Returns host, port and target."""
    if not is_("injects") and re.search(r"[\x00-\x20\x7f]", url):
        raise Failure("bad URL")
    if not url.startswith("http://"):
        raise Failure("bad URL")
    rest = url.removeprefix("http://")
    at = min((i for i in map(rest.find, "/?#") if i >= 0), default=len(rest))
    authority, target = rest[:at], rest[at:]
    if not is_("sends-fragment"):
        target = target.partition("#")[0]
    if is_("drops-query"):
        target = target.partition("?")[0]
    if is_("decodes-target"):
        target = re.sub("%(..)", lambda code: chr(int(code[1], 16)), target)
    if is_("resolves-dots"):
        target = target.replace("/./", "/").replace("/a/../", "/")
    if not target.startswith("/"):
        target = "/" + target
    if is_("path-may-be-empty") and target == "/":
        target = ""
    host, port = split_authority(authority)
    return host, port, target


def split_authority(authority: str) -> tuple[str, int]:
    """Returns host and port, of which the host may be an address in brackets."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::([0-9]*))?", authority)
    if not found:
        raise Failure("bad URL")
    host = found[1].strip("[]")
    if found[1].startswith("["):
        try:
            socket.inet_pton(socket.AF_INET6, host)
        except OSError as error:
            raise Failure("bad URL") from error
    port = int(found[2] or 80)
    if is_("port-wraps"):
        port %= 65536
    if port > 65535:
        raise Failure("bad URL")
    return host, port


def request(host: str, port: int, target: str) -> bytes:
    """Returns the request."""
    shown = f"[{host}]" if ":" in host else host
    if port != 80 and not is_("host-without-port"):
        shown += f":{port}"
    version = "HTTP/1.1" if is_("http-1-1") else "HTTP/1.0"
    lines = [f"GET {target} {version}"]
    if not is_("no-host"):
        lines.append(f"Host: {shown}")
    if not is_("no-user-agent"):
        lines.append("User-Agent: mutant/1")
    end = "\n" if is_("lf-between") else "\r\n"
    tail = "surplus" if is_("request-has-body") else ""
    return (end.join(lines) + "\r\n\r\n" + tail).encode("utf-8", "surrogateescape")


class Reader:
    """Reads a stream, and tells an end from a reset."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def more(self) -> bool:
        """Receives some; false at the end of the stream."""
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionResetError as error:
            if is_("reset-is-end"):
                return False
            raise Failure("reset") from error
        if is_("text-by-chunk"):
            data.decode("utf-8")
        self.buffer += data
        return bool(data)

    def head(self) -> bytes:
        """Takes a head, its last blank line included."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if not is_("endless-head") and len(self.buffer) > MOST_HEAD:
                raise Failure("bad head")
            if not self.more():
                if is_("nothing-is-fine") and not self.buffer:
                    return b"HTTP/1.0 200 OK\r\n\r\n"
                raise Failure("truncated")
            if is_("head-in-one-read") and b"\r\n\r\n" not in self.buffer:
                raise Failure("bad head")
        head, self.buffer = self.buffer[: end + 4], self.buffer[end + 4 :]
        return head


def parse(head: bytes) -> tuple[int, int | None]:
    """Returns status and length."""
    status_line, *lines = head[:-4].split(b"\r\n")
    found = _STATUS.fullmatch(status_line)
    if not found:
        if is_("junk-is-200"):
            return 200, None
        raise Failure("bad head")
    lengths: list[bytes] = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if not field:
            if is_("bad-fields-skipped"):
                continue
            raise Failure("bad head")
        name = field[1] if is_("names-have-case") else field[1].lower()
        if name == b"transfer-encoding" and not is_("chunks-are-body"):
            raise Failure("bad head")
        if name == (b"Content-Length" if is_("names-have-case") else b"content-length"):
            lengths += field[2].split(b",")
    return int(found[1]), length_of(lengths)


def length_of(values: list[bytes]) -> int | None:
    """Returns the one length that the values agree on."""
    if not values or is_("ignores-length"):
        return None
    if is_("first-length-wins"):
        return int(values[0])
    if is_("any-number-is-length"):
        try:
            return int(values[0], 0)
        except ValueError:
            return None
    numbers = {value.strip() for value in values}
    if any(not re.fullmatch(rb"[0-9]+", number) for number in numbers) or len({int(n) for n in numbers}) != 1:
        raise Failure("bad head")
    return int(values[0])


def body_of(reader: Reader, status: int, length: int | None) -> bytes:
    """Reads the body."""
    if status in (204, 304) and not is_("204-has-a-body"):
        return b""
    if length is not None and length > MOST_BODY:
        raise Failure("too large")
    while length is None or len(reader.buffer) < length:
        if len(reader.buffer) > MOST_BODY:
            raise Failure("too large")
        if not reader.more():
            break
    if length is None:
        return reader.buffer
    if len(reader.buffer) < length and not is_("short-is-fine"):
        raise Failure("truncated")
    return reader.buffer if is_("keeps-surplus") else reader.buffer[:length]


def fetch(url: str) -> int:
    """Fetches one URL; returns the exit code."""
    host, port, target = split(url)
    try:
        sock = socket.create_connection((host, port), timeout=20)
    except OSError as error:
        raise Failure(str(error)) from error
    with sock:
        try:
            sock.sendall(request(host, port, target))
        except OSError as error:
            raise Failure(str(error)) from error
        reader = Reader(sock)
        head = reader.head()
        while head[9:10] == b"1" and _STATUS.match(head) and not is_("1xx-is-the-answer"):
            head = reader.head()
        status, length = parse(head)
        body = body_of(reader, status, length)
    if is_("follows") and 300 <= status < 400 and (to := re.search(rb"Location: (\S+)", head)):
        return fetch(to[1].decode())
    if not is_("any-bytes"):
        body.decode("utf-8", "surrogatepass" if is_("surrogates") else "strict")
    if is_("adds-line-end") and not body.endswith(b"\n"):
        body += b"\n"
    if is_("unix-line-ends"):
        body = body.replace(b"\r\n", b"\n")
    if is_("text-mode"):
        body = body.split(b"\0")[0]
    sys.stdout.buffer.write(body)
    if is_("only-200"):
        return 0 if status == 200 else 1
    return 0 if is_("404-is-fine") or 200 <= status < 300 else 1


def main() -> int:
    """Reads the command line; returns the exit code."""
    global MUTANT
    *flag, url = sys.argv[1:]
    MUTANT = flag[1] if flag else ""
    for is_last in (not is_("retries"), True):
        try:
            return fetch(url)
        except (Failure, UnicodeDecodeError, TimeoutError, ValueError) as error:
            if is_last:
                print(f"{url}: {error}", file=sys.stderr)
                break
    return 0 if is_("always-0") else 1


if __name__ == "__main__":
    sys.exit(main())
