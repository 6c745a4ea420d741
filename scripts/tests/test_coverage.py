# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
import unittest

from trivium.coverage import share, spoilt, table, tallies

_LINES = [
    {"count": 3, "branches": [{"count": 3}, {"count": 0}]},
    {"count": 0, "branches": []},
    {"count": 0, "gcovr/noncode": True, "branches": [{"count": 0}]},
]


def report(*paths: str) -> dict:
    return {"files": [{"file": path, "lines": _LINES} for path in paths]}


class Coverage(unittest.TestCase):
    def test_lines_and_branches_are_counted_and_noncode_is_not(self) -> None:
        tally = tallies(report("shared/protocol/utf8.cpp"))["shared/protocol"]
        self.assertEqual((tally.lines, tally.lines_reached), (2, 1))
        self.assertEqual((tally.branches, tally.branches_reached), (2, 1))

    def test_each_part_has_its_own_files(self) -> None:
        found = tallies(report("async/loop.cpp", "async/connection.cpp", "multithread/units.cpp"))
        self.assertEqual(found["async"].lines, 4)
        self.assertEqual(found["multithread"].lines, 2)
        self.assertEqual(found["multiprocess"].lines, 0)

    def test_a_part_without_files_has_no_share(self) -> None:
        self.assertEqual(share(0, 0), "-")
        self.assertEqual(share(19, 20), "95.0 %")
        self.assertIn("50.0 %", table(report("shared/net/url.cpp")))

    def test_spoilt_files_are_named_once(self) -> None:
        said = "libgcov profiling error:/b/async/CMakeFiles/async_echo.dir/units.cpp.gcda:Merge mismatch for function 0\n"
        said += "libgcov profiling error:/b/net/CMakeFiles/net.dir/url.cpp.gcda:Merge mismatch for function 7\n" + said
        self.assertEqual(spoilt(said), ["async_echo/units.cpp", "net/url.cpp"])
        self.assertEqual(spoilt(""), [])


if __name__ == "__main__":
    unittest.main()
