# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Starts a contender, waits until it is ready, stops it, and sees to it that nothing of it stays."""

import os
import random
import re
import resource
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from trivium.cpu_time import CpuAccount
from trivium.errors import ServerFailed
from trivium.processes import die_with_parent, kill_all, reap_orphans, tree

READY_WITHIN = 10.0
STOP_WITHIN = 7.0  # more than the default drain timeout: what is not gone then has ignored us
_READY_LINE = re.compile(rb"listening on (\S+:\d+)")


@dataclass
class Server:
    """A running contender. `notes` gathers what was wrong with its end; `polite`: it is to exit with 0 on SIGTERM.

    `patience` is what it may take longer than others to begin and to end, in seconds: it has many units.
    """

    process: subprocess.Popen[bytes]
    account: CpuAccount
    errors: Path
    address: str = ""
    polite: bool = True
    patience: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Its first process, which is also the session's and the group's number."""
        return self.process.pid

    def members(self) -> list[int]:
        """Returns its living processes."""
        return self.account.members(self.pid)

    def last_error(self) -> str:
        """Returns the last line that it wrote to standard error, or nothing."""
        lines = self.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else ""


def _between_fork_and_exec(cpus: Sequence[int], join: Callable[[], None], descriptors: int) -> Callable[[], None]:
    def prepare() -> None:
        die_with_parent()
        join()
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        os.sched_setaffinity(0, cpus)

    return prepare


def _ready_line(process: subprocess.Popen[bytes], within: float) -> bytes:
    """Returns the first line of its standard output, or what there was of it when time ran out or it ended."""
    assert process.stdout is not None
    deadline = time.monotonic() + within
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while b"\n" not in line and (left := deadline - time.monotonic()) > 0:
            if selector.select(left):
                piece = os.read(process.stdout.fileno(), 4096)
                if not piece:
                    break
                line += piece
    return line


def _own_ports() -> range:
    """Returns the ports that the system gives to connections and to whoever asks for any."""
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return range(32768, 61000)
    return range(int(low), int(high) + 1)


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nobody listens on, for a server that can't be asked to find one.

    It is none of those that the system gives away by itself, and so may give away before the server has it.
    """
    given_away = _own_ports()
    others = [port for port in range(10_000, 65_536) if port not in given_away]
    for port in (*random.sample(others, min(100, len(others))), 0):
        with socket.socket() as probe, suppress(OSError):
            # As a server does: what is still in TIME_WAIT does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise ServerFailed("no port is free")


def _start(
    command: Sequence[str], cpus: Sequence[int], account: CpuAccount, errors: Path, *, talks: bool, descriptors: int
) -> Server:
    with errors.open("wb") as standard_error:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else standard_error,
                stderr=standard_error,
                start_new_session=True,
                preexec_fn=_between_fork_and_exec(cpus, account.joiner(), descriptors),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise ServerFailed(f"it could not be started: {error}") from error
    return Server(process, account, errors)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _wait_until_it_answers(server: Server, port: int) -> None:
    """Waits until a connection to the port succeeds."""
    within = READY_WITHIN + server.patience
    deadline = time.monotonic() + within
    while not _answers(port):
        if server.process.poll() is not None:
            raise ServerFailed(_unready(f"it ended with {server.process.returncode}", server))
        if time.monotonic() > deadline:
            raise ServerFailed(_unready(f"no connection to port {port} within {within:g} s", server))
        time.sleep(0.01)
    server.address = f"127.0.0.1:{port}"


def _unready(state: str, server: Server) -> str:
    said = server.last_error()
    return f"{state} before it was ready" + (f": {said}" if said else "")


def _wait_until_ready(server: Server) -> None:
    within = READY_WITHIN + server.patience
    line = _ready_line(server.process, within)
    ready = _READY_LINE.match(line)
    if ready:
        server.address = ready[1].decode()
        return
    try:
        ended: int | None = server.process.wait(0.2)  # end of its output comes just before its end
    except subprocess.TimeoutExpired:
        ended = None
    state = f"it ended with {ended}" if ended is not None else f"no ready line within {within:g} s"
    raise ServerFailed(_unready(state, server))


def _stop(server: Server) -> None:
    """Asks it to end, then makes it: every process of it has gone when this returns."""
    # Known before it ends: afterwards the orphans no longer tell where they came from.
    members = set(server.members()) | set(tree(server.pid))
    process = server.process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        within = STOP_WITHIN + server.patience
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            server.notes.append(f"did not end within {within:g} s of SIGTERM, and was killed")
        else:
            if process.returncode != 0 and server.polite:
                server.notes.append(f"ended with {process.returncode} after SIGTERM")
    members |= set(server.members()) | set(tree(server.pid))
    behind = [pid for pid in server.members() if pid != process.pid]
    if behind and process.poll() is not None:
        server.notes.append(f"left {len(behind)} processes behind")
    if survivors := kill_all(members):
        server.notes.append(f"{len(survivors)} processes could not be killed")
    process.wait()
    reap_orphans(members - {process.pid})
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def running(
    command: Sequence[str],
    cpus: Sequence[int],
    account: CpuAccount,
    errors: Path,
    port: int | None = None,
    *,
    polite: bool = True,
    patience: float = 0.0,
    descriptors: int = 0,
    mortal: bool = False,
) -> Iterator[Server]:
    """Runs a server for the time of the block; ServerFailed where it does not get ready.

    It is ready when it says so, or, where it was given a port, when that answers. However the block ends, nothing of
    the server is left behind it. It may have so many `descriptors` open, or as many as we (0). One that is `mortal` may
    end within the block; any other is ServerFailed then.
    """
    server = _start(command, cpus, account, errors, talks=port is None, descriptors=descriptors)
    server.polite, server.patience = polite, patience
    try:
        if port is None:
            _wait_until_ready(server)
        else:
            _wait_until_it_answers(server, port)
        yield server
        if server.process.poll() is not None and not mortal:
            said = server.last_error()
            raise ServerFailed(f"it ended with {server.process.returncode}" + (f": {said}" if said else ""))
    finally:
        _stop(server)
