# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The attribution pass: why a contender costs what it costs, counted with instruments that slow it down.

Apart from the timed rounds, since counting costs: perf counts at every system call and switch, strace stops the server
twice at each. perf follows what a server starts, and what these start, beyond their end; so it knows what threads and
processes that came and went have used, which /proc forgets. Where perf is missing or forbidden, strace counts system
calls alone; where that is, too, nothing is known, and it says why.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trivium.processes import die_with_parent, kill_all

TRACEPOINTS = Path("/sys/kernel/tracing/events/syscalls"), Path("/sys/kernel/debug/tracing/events/syscalls")
_WITHIN = 10.0
# Involuntary: it was ready to go on (0), or was made to stop (TASK_REPORT_MAX); the kernel counts them so, too.
_VOLUNTARY = "prev_state != 0 && prev_state != 256"
_INVOLUNTARY = "prev_state == 0 || prev_state == 256"
# What is counted: name, perf's event, filter. Without the first nothing is worth counting.
_BASIC = (
    ("syscalls", "raw_syscalls:sys_enter", None),
    ("voluntary_switches", "sched:sched_switch", _VOLUNTARY),
    ("involuntary_switches", "sched:sched_switch", _INVOLUNTARY),
    ("migrations", "cpu-migrations", None),
    ("minor_faults", "minor-faults", None),
    ("major_faults", "major-faults", None),
)
_HARDWARE = (("instructions", "instructions", None), ("user_instructions", "instructions:u", None))
# The system calls that servers make; those that none of these names are told together as "other".
_NAMES = (
    "recvfrom sendto epoll_wait epoll_pwait epoll_pwait2 epoll_ctl accept4 accept close shutdown setsockopt read "
    "write futex recvmsg sendmsg readv writev poll ppoll clone clone3 wait4 waitid exit exit_group rt_sigprocmask "
    "fcntl ioctl getsockopt socket getsockname getpeername mmap munmap mprotect madvise brk set_robust_list rseq "
    "sched_yield clock_nanosleep nanosleep timerfd_settime pidfd_open sendfile sendmmsg recvmmsg newfstatat openat "
    "gettid getpid getppid prctl rt_sigaction io_uring_enter select pselect6 connect bind listen execve tgkill"
).split()
_STRACE_ROW = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", re.MULTILINE)

Counts = dict[str, int]
Event = tuple[str, str, str | None]


@dataclass(frozen=True)
class Instrument:
    """What counts here: "perf", "strace" or "none"; `reason` says what is missing, and why."""

    kind: str
    reason: str = ""
    hardware: bool = False
    names: tuple[str, ...] = ()


def _first_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:160] if lines else "without a word"


def _output_of(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
    )


def _perf_counts_here(event: str) -> str:
    """Returns nothing where perf can count that event of a process of ours, else what it says."""
    with tempfile.NamedTemporaryFile("r", prefix="trivium-perf-") as output:
        command = ["perf", "stat", "-x", ";", "-o", output.name, "-e", event, "--", "true"]
        done = _output_of(command)
        text = output.read()
    if done.returncode != 0:
        return _first_words(done.stderr)
    rows = read_perf(text)
    return "" if rows and rows[0] is not None else f"{event} is not supported by this machine"


def _named() -> tuple[str, ...]:
    """Returns those of the names that this kernel can tell apart."""
    folder = next((folder for folder in TRACEPOINTS if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)), None)
    return tuple(name for name in _NAMES if folder is not None and (folder / f"sys_enter_{name}").is_dir())


def _strace_problem() -> str:
    if shutil.which("strace") is None:
        return "strace is not installed"
    command = ["strace", "-f", "-c", "-o", os.devnull, "true"]
    done = _output_of(command)
    return "" if done.returncode == 0 else f"strace: {_first_words(done.stderr)}"


def find_instrument() -> Instrument:
    """Returns the best that may be used here. Blocks for a second at most."""
    try:
        if shutil.which("perf") is None:
            problem = "perf is not installed (package linux-perf)"
        else:
            problem = _perf_counts_here(_BASIC[0][1])
            problem = f"perf: {problem}" if problem else ""
        if not problem:
            missing = _perf_counts_here(_HARDWARE[0][1])
            return Instrument("perf", missing, not missing, _named())
        second = _strace_problem()
    except (OSError, subprocess.SubprocessError) as error:
        return Instrument("none", f"counting was tried, and failed: {error}")
    return Instrument("none", f"{problem}; {second}") if second else Instrument("strace", problem)


def read_perf(text: str) -> list[int | None]:
    """Returns the counts of `perf stat -x ;`, in order; None where one was not counted."""
    found: list[int | None] = []
    for line in text.splitlines():
        fields = line.split(";")
        if line.startswith("#") or len(fields) < 3:
            continue
        found.append(int(fields[0]) if fields[0].isdecimal() else None)
    return found


def read_strace(text: str) -> Counts:
    """Returns the calls by name of `strace -c`."""
    return {name: int(calls) for calls, name in _STRACE_ROW.findall(text) if name != "total"}


def _threads(pids: Sequence[int]) -> int:
    total = 0
    for pid in pids:
        try:
            total += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            continue
    return total


def _events(instrument: Instrument, threads: int) -> list[Event]:
    """Returns what to count: perf holds a descriptor for each event of each thread that there is."""
    events: list[Event] = [*_BASIC, *(_HARDWARE if instrument.hardware else ())]
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 3 // 4 // max(1, threads)
    named = [(f"sys_{name}", f"syscalls:sys_enter_{name}", None) for name in instrument.names]
    # Some without the rest would read as if there were no others.
    return [*events, *named] if len(events) + len(named) <= allowed else events[: max(1, allowed)]


class Counter:
    """Counts what processes do between `begin` and `end`; made before they have work. What it can't do, it says."""

    def __init__(self, instrument: Instrument, pids: Sequence[int], scratch: Path) -> None:
        self._instrument = instrument
        self._output = scratch / "counts"
        self._output.unlink(missing_ok=True)
        self._events: list[Event] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._control = self._answer = -1
        self.problem = ""
        if instrument.kind == "perf":
            self._start_perf(pids)
        elif instrument.kind == "strace":
            attach = [word for pid in pids for word in ("-p", str(pid))]
            self._start(["strace", "-f", "-c", "-o", str(self._output), *attach], ())
            self._wait_for_strace(pids)

    def _start(self, command: list[str], descriptors: Sequence[int]) -> None:
        with self._output.with_suffix(".stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                pass_fds=descriptors,
                preexec_fn=die_with_parent,
            )

    def _start_perf(self, pids: Sequence[int]) -> None:
        self._events = _events(self._instrument, _threads(pids))
        commands, self._control = os.pipe()
        self._answer, answers = os.pipe()
        command = ["perf", "stat", "-x", ";", "-o", str(self._output), "-D", "-1"]
        command += ["--control", f"fd:{commands},{answers}", "-p", ",".join(map(str, pids))]
        for _, event, only in self._events:
            command += ["-e", event, *(["--filter", only] if only else [])]
        self._start(command, (commands, answers))
        os.close(commands)
        os.close(answers)
        self._ask("ping")  # answered once it has attached

    def _ask(self, what: str) -> None:
        """Sends perf a command and waits for its answer."""
        if self.problem:
            return
        try:
            os.write(self._control, f"{what}\n".encode())
            os.set_blocking(self._answer, False)
            deadline = time.monotonic() + _WITHIN
            answer = b""
            while b"ack" not in answer and time.monotonic() < deadline:
                try:
                    piece = os.read(self._answer, 64)
                except BlockingIOError:
                    time.sleep(0.002)
                    continue
                if not piece:
                    break
                answer += piece
            if b"ack" not in answer:
                raise OSError(f"no answer to '{what}'")
        except OSError as error:
            said = self._output.with_suffix(".stderr").read_text(errors="replace")
            self.problem = f"perf: {_first_words(said) if said.strip() else error}"

    def _wait_for_strace(self, pids: Sequence[int]) -> None:
        """Waits until every process is traced."""
        deadline = time.monotonic() + _WITHIN
        while not all(_is_traced(pid) for pid in pids):
            if time.monotonic() > deadline or self._process is None or self._process.poll() is not None:
                said = self._output.with_suffix(".stderr").read_text(errors="replace")
                self.problem = f"strace did not attach: {_first_words(said)}"
                return
            time.sleep(0.005)

    def begin(self) -> None:
        """Begins to count; strace has done so from the start."""
        if self._instrument.kind == "perf":
            self._ask("enable")

    def end(self) -> None:
        """Counts no longer; strace goes on until `close`."""
        if self._instrument.kind == "perf":
            self._ask("disable")

    def close(self) -> Counts:
        """Ends the instrument and returns the counts by name, system calls as sys_NAME; {} with a `problem`."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_WITHIN)
            except subprocess.TimeoutExpired:
                kill_all([self._process.pid])
                self._process.wait()
                self.problem = self.problem or f"{self._instrument.kind} did not end"
        for descriptor in (self._control, self._answer):
            if descriptor >= 0:
                os.close(descriptor)
        if self.problem or self._process is None:
            return {}
        text = self._output.read_text(errors="replace") if self._output.exists() else ""
        return self._read(text)

    def _read(self, text: str) -> Counts:
        if self._instrument.kind == "strace":
            calls = read_strace(text)
            return {"syscalls": sum(calls.values()), **{f"sys_{name}": n for name, n in calls.items()}}
        values = read_perf(text)
        if len(values) != len(self._events):
            self.problem = f"perf told {len(values)} counts, not {len(self._events)}"
            return {}
        return {event[0]: value for event, value in zip(self._events, values, strict=True) if value is not None}


def _is_traced(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return True  # it has gone, and nothing is to be waited for
    return "\nTracerPid:\t0\n" not in text


def by_name(counts: Counts) -> dict[str, int]:
    """Returns the system calls by name, most first; those of other names together as "other"."""
    named = {name.removeprefix("sys_"): number for name, number in counts.items() if name.startswith("sys_") and number}
    if not named:
        return {}
    other = counts.get("syscalls", 0) - sum(named.values())
    found = dict(sorted(named.items(), key=lambda item: (-item[1], item[0])))
    return found | ({"other": other} if other > 0 else {})
