# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The mutants of Trivium's contract: what contract.py changes for each, and which case must notice.

A mutant that no table of changes holds is a place in contract.py itself. One name may be a mutant of both programs.
"""

import signal
from collections.abc import Callable

# What becomes of a flag's value: None is a flag that is not given, "" one without a value.
FLAGS: dict[str, tuple[str, Callable[[str | None], str | None]]] = {
    # Servers.
    "backlog-is-4096": ("--backlog", lambda n: n and "4096"),
    "any-address": ("--listen", lambda at: at and at.replace("192.0.2.1", "0.0.0.0")),
    "backlog-of-1-refused": ("--backlog", lambda n: "0" if n == "1" else n),
    "bare-number-is-seconds": ("--idle-timeout", lambda d: "5s" if d == "5" else d),
    "drains-for-ever": ("--drain-timeout", lambda d: "60m"),
    "drains-late": ("--drain-timeout", lambda d: "4s" if d == "1s" else d),
    "drains-not": ("--drain-timeout", lambda d: "1us"),
    "hazards-always": ("--hazards", lambda _: ""),
    "hazards-never": ("--hazards", lambda _: None),
    "idle-late": ("--idle-timeout", lambda d: "2s" if d == "400ms" else d),
    "idle-early": ("--idle-timeout", lambda d: "20ms" if d == "500ms" else d),
    "kib-is-1000": ("--max-line", lambda size: size and size.replace("KiB", "000")),
    "limit-and-one": ("--max-connections", lambda n: n and str(int(n) + 1)),
    "line-is-hurried": ("--line-timeout", lambda _: "500ms"),
    "max-line-0-is-1": ("--max-line", lambda size: "1" if size == "0" else size),
    "minus-1-is-default": ("--workers", lambda n: None if n == "-1" else n),
    "minutes-unknown": ("--idle-timeout", lambda d: "1min" if d == "1m" else d),
    "never-idle": ("--idle-timeout", lambda d: d and "60m"),
    "one-worker-refused": ("--workers", lambda n: "0" if n == "1" else n),
    "other-port": ("--listen", lambda at: at and at.rpartition(":")[0] + ":0"),
    "refuses-beyond-100": ("--at-limit", lambda _: "refuse --max-connections 100"),
    "refuses-at-limit": ("--max-connections", lambda n: n and f"{n} --at-limit refuse"),
    "smallest-is-never": ("--drain-timeout", lambda d: "60m" if d == "1us" else d),
    "smallest-is-1s": ("--drain-timeout", lambda d: "1s" if d == "1us" else d),
    "stats-ignored": ("--stats", lambda _: None),
    "stats-if-possible": ("--stats", lambda path: path if path and "/nonexistent/" not in path else None),
    "takes-any-defence": ("--max-memory", lambda _: None),
    "us-is-ms": ("--idle-timeout", lambda d: d and d.replace("us", "ms")),
    # Clients.
    "17-mib-by-default": ("--max-body", lambda size: size or "17MiB"),
    "bar-on-a-pipe": ("--progress", lambda when: "always" if when == "auto" else when),
    "connect-timeout-late": ("--connect-timeout", lambda d: "2s" if d == "400ms" else d),
    "connect-timeout-ignored": ("--connect-timeout", lambda d: d and "60m --timeout 60m"),
    "eight-by-default": ("--jobs", lambda n: n or "8"),
    "gigabytes": ("--max-body", lambda size: "1024MiB" if size == "1GB" else size),
    "hours": ("--timeout", lambda d: "300m" if d == "5h" else d),
    "input-from-files-only": ("--input", lambda path: "./-" if path == "-" else path),
    "input-may-be-missing": ("--input", lambda path: path and "/dev/null"),
    "jobs-0-is-default": ("--jobs", lambda n: None if n == "0" else n),
    "jobs-and-one": ("--jobs", lambda n: n and str(int(n) + 1)),
    "jobs-at-most-urls": ("--jobs", lambda n: "0" if n == "50" else n),
    "jobs-less-one": ("--jobs", lambda n: n and str(int(n) - 1)),
    "max-body-and-one": ("--max-body", lambda size: "4097" if size == "4KiB" else size),
    "max-body-ignored": ("--max-body", lambda _: None),
    "max-body-less-one": ("--max-body", lambda size: "4095" if size == "4KiB" else size),
    "never-sequential": ("--jobs", lambda n: "8" if n == "1" else n),
    "none-is-text": ("--format", lambda way: "text" if way == "none" else way),
    "outlives-sigkill": ("--timeout", lambda d: d or "60m"),
    "output-if-possible": ("--output", lambda path: path if path and "/file/" not in path else None),
    "shared-queue-unknown": ("--strategy", lambda name: "queue" if name == "shared-queue" else name),
    "sizes-have-no-kib": ("--max-body", lambda size: size and size.replace("KiB", "KB")),
    "timeout-ignored": ("--timeout", lambda d: d and "60m"),
    "timeout-late": ("--timeout", lambda d: "2s" if d == "400ms" else d),
}

# What becomes of text in the lines of standard output (1) or of standard error (2).
REPLACED: dict[str, tuple[int, bytes, bytes]] = {
    "help-without-defaults": (1, b"=4096", b""),
    "ipv6-without-brackets": (1, b"[::1]", b"::1"),
    "ready-line-by-name": (1, b"127.0.0.1", b"localhost"),
    "usage-names-no-form": (2, b"HOST:PORT", b"an address"),
    "usage-names-no-values": (2, b"split", b"..."),
    "usage-names-no-formats": (2, b"json", b"..."),
    "usage-names-no-flag": (2, b"--", b""),
    "status-page-is-empty": (1, b"no such page\n", b""),
    "summary-counts-none": (2, b": fetched 11 ", b": fetched 0 "),
    "phase-not-named": (1, b" body", b""),
    "loses-a-page": (1, b"page /137\n", b""),
}

# Lines of a stream that hold this are lost.
LOST: dict[str, tuple[int, bytes]] = {
    "help-lacks-a-flag": (1, b"--stats"),
    "help-lacks-a-defence": (1, b"--max-queue"),
    "no-headings": (1, b"==> "),
    "no-summary": (2, b": fetched "),
    "bad-lines-skipped": (1, b"bad URL"),
}

# Lines of a stream that hold this go to the other one.
MOVED: dict[str, tuple[int, bytes]] = {
    "counters-on-standard-output": (2, b'{"schema"'),
    "failures-on-standard-output": (2, b"refused"),
    "help-on-standard-error": (1, b"--"),
    "usage-on-standard-output": (2, b"--"),
}

# How many bytes of standard output wait for each other.
HELD = {"held-back": 1 << 62, "block-buffered": 4096}

# Where a line of a stream holds this, something is said on a stream.
ADDED: dict[str, tuple[int, bytes, int, bytes]] = {
    "ready-line-and-more": (1, b"listening on ", 1, b"ready\n"),
    "usage-in-two-lines": (2, b"--", 2, b"Try --help\n"),
    "version-in-two-lines": (1, b"trivium", 1, b"of today\n"),
    "half-a-body": (2, b"truncated", 1, b"half\n"),
}

# What exit codes become; a signal's is negative.
EXITS: dict[str, dict[int, int]] = {
    "404-exits-0": {1: 0},
    "interrupt-exits-0": {130: 0},
    "interrupt-is-a-signal": {130: -signal.SIGINT},
    "interrupt-prints-nothing": {-signal.SIGKILL: 130},
    "refused-exits-0": {1: 0},
    "refused-exits-2": {1: 2},
    "second-signal-exits-0": {143: 0, 130: 0},
    "served-exits-143": {0: 143},
    "unknown-name-exits-0": {1: 0, 2: 0},
    "usage-exits-0": {2: 0},
    "usage-exits-1": {2: 1},
}

# What a signal becomes; 0 is none.
SIGNALS: dict[str, tuple[int, int]] = {
    "ignores-sigint": (signal.SIGINT, 0),
    "ignores-sigterm": (signal.SIGTERM, 0),
    "interrupt-kills": (signal.SIGINT, signal.SIGKILL),
    "interrupt-prints-nothing": (signal.SIGINT, signal.SIGKILL),
    "sigterm-kills": (signal.SIGTERM, signal.SIGKILL),
}


def counted_as(reason: str, other: str) -> Callable[[dict], None]:
    """Returns what counts connections that closed for one reason as closed for another."""

    def change(counters: dict) -> None:
        counters["closed"][other] += counters["closed"][reason]
        counters["closed"][reason] = 0

    return change


def silent_is_reset(counters: dict) -> None:
    """Takes who says nothing for one that was reset."""
    if counters["bytes_in"] == 0:
        counted_as("eof", "reset")(counters)


def idle_counts_twice(counters: dict) -> None:
    """Counts who was idle twice."""
    counters["closed"]["idle"] *= 2


def never_active(counters: dict) -> None:
    """Counts a connection as closed from its beginning."""
    counters["closed"]["end"] += counters["active"]
    counters["active"] = 0


# What is changed in an object of JSON: the counters, in standard error and by --stats, or a result.
OBJECTS: dict[str, Callable[[dict], object]] = {
    "accepts-one-more": lambda it: it.update(accepted=it["accepted"] + 1),
    "bytes-without-head": lambda it: it.update(bytes_out=max(0, it["bytes_out"] - 45)),
    "contender-without-split": lambda it: it.update(contender=it["contender"].removesuffix("+split")),
    "counts-in-a-byte": lambda it: it.update(lines=it["lines"] % 128),
    "drain-is-crashed": counted_as("drain", "crashed"),
    "drain-is-idle": counted_as("drain", "idle"),
    "eof-is-end": counted_as("eof", "end"),
    "idle-is-end": counted_as("idle", "end"),
    "idle-counts-twice": idle_counts_twice,
    "member-missing": lambda it: it.pop("accept_errors"),
    "never-active": never_active,
    "refused-has-null-bytes": lambda it: it.update(bytes=it["bytes"] or None),
    "refused-has-a-byte": lambda it: it.update(bytes=it["bytes"] or 1),
    "no-status-no-key": lambda it: it["status"] is None and it.pop("status"),
    "reset-is-crashed": counted_as("reset", "crashed"),
    "reset-is-eof": counted_as("reset", "eof"),
    "silent-is-reset": silent_is_reset,
    "too-long-is-end": counted_as("rejected_too_long", "end"),
    "too-long-is-utf8": counted_as("rejected_too_long", "rejected_utf8"),
    "utf8-is-end": counted_as("rejected_utf8", "end"),
    "utf8-is-too-long": counted_as("rejected_utf8", "rejected_too_long"),
}

# The case that must notice each mutant of a server.
SERVERS = {
    "help-lacks-a-flag": "cli.echo.help",
    "help-without-defaults": "cli.echo.help-defaults",
    "help-lacks-a-defence": "cli.echo.help-defences",
    "takes-any-defence": "cli.echo.defences",
    "version-in-two-lines": "cli.echo.version",
    "usage-exits-1": "cli.echo.unknown-flag",
    "usage-names-no-flag": "cli.echo.missing-value",
    "usage-names-no-form": "cli.echo.bad-listen",
    "usage-in-two-lines": "cli.echo.bad-strategy",
    "usage-names-no-values": "cli.echo.bad-connection",
    "minus-1-is-default": "cli.echo.bad-count",
    "max-line-0-is-1": "cli.echo.bad-size",
    "bare-number-is-seconds": "cli.echo.bad-duration",
    "minutes-unknown": "cli.echo.durations",
    "us-is-ms": "cli.echo.duration-values",
    "kib-is-1000": "cli.echo.sizes",
    "ready-line-and-more": "cli.echo.ready-line",
    "other-port": "cli.echo.port",
    "port-stays-taken": "cli.echo.port-reuse",
    "ipv6-without-brackets": "cli.echo.ipv6",
    "ready-line-by-name": "cli.echo.listen-name",
    "unknown-name-exits-0": "cli.echo.listen-unknown-name",
    "refused-exits-0": "cli.echo.address-in-use",
    "refused-exits-2": "cli.echo.in-use-by-its-like",
    "any-address": "cli.echo.address-refused",
    "stats-if-possible": "cli.echo.stats-refused",
    "ignores-sigint": "signal.idle-server",
    "ends-late": "signal.idle-server",
    "served-exits-143": "signal.served-server",
    "sigterm-kills": "signal.drain-serves",
    "drains-not": "signal.drain-not-begun",
    "ignores-sigterm": "signal.drain-queued",
    "drain-is-idle": "signal.drain-timeout",
    "drains-late": "signal.drain-timeout",
    "drains-for-ever": "signal.drain-stuck",
    "ends-after-its-drain": "signal.drain-stuck",
    "smallest-is-never": "signal.drain-smallest",
    "smallest-is-1s": "signal.drain-smallest",
    "interrupt-after-term-ignored": "signal.second",
    "second-signal-exits-0": "signal.second",
    "second-signal-late": "signal.second",
    "interrupt-kills": "signal.group-interrupt",
    "idle-is-end": "signal.drain-idle",
    "member-missing": "counters.schema",
    "counters-on-standard-output": "counters.schema",
    "answers-once": "counters.asked-often",
    "answers-twice": "counters.asked-often",
    "broken-pipe-kills": "counters.nobody-reads",
    "contender-without-split": "counters.contender",
    "two-objects": "counters.end",
    "eof-is-end": "counters.eof",
    "silent-is-reset": "counters.eof-silent",
    "too-long-is-utf8": "counters.too-long",
    "utf8-is-too-long": "counters.utf8",
    "reset-is-eof": "counters.reset",
    "reset-is-crashed": "counters.reset-writing",
    "bytes-without-head": "counters.lines-bytes",
    "accepts-one-more": "counters.balance",
    "counts-in-a-byte": "counters.many",
    "stats-ignored": "counters.stats-file",
    "too-long-is-end": "echo.reject.counts-too-long",
    "utf8-is-end": "echo.reject.counts-utf8",
    "hazards-always": "hazards.off",
    "hazards-never": "hazards.pid",
    "drain-is-crashed": "hazards.drain",
    "leaves-a-child": "lifecycle.after-sigterm",
    "survives-sigkill": "lifecycle.after-sigkill",
    "leaves-zombies": "lifecycle.no-zombies",
    "leaks-descriptors": "lifecycle.no-descriptor-leak",
    "leaves-a-name": "lifecycle.no-shm-names",
    "forgets-a-name": "lifecycle.no-shm-names",
    "never-idle": "echo.idle.silent",
    "idle-late": "echo.idle.silent",
    "idle-early": "echo.idle.from-last-byte",
    "idle-counts-twice": "echo.idle.partial",
    "line-is-hurried": "echo.idle.dribbler",
    "refuses-beyond-100": "echo.capacity.thousand",
    "limit-and-one": "echo.capacity.max-connections",
    "never-active": "echo.capacity.lingering",
    "refuses-at-limit": "echo.capacity.limit-holds",
    "backlog-of-1-refused": "echo.capacity.backlog",
    "backlog-is-4096": "echo.capacity.backlog-length",
    "one-worker-refused": "echo.capacity.one-worker",
}

# And of a client.
CLIENTS = {
    "last-url-first": "fetch.order.reverse",
    "held-back": "fetch.order.as-soon",
    "held-for-a-time": "fetch.order.as-soon",
    "block-buffered": "fetch.order.json-as-soon",
    "loses-a-page": "fetch.order.two-hundred",
    "same-url-once": "fetch.order.same-url",
    "loses-what-waits": "fetch.order.slow-reader",
    "leaves-a-file": "fetch.order.spill",
    "interrupt-leaves-a-file": "fetch.order.spill-interrupted",
    "jobs-and-one": "fetch.jobs.bound",
    "eight-by-default": "fetch.jobs.default",
    "jobs-at-most-urls": "fetch.jobs.more-than-urls",
    "never-sequential": "fetch.jobs.one",
    "jobs-less-one": "fetch.jobs.refilled",
    "interrupt-exits-0": "fetch.stop.interrupt",
    "interrupt-is-a-signal": "fetch.stop.interrupt-group",
    "ignores-sigint": "fetch.stop.interrupt-at-once",
    "interrupt-prints-nothing": "fetch.stop.interrupt-json",
    "broken-pipe-is-told": "fetch.stop.reader-gone",
    "outlives-sigkill": "fetch.stop.killed",
    "leaves-a-child": "fetch.stop.nothing-left",
    "leaves-zombies": "fetch.stop.no-zombies",
    "usage-exits-0": "fetch.cli.no-url",
    "help-on-standard-error": "fetch.cli.help",
    "version-in-two-lines": "fetch.cli.version",
    "shared-queue-unknown": "fetch.cli.strategies",
    "sizes-have-no-kib": "fetch.cli.units",
    "no-headings": "fetch.text-format.headings",
    "failures-on-standard-output": "fetch.text-format.failure",
    "half-a-body": "fetch.text-format.partial",
    "status-page-is-empty": "fetch.text-format.not-found",
    "no-status-no-key": "fetch.json-format.keys",
    "none-is-text": "fetch.none-format.nothing",
    "files-from-0": "fetch.output.files",
    "output-if-possible": "fetch.output.not-writable",
    "comments-are-urls": "fetch.input.file",
    "input-from-files-only": "fetch.input.standard-input",
    "bad-lines-skipped": "fetch.input.bad-line",
    "no-summary": "fetch.streams.summary",
    "summary-counts-none": "fetch.streams.summary",
    "bar-on-a-pipe": "fetch.streams.progress",
    "404-exits-0": "fetch.exit.codes",
    "max-body-less-one": "fetch.size.length-fits",
    "max-body-and-one": "fetch.size.length-over",
    "max-body-ignored": "fetch.size.mebibytes",
    "17-mib-by-default": "fetch.size.default-declared",
    "usage-exits-1": "fetch.usage.unknown",
    "jobs-0-is-default": "fetch.usage.jobs-zero",
    "hours": "fetch.usage.timeout-unit",
    "gigabytes": "fetch.usage.max-body-unit",
    "usage-names-no-formats": "fetch.usage.format",
    "usage-in-two-lines": "fetch.usage.progress",
    "usage-on-standard-output": "fetch.usage.strategy",
    "input-may-be-missing": "fetch.usage.input-unreadable",
    "refused-has-a-byte": "fetch.fault.refused-line",
    "refused-has-null-bytes": "fetch.fault.refused-line",
    "connect-timeout-ignored": "fetch.fault.connect-timeout",
    "connect-timeout-late": "fetch.fault.connect-timeout",
    "timeout-ignored": "fetch.fault.head-timeout",
    "timeout-late": "fetch.fault.half-head-timeout",
    "phase-not-named": "fetch.fault.body-timeout",
    "connect-timeout-for-all": "fetch.fault.connect-timeout-only",
    "fails-fast": "fetch.fault.one-failure",
}
