# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""What a scenario could give at best, by arithmetic alone: what is measured is shown as a share of it."""

import math
import re
from typing import Any

from trivium.contenders import Contender
from trivium.scenarios import Variant

MAKESPAN = "ceil(urls / jobs) x delay"
_RATE = re.compile(r"(connections|server CPUs) / ([1-9]\d*) (us|ms|s)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def is_formula(text: str) -> bool:
    """Says whether a scenario may have that as its `ideal`."""
    return text == MAKESPAN or _RATE.fullmatch(text) is not None


def ideal_of(variant: Variant, contender: Contender, server_cpus: int) -> dict[str, Any] | None:
    """Returns the metric that has an ideal in the scenario, and its value; None where it has none."""
    scenario = variant.scenario
    if scenario.ideal == MAKESPAN:
        return {"metric": "makespan", "value": math.ceil(scenario.urls / variant.jobs) * scenario.delay_ms / 1000}
    if not (parts := _RATE.fullmatch(scenario.ideal)):
        return None
    at_once = server_cpus
    if parts[1] == "connections":
        at_once = min(variant.connections, contender.capacity(variant.connections) or variant.connections)
    return {"metric": "ops_per_s", "value": at_once / (int(parts[2]) * _SECONDS[parts[3]])}
