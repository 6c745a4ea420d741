#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Runs a program that keeps Trivium's contract, and breaks the contract in the one way that is asked for.

    contract.py [--mutant NAME] PROGRAM ARGUMENT...

Without a mutant nobody can tell it from the program: arguments, signals, output and exit code are handed on as they are,
and the program dies with it. The program has a process group of its own, so that a signal to the whole group reaches it
once; a terminal is left to the program. contract_mutants.py says what most mutants change, and which case must notice;
every `is_(...)` here is a place where one of the others goes wrong. What a mutant leaves behind goes away with the suite.
It is started for every step of every case, and so imports little.
"""

import ctypes
import os
import select
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # which -I leaves out
from contract_mutants import ADDED, EXITS, FLAGS, HELD, LOST, MOVED, OBJECTS, REPLACED, SIGNALS  # noqa: E402

MUTANT = ""
WORDS: list[str] = []  # the program and its arguments, as they were given
_PR_SET_PDEATHSIG = 1
_SURVIVES = 300  # seconds that a program outlives this process at most
_LATE = 1  # seconds that what is due at once is late
_OF_LINES = ("answers-twice", "fails-fast", "port-stays-taken", "two-objects")  # look at lines, and are in no table


def is_(*names: str) -> bool:
    """Says whether the mutant is one of these."""
    return MUTANT in names


def value_of(flag: str) -> str | None:
    """Returns a flag's value, which is "" where it has none, and None where the flag is not given."""
    for at, word in enumerate(WORDS):
        if word.startswith(flag + "="):
            return word[len(flag) + 1 :]
        if word == flag:
            return "" if WORDS[at + 1 : at + 2] == [] or WORDS[at + 1].startswith("--") else WORDS[at + 1]
    return None


def program_words() -> list[str]:
    """Returns what the program is started with."""
    words = list(WORDS)
    if MUTANT in FLAGS:
        flag, change = FLAGS[MUTANT]
        value = value_of(flag)
        changed = change(value)
        if changed == value:
            return words
        if value is not None:
            at = next(at for at, word in enumerate(words) if word.partition("=")[0] == flag)
            del words[at : at + (2 if words[at] == flag and value else 1)]
        return words if changed is None else [*words, flag, *changed.split()]
    if is_("connect-timeout-for-all") and (time := value_of("--connect-timeout")):
        return [*words, "--timeout", time]
    if is_("last-url-first"):
        return [words[0], *reversed(words[1:])]
    if is_("same-url-once"):
        return list(dict.fromkeys(words))
    if is_("comments-are-urls") and (path := value_of("--input")):
        with open(path, encoding="utf-8") as file:
            return [words[0], *filter(str.strip, file.read().splitlines())]
    return words


def changed_object(line: bytes) -> bytes:
    """Changes an object of JSON that stands on one line."""
    import json  # few need it

    it = json.loads(line)
    OBJECTS[MUTANT](it)
    return json.dumps(it, separators=(",", ":")).encode() + b"\n"


class Stream:
    """Hands on what the program writes to one of its streams: at once, or in lines where a mutant looks at them."""

    by_number: dict[int, "Stream"] = {}
    port = 0  # that the ready line tells

    def __init__(self, number: int) -> None:
        self.number = number
        self.source, self.program_end = os.pipe()
        self.partial = b""
        self.held = b""
        self.held_since = 0.0
        self.unsent = b""
        os.set_blocking(self.source, False)
        os.set_blocking(number, False)
        Stream.by_number[number] = self

    def read(self) -> bool:
        """Takes what is there; false where there is nothing, or the end."""
        try:
            data = os.read(self.source, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            self.close()
        elif is_(*REPLACED, *LOST, *MOVED, *ADDED, *OBJECTS, *_OF_LINES):
            *lines, self.partial = (self.partial + data).split(b"\n")
            for line in lines:
                if self.source >= 0:
                    self.line(line + b"\n")
        else:
            self.say(data)
        return bool(data)

    def line(self, line: bytes) -> None:
        """Hands on a line, or what the mutant makes of it."""
        number, holds = MOVED.get(MUTANT, LOST.get(MUTANT, (0, b"")))
        if number == self.number and holds in line:
            if MUTANT in MOVED:
                Stream.by_number[3 - number].say(line)
            return
        number, old, new = REPLACED.get(MUTANT, (0, b"", b""))
        if number == self.number:
            line = line.replace(old, new)
        if MUTANT in OBJECTS and line.startswith(b"{"):
            line = changed_object(line)
        if is_("port-stays-taken") and line.startswith(b"listening on "):
            Stream.port = int(line.rpartition(b":")[2])
        if is_("two-objects") and line.startswith(b"{"):
            line = line[:-1] + line
        if is_("answers-twice") and line.startswith(b"{"):
            line += line
        self.say(line)
        number, holds, other, more = ADDED.get(MUTANT, (0, b"", 0, b""))
        if number == self.number and holds in line:
            Stream.by_number[other].say(more)
        if is_("fails-fast") and line.startswith(b"{") and b'"error":null' not in line:
            self.close()

    def say(self, data: bytes) -> None:
        """Sends this after what is unsent."""
        if self.held == b"":
            self.held_since = time.monotonic()
        self.held += data
        if self.number != 1 or not (is_("held-for-a-time") or len(self.held) < HELD.get(MUTANT, 0)):
            self.release()

    def release(self) -> None:
        """Lets go of what was held back."""
        self.unsent, self.held = self.unsent + self.held, b""
        self.write()

    def write(self) -> None:
        """Sends what the reader takes now."""
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.number, self.unsent) :]
        except BlockingIOError:
            if is_("loses-what-waits"):
                self.unsent = b""
        except BrokenPipeError:
            self.unsent = b""
            self.reader_gone()

    def reader_gone(self) -> None:
        """Nobody reads any more: the program meets a broken pipe."""
        if is_("broken-pipe-kills") and self.number == 2:
            os.kill(PROGRAM, signal.SIGKILL)
        if is_("broken-pipe-is-told") and self.number == 1:
            Stream.by_number[2].say(b"write: Broken pipe\n")
        self.close()

    def close(self) -> None:
        """Takes no more."""
        if self.source >= 0:
            os.close(self.source)
        self.source = -1


PROGRAM = 0  # its process id
_came: list[int] = []  # signals


def forward(number: int, _frame: object = None) -> None:
    """Hands a signal on to the program."""
    _came.append(number)
    if is_("answers-once") and _came.count(signal.SIGUSR1) > 1:
        return
    if is_("interrupt-after-term-ignored") and number == signal.SIGINT and signal.SIGTERM in _came:
        return
    ends = [came for came in _came if came in (signal.SIGTERM, signal.SIGINT)]
    if number in ends and (is_("ends-late") or (is_("second-signal-late") and len(ends) == 2)):
        time.sleep(_LATE)
    if is_("interrupt-leaves-a-file") and number == signal.SIGINT:
        leave_a_file()
    given, becomes = SIGNALS.get(MUTANT, (0, 0))
    if number == given:
        number = becomes
    if is_("leaks-descriptors") and number == signal.SIGUSR1:
        for _ in range(40):
            os.dup(0)
    try:
        os.kill(PROGRAM, number)  # 0 is none
    except ProcessLookupError:  # it has ended
        pass


def start(signals: set[int]) -> int:
    """Starts the program, which ends when this process does; returns its id."""
    libc = ctypes.CDLL(None)
    words, parent = program_words(), os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    os.setpgid(0, 0)
    if is_("survives-sigkill", "outlives-sigkill"):
        signal.alarm(_SURVIVES)
    else:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(127)
    for number, stream in Stream.by_number.items():
        os.dup2(stream.program_end, number)
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):  # which Python has changed
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    try:
        os.execvp(words[0], words)
    except OSError as error:
        os.write(2, f"{words[0]}: {error.strerror}\n".encode())
        os._exit(127)


def relay(wake_up: int) -> int:
    """Hands on output until the program has ended; returns how it did, by its exit code or minus a signal."""
    ended = os.pidfd_open(PROGRAM)
    streams = list(Stream.by_number.values())
    has_ended = False
    while not has_ended or any(stream.unsent for stream in streams):
        poll = select.poll()
        if not has_ended:
            poll.register(ended, select.POLLIN)
        poll.register(wake_up, select.POLLIN)
        for stream in streams:
            if stream.unsent:
                poll.register(stream.number, select.POLLOUT)
            elif stream.source >= 0:
                poll.register(stream.source, select.POLLIN)
                poll.register(stream.number, 0)  # says when nobody reads any more
        ready = dict(poll.poll(100 if is_("held-for-a-time") else None))
        if wake_up in ready:
            os.read(wake_up, 4096)
        for stream in streams:
            if stream.held and is_("held-for-a-time") and time.monotonic() > stream.held_since + _LATE:
                stream.release()
            if stream.unsent:
                stream.write()
            elif stream.source in ready:
                stream.read()
            elif stream.source >= 0 and ready.get(stream.number, 0) & select.POLLERR:
                stream.reader_gone()
        if ended in ready:
            has_ended = True
            for stream in streams:
                while stream.source >= 0 and stream.read():
                    pass
                if stream.partial:
                    stream.line(stream.partial)
                stream.release()
    return os.waitstatus_to_exitcode(os.waitpid(PROGRAM, 0)[1])


def leave_a_child() -> None:
    """Leaves a process behind, with all that is open, as long as there is one that adopts it: the suite."""
    parents = (os.getpid(), os.getppid())
    if os.fork() != 0:
        return
    os.closerange(0, 3)
    while os.getppid() in parents:
        time.sleep(0.2)
    os._exit(0)


def leave_a_name() -> None:
    """Has a file in /dev/shm open under its name, or forgets it there; it goes away with this process."""
    forgets = is_("forgets-a-name")
    path = "/dev/shm/trivium-mutant" + ("" if forgets else f"-{os.getpid()}")
    name = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    os.ftruncate(name, 4096)
    changed = os.fstat(name).st_ctime_ns
    if forgets:
        os.close(name)
    end, our_end = os.pipe()
    if os.fork() != 0:
        os.close(end)
        os.wait()
        return
    os.close(our_end)
    os.setpgid(0, 0)
    if os.fork() == 0:  # neither in this group nor a descendant, so that it is not killed with them
        os.closerange(0, 3)
        os.read(end, 1)
        if os.stat(path).st_ctime_ns == changed:  # else it is another's by now
            os.unlink(path)
    os._exit(0)


def leave_a_file() -> None:
    """Leaves a temporary file, where the case has a folder of its own for them."""
    folder = os.environ.get("TMPDIR", "")
    if "/conformance-" in folder:
        os.close(os.open(f"{folder}/left", os.O_CREAT | os.O_WRONLY))


def before() -> None:
    """Leaves behind what a mutant leaves from the beginning."""
    if is_("leaves-a-child"):
        leave_a_child()
    if is_("leaves-zombies"):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if is_("leaves-a-name", "forgets-a-name"):
        leave_a_name()
    if is_("leaves-a-file"):
        leave_a_file()


def after() -> None:
    """Breaks what a program leaves at its end."""
    path = value_of("--stats")
    if MUTANT in OBJECTS and path and os.path.exists(path):
        with open(path, "r+b") as file:
            text = changed_object(file.read())
            file.seek(0)
            file.truncate()
            file.write(text)
    if is_("port-stays-taken"):
        import socket  # one needs it

        listener = socket.create_server(("127.0.0.1", Stream.port))
        leave_a_child()
        listener.close()
    folder = value_of("--output")
    if is_("files-from-0") and folder:
        for name in sorted(os.listdir(folder)):
            os.rename(f"{folder}/{name}", f"{folder}/{int(name[:6]) - 1:06}.txt")


def end(code: int) -> None:
    """Ends as the program did."""
    code = EXITS.get(MUTANT, {}).get(code, code)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    """Runs the program."""
    global MUTANT, PROGRAM, WORDS
    WORDS = sys.argv[1:]
    if WORDS[0] == "--mutant":
        MUTANT, WORDS = WORDS[1], WORDS[2:]
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP, signal.SIGQUIT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    before()
    for number in (1, 2):
        if not os.isatty(number):
            Stream(number)
    PROGRAM = start(signals)
    for stream in Stream.by_number.values():
        os.close(stream.program_end)
    wake_up, written_on_signal = os.pipe()
    os.set_blocking(written_on_signal, False)
    signal.set_wakeup_fd(written_on_signal)
    for number in signals:
        signal.signal(number, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    code = relay(wake_up)
    after()
    if is_("ends-after-its-drain"):
        time.sleep(3 * _LATE)
    end(code)


if __name__ == "__main__":
    main()
