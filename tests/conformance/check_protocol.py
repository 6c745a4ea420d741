#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""Holds the cases and the protocol text to each other.

Every case points at a requirement that exists and has its level, every requirement has a case, and every id is one of
ids.txt, where an id stays for ever: a case that goes is marked as retired there, so that its id is not given to another.

    check_protocol.py CONFORMANCE    exit 0, or 1 with a line for everything that does not fit
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
_REQUIREMENT = re.compile(r"^- \*\*([A-Z]\d+\.\d+)\*\*(?: (SHOULD|INFO):)?", re.MULTILINE)
_CASE = re.compile(r"^(\S+)\s+(MUST|SHOULD|INFO)\s+([A-Z]\d+\.\d+)(?:; [^:]+)?: \S", re.MULTILINE)


def problems(listing: str, protocol: str, ids: str) -> list[str]:
    """Returns what does not fit, a line each; the texts are those of --list, protocol.md and ids.txt."""
    rows = _CASE.findall(listing)
    cases = {case: number for case, _, number in rows}
    level_of_case = {case: level for case, level, _ in rows}
    counted = re.search(r"^(\d+) cases$", listing, re.MULTILINE)
    if not counted or int(counted[1]) != len(cases):
        return ["the list of cases can't be read: an id comes twice, or a case names no requirement"]
    requirements = _REQUIREMENT.findall(protocol)
    level_of = {number: level or "MUST" for number, level in requirements}
    numbers = [number for number, _ in requirements]
    lines = [line.split() for line in ids.splitlines() if line and not line.startswith("#")]
    known = {words[0]: words[1:] == ["retired"] for words in lines}
    found = [f"{number} stands twice" for number in sorted(set(numbers)) if numbers.count(number) > 1]
    found += [f"{number} has no case" for number in numbers if number not in cases.values()]
    found += [f"{case} points at {number}, which is no requirement" for case, number in cases.items() if number not in numbers]
    found += [
        f"{case} is {level_of_case[case]}, and {number} is {level_of[number]}"
        for case, number in cases.items()
        if number in level_of and level_of_case[case] != level_of[number]
    ]
    found += [f"{case} is not in ids.txt" for case in cases if case not in known]
    found += [f"{case} is retired, and is a case" for case, retired in known.items() if retired and case in cases]
    found += [f"{case} is in ids.txt, and no case" for case, retired in known.items() if not retired and case not in cases]
    return found


def main() -> int:
    """Checks the program that is named on the command line."""
    listing = subprocess.run([sys.argv[1], "--list"], capture_output=True, text=True, check=True).stdout
    protocol = (HERE / "protocol.md").read_text(encoding="utf-8")
    ids = (HERE / "ids.txt").read_text(encoding="utf-8")
    found = problems(listing, protocol, ids)
    print("\n".join(found) or f"{len(_REQUIREMENT.findall(protocol))} requirements, all with cases")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
