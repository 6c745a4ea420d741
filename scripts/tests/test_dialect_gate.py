# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The gate for other dialects: a server that echoes passes, one that now and then does not is not timed."""

import dataclasses
import os
import sys
import tempfile
import unittest
from pathlib import Path

from trivium import dialect_gate, gate
from trivium.contenders import CONTENDERS, Contender
from trivium.dialect_gate import CASES, judge_dialect
from trivium.gate import Memory, fingerprint, is_known_whole, judge
from trivium.paths import LOAD

# Echoes what comes, in a thread for each connection; FAULT is done to the bytes first.
ECHO = """
import socketserver, sys
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            FAULT
            self.request.sendall(data)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 128
Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
"""
WEB = """
import http.server, sys
class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = b"hello"
        self.send_response(STATUS)
        self.send_header("Content-Length", str(len(body)))
        if self.headers.get("Connection", "").lower() == "keep-alive":
            self.close_connection = False
            self.send_header("Connection", "keep-alive")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("127.0.0.1", int(sys.argv[1])), Web).serve_forever()
"""


def server(text: str, dialect: str) -> Contender:
    """Returns a contender that is a Python program."""
    arguments = ("-c", text, "{port}")
    return Contender(
        "in/test", Path(sys.executable), arguments, "", dialect=dialect, foreign=True, keeps_contract=False
    )


@unittest.skipUnless(os.access(LOAD, os.X_OK), f"{LOAD} is not built")
class DialectGate(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.addCleanup(setattr, dialect_gate, "SECONDS", dialect_gate.SECONDS)
        dialect_gate.SECONDS = 0.4  # on a busy machine, too, some operations are done in it

    def judge(self, contender: Contender) -> tuple[tuple[str, ...], str]:
        return judge_dialect(contender, self.folder / "own", self.folder / "log")

    def test_a_server_that_echoes_passes_and_the_log_tells_of_each_case(self) -> None:
        self.assertEqual(self.judge(server(ECHO.replace("FAULT", "pass"), "echo")), ((), ""))
        log = (self.folder / "log").read_text()
        for case in CASES["echo"]:
            self.assertRegex(log, rf"{case.name} \(MUST\): .*: ok \([1-9]\d* operations were right\)")

    def test_a_server_that_changes_a_byte_fails_and_what_was_wrong_is_said(self) -> None:
        failed, reason = self.judge(server(ECHO.replace("FAULT", "data = data.replace(b'0', b'1')"), "echo"))
        self.assertEqual(reason, "")
        self.assertIn("echo.line.usual", failed)
        self.assertRegex((self.folder / "log").read_text(), r"FAILED: \d+ wrong")

    def test_a_server_that_answers_with_an_error_fails(self) -> None:
        self.assertEqual(self.judge(server(WEB.replace("STATUS", "200"), "http")), ((), ""))
        failed, _ = self.judge(server(WEB.replace("STATUS", "500"), "http"))
        self.assertEqual(set(failed), {case.name for case in CASES["http"]})

    def test_a_server_that_does_not_start_says_why(self) -> None:
        failed, reason = self.judge(server("raise SystemExit('no luck')", "echo"))
        self.assertEqual(failed, ())
        self.assertRegex(reason, "ended with 1 before it was ready: no luck")

    def test_who_has_passed_and_is_changed_fails(self) -> None:
        memory = Memory(self.folder / "memory")
        contender = server(ECHO.replace("FAULT", "pass"), "echo")

        def verdict() -> gate.Judgement:
            return judge([contender], self.folder / "logs", lambda *_: None, memory, Path("/no/suite"))[contender.key]

        self.assertEqual([verdict().remembered, verdict().remembered], [False, False])
        broken = server(ECHO.replace("FAULT", "data = data[:-1] + b'#'"), "echo")
        self.assertNotEqual(fingerprint(contender, Path("/no/suite")), fingerprint(broken, Path("/no/suite")))
        contender = broken
        self.assertFalse(verdict().passed)
        self.assertRegex(verdict().reason, r"gate: failed echo\.")
        renamed = dataclasses.replace(broken, path="/other")
        self.assertNotEqual(fingerprint(renamed, Path("/no/suite")), fingerprint(broken, Path("/no/suite")))

    def test_what_is_not_ours_is_judged_each_time(self) -> None:
        shell = dataclasses.replace(server("", "echo"), arguments=("-c", "exec ./server {port}"))
        self.assertFalse(is_known_whole(shell))
        self.assertTrue(is_known_whole(CONTENDERS[0]))


if __name__ == "__main__":
    unittest.main()
