# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Tests of the package that compares: `python3 -m unittest discover -s scripts/tests -t scripts`."""
