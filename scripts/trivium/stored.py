# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""A comparison as it lies in its folder: all that its results are made of, and all that it takes to go on with it.

`raw/run.json` holds what was planned, on which machine, and what became of it; each measurement has a file of its own.
Files are written aside and then renamed, so that one that is there is whole, however the comparison ended.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trivium.errors import CannotCompare
from trivium.gate import Judgement
from trivium.microbenchmarks import case_label
from trivium.paths import shown
from trivium.placement import Placement
from trivium.plain import from_plain, to_plain
from trivium.plan import Plan
from trivium.results import make_results

SCHEMA = 1
RUN = Path("raw", "run.json")
_TIMED, _ATTRIBUTED = "round", "attribution"

Raw = dict[str, Any]


@dataclass
class StoredRun:
    """What is known of a comparison. `facts` are those that the results have as "run"."""

    plan: Plan
    placement: Placement
    arguments: list[str]
    environment: dict[str, Any] = field(default_factory=dict)
    judgements: dict[str, Judgement] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)
    raws: list[Raw] = field(default_factory=list)
    attributions: list[Raw] = field(default_factory=list)

    def results(self) -> dict[str, Any]:
        """Returns what results.json holds; the same run always gives the same."""
        return make_results(
            self.plan, self.raws, self.judgements, self.environment, self.facts, attributions=self.attributions
        )


def write_json(path: Path, data: Any) -> None:
    """Writes the file, whole or not at all; makes its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    aside.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    aside.rename(path)


def label_of(raw: Raw) -> str:
    """Returns what tells a measurement's cell from the others of its scenario."""
    return raw["label"] if "label" in raw else case_label(raw["params"], raw["entry"])


def _keep(folder: Path, raw: Raw, kind: str) -> None:
    # No two labels share a folder: what stands for a slash is spelled out where it is itself.
    name = label_of(raw).replace("%", "%25").replace("_", "%5F").replace("/", "_").replace(":", "=")
    write_json(folder / "raw" / raw["scenario"] / name / f"{kind}-{raw['round']:02d}.json", raw)


def keep_raw(folder: Path, raw: Raw) -> None:
    """Writes a timed measurement into the comparison's folder."""
    _keep(folder, raw, _TIMED)


def keep_attribution(folder: Path, raw: Raw) -> None:
    """Writes a measurement of the attribution pass into the comparison's folder."""
    _keep(folder, raw, _ATTRIBUTED)


def keep_run(folder: Path, run: StoredRun) -> None:
    """Writes everything of the comparison but its measurements, which are kept as they come."""
    told = ("plan", "placement", "arguments", "environment", "judgements", "facts", "programs")
    write_json(folder / RUN, {"schema": SCHEMA} | {name: to_plain(getattr(run, name)) for name in told})


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotCompare(f"{shown(path)} is missing: that folder holds no comparison that was kept whole") from None
    except (OSError, ValueError) as error:
        raise CannotCompare(f"{shown(path)} can't be read: {error}") from error


def _read_all(folder: Path, kind: str) -> list[Raw]:
    """Returns the measurements in the order of their rounds, within one by scenario and cell."""
    raws = [_read(path) for path in sorted((folder / "raw").glob(f"*/*/{kind}-*.json"))]
    return sorted(raws, key=lambda raw: (raw["round"], raw["scenario"], label_of(raw)))


def read_run(folder: Path) -> StoredRun:
    """Returns the comparison in the folder; CannotCompare says what is missing or not to be read."""
    data = _read(folder / RUN)
    try:
        if data["schema"] != SCHEMA:
            raise ValueError(f"its schema is {data['schema']}, and not {SCHEMA}")
        run = StoredRun(
            plan=from_plain(Plan, data["plan"]),
            placement=from_plain(Placement, data["placement"]),
            arguments=data["arguments"],
            environment=data["environment"],
            judgements=from_plain(dict[str, Judgement], data["judgements"]),
            facts=data["facts"],
            programs=data["programs"],
        )
    except (KeyError, ValueError) as error:
        raise CannotCompare(f"{shown(folder / RUN)} is not of this version: {error}") from error
    run.raws, run.attributions = _read_all(folder, _TIMED), _read_all(folder, _ATTRIBUTED)
    return run


def fingerprints(files: Iterable[Path]) -> dict[str, str]:
    """Returns the hash of each file that is there; what a comparison goes on with must be what it began with."""
    found = {}
    for path in sorted({path for path in files if path.is_file()}):
        with path.open("rb") as opened:
            found[shown(path)] = hashlib.file_digest(opened, "sha256").hexdigest()
    return found
