# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The conformance gate: only a server that keeps the rules is timed.

Many contenders are judged at once, since most cases wait more than they compute. A case that fails while so many
share the CPUs is tried again alone, and what fails twice counts. A pass is remembered under the hash of everything
that it depends on; a failure is not, so that it is judged again.
"""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from trivium.contenders import Contender
from trivium.dialect_gate import CASES, MANY, SIZED, judge_dialect
from trivium.paths import CONFORMANCE, GATE_MEMORY, LOAD
from trivium.processes import die_with_parent, kill_all, tree

WITHIN = 60.0
AT_ONCE = 16
_POOL = MANY
_NOWHERE = Path("/nonexistent")
_FAILED_CASE = re.compile(r"^\[  FAILED  \] (\S+?),? ", re.MULTILINE)
_PASSED_CASE = re.compile(r"^\[       OK \] ", re.MULTILINE)
_ENDED_BADLY = re.compile(r"^\[  FAILED  \] \S+.* \(\d+ ms\)$", re.MULTILINE)
_PASSED = re.compile(r"^\[  PASSED  \] (\d+) tests?", re.MULTILINE)


@dataclass(frozen=True)
class Judgement:
    """Whether a contender may be timed; `reason` says why not."""

    passed: bool
    reason: str
    remembered: bool = False
    failed: tuple[str, ...] = ()
    tried_again: tuple[str, ...] = ()


def within(contenders: Sequence[Contender]) -> float:
    """Returns the seconds within which all of them are judged. A fetch client's cases wait more than a server's."""
    waits = 2 if any(contender.role == "fetch" for contender in contenders) else 1
    return WITHIN * waits * max(1.0, len(contenders) / AT_ONCE)


def command_for(
    contender: Contender, conformance: Path, only: tuple[str, ...] = (), folder: Path = _NOWHERE
) -> list[str]:
    """Returns the conformance suite's command line for the contender; `only` names the cases, none: all.

    The folder is where a contender that reads files of its own gets them.
    """
    cases = [f"--gtest_filter={':'.join(only)}"] if only else []
    if contender.role == "fetch":
        fetch = shlex.join([str(contender.program), *contender.arguments]) + " {url}"
        return [str(conformance), "--contract", "--quick", "--fetch", fetch, *cases]
    if contender.foreign:
        own = contender.command("{port}", SIZED, 2, folder)
        capacity = str(contender.capacity(MANY) or 0)
        return [str(conformance), "--quick", "--capacity", capacity, "--spawn", shlex.join(own), *cases]
    spawn = [str(contender.program), "--listen", "127.0.0.1:{port}", *contender.arguments]
    capacity = "1" if contender.holds_one else "0"
    if contender.pool == "blocking" and contender.keeps_contract:
        capacity = "workers"  # the suite sizes the pool itself, case by case
    elif contender.pool == "blocking":
        capacity = str(_POOL)
        spawn += ["--workers", capacity]
    contract = ["--contract"] if contender.keeps_contract else []
    return [str(conformance), *contract, "--quick", "--capacity", capacity, "--spawn", shlex.join(spawn), *cases]


def fingerprint(contender: Contender, conformance: Path) -> str:
    """Returns the hash of what a judgement depends on: the command, the suite, and the model's programs."""
    if contender.foreign:
        told = [contender.name, contender.dialect, contender.arguments, contender.files, contender.path, contender.pool]
        judge_of_it = LOAD if contender.dialect in CASES else conformance
    else:
        told, judge_of_it = command_for(contender, conformance), conformance
    digest = hashlib.sha256(json.dumps(told).encode())
    ours = not contender.foreign and contender.program.name in ("echo", "fetch")
    siblings = contender.program.parent.glob("*") if ours else [contender.program]
    for path in [*sorted(siblings), judge_of_it]:
        if path.is_file() and os.access(path, os.X_OK):
            digest.update(path.name.encode())
            with path.open("rb") as program:
                digest.update(hashlib.file_digest(program, "sha256").digest())
    return digest.hexdigest()


def is_known_whole(contender: Contender) -> bool:
    """Says whether the fingerprint has all that a judgement depends on: what a foreign command reads, nobody knows."""
    return not contender.foreign


class Memory:
    """Which judgements have been passed before, of contenders that the fingerprint knows whole."""

    def __init__(self, folder: Path = GATE_MEMORY) -> None:
        self._folder = folder

    def knows(self, key: str, contender: Contender) -> bool:
        """Says whether that was a pass."""
        return is_known_whole(contender) and (self._folder / key).exists()

    def remember(self, key: str, contender: Contender) -> None:
        """Notes a pass, where it may be told later."""
        if not is_known_whole(contender):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / key).write_text(f"{contender.name}\n", encoding="utf-8")


def read_verdict(output: str, returncode: int | None) -> Judgement:
    """Returns the judgement that the suite's output and exit code amount to; None as the code: cut off."""
    if returncode is None:
        cases = f"{len(_PASSED_CASE.findall(output))} cases passed, {len(_ENDED_BADLY.findall(output))} failed"
        return Judgement(False, f"conformance: not done in time; {cases} until then")
    passed = _PASSED.search(output)
    if returncode == 0 and passed and int(passed[1]) > 0:
        return Judgement(True, "")
    # GoogleTest names a failed case twice: where it happened, and in its summary.
    failed = sorted(set(_FAILED_CASE.findall(output)) - {"in"})
    failed = [name for name in failed if "." in name]
    if failed:
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        return Judgement(False, f"conformance: failed {', '.join(failed[:3])}{more}", failed=tuple(failed))
    last = output.strip().splitlines()[-1:] or ["no output"]
    return Judgement(False, f"conformance: ended with {returncode}: {last[0][:200]}")


@dataclass
class _Trial:
    contender: Contender
    key: str
    process: subprocess.Popen[bytes]
    log: BinaryIO
    path: Path


def log_name(contender_key: str) -> str:
    """Returns the name of the file with what the suite said of a contender."""
    return f"{contender_key.replace('/', '_').replace(':', '-')}.log"


def _begin(contender: Contender, key: str, logs: Path, conformance: Path, only: tuple[str, ...] = ()) -> _Trial:
    path = logs / (("again-" if only else "") + log_name(contender.key))
    log = path.open("wb")
    process = subprocess.Popen(
        command_for(contender, conformance, only, logs / "files" / log_name(contender.key)),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    return _Trial(contender, key, process, log, path)


def _finish(trial: _Trial, *, in_time: bool) -> Judgement:
    if not in_time:
        kill_all(tree(trial.process.pid))
    returncode = trial.process.wait()
    trial.log.close()
    text = trial.path.read_text(encoding="utf-8", errors="replace")
    return read_verdict(text, returncode if in_time else None)


def _second_judgement(trial: _Trial, first: Judgement, deadline: float) -> Judgement:
    """Waits for a trial of the cases that failed before; in want of time, the first judgement stands."""
    try:
        trial.process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _finish(trial, in_time=False)
        return first
    return replace(_finish(trial, in_time=True), tried_again=first.failed)


def _judge_by_load(contender: Contender, logs: Path) -> Judgement:
    """Returns the judgement on a server of another dialect; takes a few seconds."""
    failed, reason = judge_dialect(contender, logs / "files" / log_name(contender.key), logs / log_name(contender.key))
    if reason:
        return Judgement(False, f"gate: {reason}")
    return Judgement(not failed, f"gate: failed {', '.join(failed)}" if failed else "", failed=failed)


def judge(
    contenders: list[Contender],
    logs: Path,
    progress: Callable[[int, int], None],
    memory: Memory | None = None,
    conformance: Path = CONFORMANCE,
) -> dict[str, Judgement]:
    """Returns the judgement on each contender, by its key.

    Blocks for `within` at most, and for some seconds more for each that speaks another dialect.
    """
    memory = memory or Memory()
    verdicts: dict[str, Judgement] = {}
    trials: list[_Trial] = []
    failed: list[tuple[_Trial, Judgement]] = []
    others: list[Contender] = []
    logs.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + within(contenders)
    waiting: list[tuple[Contender, str]] = []
    try:
        for contender in contenders:
            if not os.access(contender.program, os.X_OK):
                verdicts[contender.key] = Judgement(False, f"not built: there is no {contender.program.name}")
                continue
            key = fingerprint(contender, conformance)
            if memory.knows(key, contender):
                verdicts[contender.key] = Judgement(True, "", remembered=True)
            elif contender.dialect in CASES:
                others.append(contender)
            else:
                waiting.append((contender, key))
        while trials or waiting:
            while waiting and len(trials) < AT_ONCE:
                contender, key = waiting.pop(0)
                trials.append(_begin(contender, key, logs, conformance))
            progress(len(verdicts), len(contenders))
            for trial in list(trials):
                in_time = time.monotonic() < deadline
                if trial.process.poll() is None and in_time:
                    continue
                judgement = _finish(trial, in_time=in_time)
                verdicts[trial.contender.key] = judgement
                if judgement.passed:
                    memory.remember(trial.key, trial.contender)
                elif judgement.failed:
                    failed.append((trial, judgement))
                trials.remove(trial)
            time.sleep(0.05)
        for trial, first in failed:
            again = _begin(trial.contender, trial.key, logs, conformance, first.failed)
            trials.append(again)
            second = _second_judgement(again, first, deadline)
            trials.remove(again)
            if second.passed:
                memory.remember(trial.key, trial.contender)
            verdicts[trial.contender.key] = second
        for contender in others:  # all of them foreign
            progress(len(verdicts), len(contenders))
            verdicts[contender.key] = _judge_by_load(contender, logs)
    finally:
        for trial in trials:
            _finish(trial, in_time=False)
        shutil.rmtree(logs / "files", ignore_errors=True)
    return verdicts
