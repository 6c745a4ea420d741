# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How a program in scripts/ ends."""

import os
import sys
from collections.abc import Callable

from trivium.errors import CannotCompare, WrongUsage


def exit_code(program: str, work: Callable[[], int]) -> int:
    """Does the work and returns its exit code; what stops it is one line on standard error, and the code for that."""
    try:
        return work()
    except WrongUsage as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    except CannotCompare as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Who read our output has gone; what is worth keeping is in its files already.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
