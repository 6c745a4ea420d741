#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Holds the program to leave nobody behind, whatever its commands started.

    check_leftovers.py CONFORMANCE    a unittest
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from check_reports import SERVER, await_server

PROGRAM = ""


def is_running(pid: int) -> bool:
    """Says whether there is such a process that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Stopped(unittest.TestCase):
    """A run leaves nobody behind, however it ends, whatever its commands started and wherever they put it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pids = Path(folder.name, "pids")

    def servers(self) -> list[int]:
        """Returns the servers that were started until now."""
        text = self.pids.read_text(encoding="utf-8") if self.pids.exists() else ""
        return [int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def start(self, way: str) -> subprocess.Popen[bytes]:
        """Starts a run whose server is started by a shell; returns when it is there."""
        before = len(self.servers())
        server = f"sh -c '{way} sh -c \"echo \\$\\$ >> {self.pids}; exec {SERVER}\" & wait'"
        command = ["env", "--default-signal", PROGRAM, "--spawn", server, "--only", "echo.line.lf"]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        self.assertTrue(self.comes_true(lambda: len(self.servers()) > before), "no server was started")
        return run

    def comes_true(self, what: Callable[[], object]) -> bool:
        """Waits for it, for a minute at most."""
        deadline = time.monotonic() + 60
        while not what() and time.monotonic() < deadline:
            time.sleep(0.01)
        return bool(what())

    def expect_nobody(self) -> None:
        """All servers are gone soon."""
        self.assertTrue(self.comes_true(lambda: not any(map(is_running, self.servers()))), "a server goes on")

    def tearDown(self) -> None:
        for server in filter(is_running, self.servers()):
            os.kill(server, signal.SIGKILL)

    def test_the_run_is_ended(self) -> None:
        for way in ("", "setsid"):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
                with self.subTest(way=way, number=number):
                    run = self.start(way)
                    run.send_signal(number)
                    self.assertEqual(run.wait(60), -number)
                    self.expect_nobody()

    def test_what_was_there_before_stays(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as place:
            port = place.getsockname()[1]
        server = SERVER.replace("{port}", str(port))
        judged = f"exec {PROGRAM} --target 127.0.0.1:{port} --only echo.line.lf --brief >{self.pids}.said"
        script = f"{server} & echo $! >{self.pids}; read go; {judged}"
        with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, text=True) as shell:
            await_server(port)
            shell.communicate("go\n", timeout=60)
        self.assertEqual(shell.returncode, 0)
        self.assertTrue(self.servers() and is_running(self.servers()[0]))

    def test_a_judge_dies(self) -> None:
        for number in (signal.SIGTERM, signal.SIGABRT, signal.SIGKILL):
            with self.subTest(number):
                run = self.start("setsid")
                judge = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text(encoding="utf-8").split()
                os.kill(int(judge[0]), number)
                self.assertEqual(run.wait(60), 3)
                self.expect_nobody()


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
