# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Starts the comparison: `python3 -m trivium`."""

import sys

from trivium.cli import main

sys.exit(main(sys.argv[1:]))
