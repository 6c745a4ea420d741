# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""The command line of scripts/report."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from trivium.against import read_results, tell
from trivium.errors import CannotCompare, WrongUsage
from trivium.hazard_report import hazard_markdown
from trivium.paths import shown
from trivium.program import exit_code
from trivium.report import terminal_lines, write_all
from trivium.stored import read_run

_ABOUT = """\
Makes a comparison's report again from its raw samples: results.json, report.html, report.md and the plots, byte for
byte as the comparison wrote them. FOLDER is what it wrote, with raw/ in it.
"""
_AFTER = """\
Examples:
  scripts/report results/2026-11-23T10-00-00Z                    into that folder
  scripts/report results/NEW --output /tmp/report                into another one
  scripts/report results/NEW --against results/OLD               and what has changed since, in against.md
  scripts/report tests/bench/results/KEPT --matrix               the hazard matrix as Markdown, for a README

Exit codes: 0 written; 1 the folder does not hold a whole comparison; 2 wrong usage.
"""


class _Parser(argparse.ArgumentParser):
    """Answers wrong usage in one line."""

    def error(self, message: str) -> NoReturn:
        """Raises what main prints: what is wrong, and what is legal."""
        raise WrongUsage(f"{message}; legal are FOLDER, --output DIR, --against DIR, --quiet, --matrix, --help")


def _parser() -> _Parser:
    parser = _Parser(
        prog="scripts/report",
        description=_ABOUT,
        epilog=_AFTER,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a comparison's folder")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where the report goes; default FOLDER")
    parser.add_argument("--against", type=Path, metavar="DIR", help="say what has changed since that comparison")
    parser.add_argument("--quiet", action="store_true", help="print no tables")
    parser.add_argument(
        "--matrix",
        action="store_true",
        help="print the hazard matrix as Markdown, from results.json alone; its links lead into FOLDER",
    )
    return parser


def _matrix(folder: Path) -> int:
    """Prints the hazard matrix of the results in the folder."""
    try:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        lines = hazard_markdown(results, folder=f"{folder.as_posix()}/", level="###")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotCompare(f"{shown(folder / 'results.json')} holds no results that can be read: {error}") from error
    if not lines:
        raise CannotCompare(f"{shown(folder)} holds no hazards: compare with --scenario hazards")
    print("\n".join([*lines, f"    {results['run']['command']}"]), flush=True)
    return 0


def _report(options: argparse.Namespace) -> int:
    if not options.folder.is_dir():
        raise WrongUsage(f"FOLDER: there is no folder {options.folder}")
    if options.matrix:
        return _matrix(options.folder)
    old = read_results(options.against) if options.against else None
    output = options.output or options.folder
    stored = read_run(options.folder)
    results = stored.results()
    try:
        output.mkdir(parents=True, exist_ok=True)
        files = write_all(results, stored.raws, output)
    except OSError as error:
        raise WrongUsage(f"--output takes a folder that can be written: {error}") from error
    terminal = sys.stdout.isatty()
    lines: list[str] = []
    if not options.quiet:
        width = shutil.get_terminal_size().columns if terminal else None
        lines += terminal_lines(results, width=width, colour=terminal)
    if old is not None:
        lines += ["", *tell(results, old, options.against.resolve().name, output)]
        files.append("against.md")
    print("\n".join([*lines, f"Written to {shown(output)}: {len(files)} files, report.html first"]), flush=True)
    return 0


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit code."""
    return exit_code("report", lambda: _report(_parser().parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
