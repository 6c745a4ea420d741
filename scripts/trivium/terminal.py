# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The colours of a terminal."""

BOLD, DIM, GREEN, RED, YELLOW, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[33m", "\033[0m"
