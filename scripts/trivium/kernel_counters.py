# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What the kernel counted for the whole machine: TCP trouble, CPU time that was used, and that was taken."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"  # the state in /proc/net/tcp

# The kernel's name, in /proc/net/netstat and /proc/net/snmp, to the metric's.
TCP_METRICS = {
    "ListenOverflows": "tcp_listen_overflows",  # a connection was complete, and the accept queue full
    "ListenDrops": "tcp_listen_drops",  # those, and all others that a listener dropped
    "RetransSegs": "tcp_retransmits",
    "TCPSynRetrans": "tcp_syn_retransmits",
    "TCPTimeouts": "tcp_timeouts",
    "TCPAbortOnMemory": "tcp_aborts_on_memory",
    "EstabResets": "tcp_established_resets",
    "OutRsts": "tcp_resets_sent",
}
_TICKS = os.sysconf("SC_CLK_TCK")


def tcp_counters() -> dict[str, int]:
    """Returns the counters of TCP trouble; what the kernel does not tell is absent."""
    found: dict[str, int] = {}
    for name in ("/proc/net/netstat", "/proc/net/snmp"):
        try:
            lines = Path(name).read_text().splitlines()
        except OSError:
            continue
        for names, values in zip(lines[::2], lines[1::2], strict=False):
            pairs = zip(names.split()[1:], values.split()[1:], strict=False)
            found.update({key: int(value) for key, value in pairs if key in TCP_METRICS})
    return found


def increase(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Returns how far each counter has gone up."""
    return {key: after[key] - before[key] for key in after if key in before}


@dataclass(frozen=True)
class MachineTime:
    """Seconds of all CPUs together: in use by anyone here, and given to others by the hypervisor."""

    busy: float
    stolen: float


def machine_time() -> MachineTime:
    """Returns both so far; nothing is stolen on bare metal."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _waiting, hard, soft, stolen = fields + [0] * (8 - len(fields))
    return MachineTime((user + nice + system + hard + soft) / _TICKS, stolen / _TICKS)


def queued(address: tuple[str, int], table: Path = Path("/proc/net/tcp")) -> int:
    """Returns how many connections to an IPv4 address wait for somebody to accept them; 0 where nobody listens.

    The listeners stand first in the kernel's table, with the length of their queue as what is there to be read.
    """
    wanted = f"{int.from_bytes(socket.inet_aton(address[0]), sys.byteorder):08X}:{address[1]:04X}"
    total = 0
    with table.open(encoding="ascii") as lines:
        next(lines)
        for line in lines:
            _, local, _, state, queues, *_ = line.split()
            if state != _LISTEN:
                break
            if local == wanted:
                total += int(queues.partition(":")[2], 16)
    return total
