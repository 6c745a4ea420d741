# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Compares Trivium's contenders: one module for one question. `scripts/compare` starts it."""
