# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What can stop a comparison, as opposed to what is one of its results."""


class CannotCompare(Exception):
    """The comparison can't go on; the message is one clear sentence. Exit code 1."""


class WrongUsage(Exception):
    """The command line is wrong; the message names the flag and the legal values. Exit code 2."""


class ServerFailed(Exception):
    """One server did not start, or ended by itself: a result, recorded with its cell."""


class LoadFailed(Exception):
    """The load client ended without a measurement: a result, recorded with its cell."""


class BenchmarkFailed(Exception):
    """A benchmark program ended without a measurement: a result, recorded with its cell."""
