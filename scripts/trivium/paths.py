# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Where things are: the repository, the build, the results."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
BUILD = ROOT / "build" / "release"
LOAD = BUILD / "shared" / "load"
CONFORMANCE = BUILD / "tests" / "conformance"
ORIGIN = BUILD / "tests" / "slow_origin"
GATE_MEMORY = BUILD / ".gate"
RESULTS = ROOT / "results"
SCENARIOS = SCRIPTS / "scenarios.toml"
PEERS = SCRIPTS / "contenders.toml"


def shown(path: Path) -> str:
    """Returns the path as a reader in the repository would type it."""
    try:
        return str(path.resolve().relative_to(ROOT))
    except ValueError:
        return str(path)
