# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Clients of our own beside the load client: those that do harm, none of which blocks us, and those that are harmed."""

import re
import socket
import time
from dataclasses import dataclass

PATIENCE = 1.0  # seconds: a neighbour that is not answered by then is lost
_SMALL = 4096  # bytes of our receive buffer: who does not read is full soon
_FLOOD = b"w" * 8191 + b"\n"
_PID = re.compile(rb"pid=(\d+)")

Address = tuple[str, int]


def parse_address(text: str) -> Address:
    """Returns host and port of "HOST:PORT"."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _was_connected(error: OSError) -> bool:
    """Says whether what failed had been connected: who is reset before it could say so was accepted all the same."""
    return isinstance(error, ConnectionResetError)


class Client:
    """A connection that is spoken to without ever waiting. `gone`: it has ended, by whomever."""

    def __init__(self, address: Address, *, deaf: bool = False) -> None:
        self.received = b""
        self.gone = False
        self._sent = 0  # of the line that is being sent
        self.connected = False
        self._socket = socket.socket()
        if deaf:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        try:
            self._socket.settimeout(PATIENCE)
            self._socket.connect(address)  # to a queue of this machine: it is there at once, or refused
            self._socket.setblocking(False)
            self.connected = True
        except OSError as error:
            self.connected = _was_connected(error)
            self.close()

    def send(self, data: bytes) -> int:
        """Sends what there is room for; returns how much that was."""
        if self.gone:
            return 0
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self.close()
            return 0

    def flood(self) -> None:
        """Sends whole lines until there is no room for more."""
        while not self.gone and self._rest():
            pass

    def _rest(self) -> bool:
        """Sends the rest of a line; says whether all of it went."""
        sent = self.send(_FLOOD[self._sent :])
        self._sent = (self._sent + sent) % len(_FLOOD)
        return sent > 0 and self._sent == 0

    def read(self) -> None:
        """Takes what has come."""
        if self.gone:
            return
        try:
            data = self._socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        if not data:
            self.close()

    def close(self) -> None:
        """Ends the connection."""
        self.gone = True
        self._socket.close()


class Neighbour:
    """A healthy client whose connection stays open, and is to survive what happens to others."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address, timeout=PATIENCE)
        self._received = b""
        self.pid = self._ask_pid()

    def _take_line(self) -> bytes:
        """Returns the next line; b"" at the end of the stream, or where none came in time."""
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                return b""
            self._socket.settimeout(left)
            try:
                piece = self._socket.recv(4096)
            except OSError:
                return b""
            if not piece:
                return b""
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        return line + b"\n"

    def _ask_pid(self) -> int | None:
        try:
            self._socket.sendall(b"@pid\n")
        except OSError:
            return None
        for _ in range(8):  # the head's lines come first
            line = self._take_line()
            if found := _PID.match(line):
                return int(found[1])
            if not line:
                break
        return None

    def ends_well(self) -> bool:
        """Asks once more and ends the exchange; says whether it was served to its end."""
        try:
            self._socket.sendall(b"still here\n\n")
        except OSError:
            return False
        return self._take_line() == b"still here\n" and self._take_line() == b""

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()


@dataclass(frozen=True)
class Probed:
    """Whether a short connection was served, whether anybody listens, and how many connections that took."""

    served: bool
    listens: bool
    connected: int


def probe(address: Address, within: float) -> Probed:
    """Tries short connections for so many seconds, until one is served."""
    deadline = time.monotonic() + within
    connected = 0
    listens = False
    while (left := deadline - time.monotonic()) > 0:
        listens = False
        try:
            with socket.create_connection(address, timeout=left) as stream:
                listens, connected = True, connected + 1
                stream.sendall(b"probe\n\n")
                received = b""
                while piece := stream.recv(4096):
                    received += piece
                if received.endswith(b"probe\n"):
                    return Probed(True, True, connected)
        except OSError as error:
            if not listens and _was_connected(error):
                listens, connected = True, connected + 1
        time.sleep(0.01)
    return Probed(False, listens, connected)
