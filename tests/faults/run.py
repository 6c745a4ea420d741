#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Lets every I/O step of a server or a fetch client fail in turn, and says what that must come to.

    run.py --library LIBRARY --kind echo|fetch [--never-waits] [--passes-connections] -- COMMAND [ARGUMENT]...

A fault that the kernel may show to anyone at any time (a short read, a short write, EINTR, a send that must wait, an accept
that fails) must change nothing. A reset may end the connection that it met, after a part of the right answer, and no other;
a connection that is refused is a fetch that failed, and says so; the counters balance afterwards. Each fault must have met a
step, except those of steps that the contender does not have: these must have met none. Exit 0 when all of that held, else 1
with a line for each step where it did not.
"""

import argparse
import errno
import json
import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
LINES = [b"one\r\ntwo\n", b"caf\xc3\xa9 " + b"x" * 20_000 + b"\n"]
ANSWER = HEAD + b"one\ntwo\n" + LINES[1]
BODY = "a page, caf\u00e9\n".encode() * 400
PATIENCE = 20.0
MOST_STEPS = 100  # an exchange that takes more is itself at fault

READING, WRITING, ACCEPTING, CONNECTING, GIVING, TAKING, WAITING = 1, 2, 4, 8, 16, 32, 64
EVERY_OTHER = (1 << 64) - 1


@dataclass(frozen=True)
class Fault:
    """One way to fail: `error` 0 is a step that is cut to one byte. Without `whys` it must change nothing; else a fetch may
    fail, in one of these words."""

    name: str
    kinds: int
    error: int
    whys: tuple[str, ...] = ()

    @property
    def harmless(self) -> bool:
        """Whether it must change nothing."""
        return not self.whys


# A receive that times out is idleness, so EAGAIN is for sends: a part of the idle timeout, no more.
FAULTS = (
    Fault("short read", READING, 0),
    Fault("short write", WRITING, 0),
    Fault("EINTR", READING | WRITING | ACCEPTING, errno.EINTR),
    Fault("EINTR in giving", GIVING, errno.EINTR),
    Fault("EINTR in taking", TAKING, errno.EINTR),
    Fault("EINTR in a wait", WAITING, errno.EINTR),
    Fault("EAGAIN in a send", WRITING, errno.EAGAIN),
    # A request that can't be sent may have been answered before, so the end of the stream decides.
    Fault("ECONNRESET", READING | WRITING, errno.ECONNRESET, ("reset", "truncated")),
    Fault("ENOMEM in accept", ACCEPTING, errno.ENOMEM),
    Fault("EMFILE in accept", ACCEPTING, errno.EMFILE),
    Fault("ECONNABORTED in accept", ACCEPTING, errno.ECONNABORTED),
    Fault("ECONNREFUSED in connect", CONNECTING, errno.ECONNREFUSED, ("refused",)),
    Fault("EADDRNOTAVAIL in connect", CONNECTING, errno.EADDRNOTAVAIL, (os.strerror(errno.EADDRNOTAVAIL),)),
)


class Orders:
    """The file through which the library is told what to do; its layout is io_faults.cpp's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(40))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 40)

    def give(self, fault: Fault, fail_at: int) -> None:
        """Lets that step of those to come fail; no step counts before this is complete, as `fail_at` comes last."""
        self.take_back()
        struct.pack_into("<QQQQ", self._memory, 0, 0, 0, fault.kinds, fault.error)
        self._set_fail_at(fail_at)

    def take_back(self) -> None:
        """Lets nothing fail from now on."""
        self._set_fail_at(0)

    def _set_fail_at(self, step: int) -> None:
        struct.pack_into("<Q", self._memory, 32, step)

    @property
    def fired(self) -> int:
        """How many steps failed."""
        return struct.unpack_from("<Q", self._memory, 8)[0]


class Problems(list[str]):
    """What did not hold."""

    def expect(self, holds: bool, what: str) -> None:
        """Notes what did not hold."""
        if not holds:
            self.append(what)


def poll_until(done: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Asks until it is so, or patience is at its end."""
    until = time.monotonic() + patience
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True


class Server:
    """The server under test, with the library before it."""

    def __init__(self, command: list[str], library: str, orders: Orders) -> None:
        self.process = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0"],
            env={**os.environ, "LD_PRELOAD": library, "TRIVIUM_IO_FAULTS": str(orders.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        found = re.fullmatch(r"listening on (.*):(\d+)\n", self.process.stdout.readline())
        if not found:
            raise SystemExit(f"no ready line; {self.process.communicate()[1]}")
        self.port = int(found[2])
        self.said: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line)

    def converse(self) -> tuple[bytes, str]:
        """Has one exchange; returns what came, and how it ended."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as sock:
            got = b""
            try:
                for lines in [*LINES, b"\n"]:
                    sock.sendall(lines)
                while data := sock.recv(1 << 16):
                    got += data
                return got, "FIN"
            except TimeoutError:
                return got, "timeout"
            except OSError as error:
                return got, f"reset ({error})"

    def counters(self) -> dict:
        """Asks for the counters."""
        before = len(self.said)
        self.process.send_signal(signal.SIGUSR1)
        poll_until(lambda: any(line.startswith("{") for line in self.said[before:]))
        return json.loads(next(line for line in self.said[before:] if line.startswith("{")))

    def end(self) -> int:
        """Drains it; returns the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()


@dataclass(frozen=True)
class Count:
    """How many steps a fault met; `at_once` None: it was not tried as every other step."""

    one_by_one: int
    at_once: int | None


def let_fail(fault: Fault, try_step: Callable[[Fault, int], int], problems: Problems) -> Count:
    """Tries one step after another, until there is none, and then every other one."""
    one_by_one = 0
    for step in range(1, MOST_STEPS):
        hits = try_step(fault, step)
        one_by_one += hits
        if not hits:
            break
    else:
        problems.append(f"{fault.name}: more than {MOST_STEPS} steps")
    # Where every other send waits, that is a client that does not read: idle.
    if not fault.harmless or fault.error == errno.EAGAIN:
        return Count(one_by_one, None)
    return Count(one_by_one, try_step(fault, EVERY_OTHER))


def let_all_fail(try_step: Callable[[Fault, int], int], absent: int, problems: Problems) -> list[Count]:
    """Tries every fault; those that only steps of the `absent` kinds could meet must meet none, all others must."""
    counts = []
    for fault in FAULTS:
        count = let_fail(fault, try_step, problems)
        counts.append(count)
        has_steps = fault.kinds & ~absent != 0
        for met, how in ((count.one_by_one, "one by one"), (count.at_once, "as every other one")):
            if met is not None and (met > 0) != has_steps:
                problems.append(f"{fault.name}: {met} steps failed {how}, where there are {'some' if has_steps else 'none'}")
    return counts


def table(counts: list[Count]) -> str:
    """Returns how many steps each fault met, a line for each."""
    lines = [f"{'fault':24} {'one by one':>10} {'at once':>8}"]
    for fault, count in zip(FAULTS, counts, strict=True):
        lines.append(f"{fault.name:24} {count.one_by_one:10} {'-' if count.at_once is None else count.at_once:>8}")
    return "\n".join(lines)


def judge_echo(command: list[str], library: str, orders: Orders, absent: int, problems: Problems) -> list[Count]:
    """Lets every step of a server's exchange fail in turn; returns how many each fault met."""
    server = Server(command, library, orders)
    absent |= CONNECTING

    def try_step(fault: Fault, step: int) -> int:
        name = f"{fault.name}, step {'every other' if step == EVERY_OTHER else step}"
        orders.give(fault, step)
        # That there is a step at all must not hang on who is first: the next connection's thread may reap the last one's before
        # the thread that waits for its end has woken.
        due = step in (1, EVERY_OTHER) and fault.kinds & ~absent != 0
        # A unit may be in accept already, so that its next step comes after the exchange.
        for _ in range(3):
            got, end = server.converse()
            right = got == ANSWER and end == "FIN"
            part = ANSWER.startswith(got) and end != "timeout"
            problems.expect(right or (part and not fault.harmless and orders.fired > 0), f"{name}: {len(got)} bytes of {len(ANSWER)}, {end}")
            if orders.fired or (due and poll_until(lambda: orders.fired > 0, 2.0)):
                break
        orders.take_back()
        hits = orders.fired
        got, end = server.converse()
        problems.expect(got == ANSWER and end == "FIN", f"after {name}: {len(got)} bytes of {len(ANSWER)}, {end}")
        if server.process.poll() is not None:
            raise SystemExit("\n".join([*problems, f"after {name} the server had ended"]))
        return hits

    counts = let_all_fail(try_step, absent, problems)
    poll_until(lambda: server.counters()["active"] == 0)
    counters = server.counters()
    problems.expect(counters["accepted"] == sum(counters["closed"].values()), f"the counters do not balance: {counters}")
    problems.expect(counters["closed"]["crashed"] == 0 and counters["units_died"] == 0, f"a unit died: {counters}")
    problems.expect(counters["closed"]["reset"] > 0, f"no reset was counted: {counters}")
    problems.expect(counters["accept_errors"] > 0, f"no accept error was counted: {counters}")
    problems.expect(server.end() == 0, "the server did not end well")
    return counts


def serve_page(listener: socket.socket) -> None:
    """Answers every connection with the page."""
    answer = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        with sock:
            try:
                request = b""
                while b"\r\n\r\n" not in request and (data := sock.recv(4096)):
                    request += data
                sock.sendall(answer)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
            except OSError:
                pass


def judge_fetch(command: list[str], library: str, orders: Orders, absent: int, problems: Problems) -> list[Count]:
    """Lets every step of a fetch fail in turn; returns how many each fault met."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve_page, args=[listener], daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    environment = {**os.environ, "LD_PRELOAD": library, "TRIVIUM_IO_FAULTS": str(orders.path)}

    def try_step(fault: Fault, step: int) -> int:
        orders.give(fault, step)
        done = subprocess.run([*command, url], env=environment, capture_output=True, timeout=3 * PATIENCE)
        right = done.returncode == 0 and done.stdout == BODY
        says_why = any(why.encode() in done.stderr for why in fault.whys)
        failed = done.returncode == 1 and says_why and not done.stdout
        problems.expect(right or (failed and orders.fired > 0), f"{fault.name}, step {step}: exit {done.returncode}, {done.stderr!r}")
        return orders.fired

    counts = let_all_fail(try_step, absent | ACCEPTING, problems)
    listener.close()
    return counts


def main() -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True)
    parser.add_argument("--kind", choices=["echo", "fetch"], required=True)
    parser.add_argument("--never-waits", action="store_true", help="in an exchange it blocks in recv, send and accept, never in a poll")
    parser.add_argument("--passes-connections", action="store_true", help="from one process to another")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    absent = (WAITING if arguments.never_waits else 0) | (0 if arguments.passes_connections else GIVING | TAKING)
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        orders = Orders(Path(folder) / "orders")
        judge = judge_echo if arguments.kind == "echo" else judge_fetch
        counts = judge(arguments.command, arguments.library, orders, absent, problems)
    print(table(counts))
    fired = sum(count.one_by_one + (count.at_once or 0) for count in counts)
    print("\n".join(problems) or f"{fired} steps failed, one after another, and did no harm")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
