# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""However a server ends, nothing of it is left; its CPU time is counted, its children's included."""

import os
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path
from unittest import mock

from trivium.cpu_time import CgroupV2, CpuAccount, CpuTime, ProcFiles, open_account
from trivium.errors import LoadFailed, ServerFailed
from trivium.faults import LOST, faults_between, read_faults
from trivium.load import Moments, Phases, run_load
from trivium.memory import Held, MemoryGroup, held_by
from trivium.placement import usable_cpus
from trivium.processes import adopt_orphans, descendants, read_process, tree
from trivium.server import running
from trivium.switches import CAME_AND_WENT, TOO_MANY, OfThread, Switches, read_switches, switches_between
from trivium.watch import Watch

PYTHON = [sys.executable, "-c"]
READY = "print('listening on 127.0.0.1:1', flush=True)"
# A child, and a grandchild that has left the session and ignores SIGTERM, as badly behaved as can be.
FAMILY = textwrap.dedent(
    f"""
    import os, signal, time
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    time.sleep(0.1)
    {READY}
    time.sleep(60)
    """
)
STUBBORN = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}; time.sleep(60)"


class Case(unittest.TestCase):
    def setUp(self) -> None:
        adopt_orphans()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.cpus = usable_cpus()

    def server(self, program: str, account: CpuAccount | None = None):  # noqa: ANN201 - a context manager
        return running([*PYTHON, program], self.cpus, account or ProcFiles(), self.folder / "stderr")


class Server(Case):
    def test_is_ready_and_gone_with_its_family(self) -> None:
        with self.server(FAMILY) as server:
            members = tree(server.pid)
            self.assertEqual(server.address, "127.0.0.1:1")
            self.assertEqual(len(members), 3)
        for pid in members:
            found = read_process(pid)
            self.assertTrue(found is None or found.is_zombie, found)
        self.assertEqual(descendants(), [])

    def test_is_gone_after_an_exception_too(self) -> None:
        with self.assertRaises(KeyboardInterrupt), self.server(FAMILY) as server:
            pid = server.pid
            raise KeyboardInterrupt
        self.assertIsNone(read_process(pid))
        self.assertEqual(descendants(), [])

    def test_that_ends_before_it_is_ready_says_why(self) -> None:
        with self.assertRaisesRegex(ServerFailed, "ended with 3 before it was ready: port taken"):
            with self.server("import sys; print('port taken', file=sys.stderr); sys.exit(3)"):
                self.fail("it was never ready")

    def test_that_dies_meanwhile_is_noticed(self) -> None:
        with self.assertRaisesRegex(ServerFailed, "it ended with -9"), self.server(FAMILY) as server:
            server.process.kill()
            server.process.wait()
        self.assertEqual(descendants(), [])

    def test_that_ignores_sigterm_is_killed_and_noted(self) -> None:
        with mock.patch("trivium.server.STOP_WITHIN", 0.3), self.server(STUBBORN) as server:
            pass
        self.assertIn("was killed", server.notes[0])
        self.assertIsNone(read_process(server.pid))

    def test_that_can_not_be_started_says_so(self) -> None:
        with self.assertRaisesRegex(ServerFailed, "could not be started"):
            with running(["/nonexistent"], self.cpus, ProcFiles(), self.folder / "stderr"):
                self.fail("it was never started")


class Cost(Case):
    # Burns 0.1 s in itself, and 0.1 s in a child that has ended and was waited for.
    BURNER = textwrap.dedent(
        f"""
        import os, time
        def burn():
            end = time.process_time() + 0.1
            while time.process_time() < end: sum(range(10_000))
        {READY}
        time.sleep(0.2)
        if os.fork() == 0:
            burn(); os._exit(0)
        os.wait()
        burn()
        open(FOLDER + '/done', 'w').close()
        time.sleep(60)
        """
    )

    def check(self, account: CpuAccount) -> None:
        with self.server(self.BURNER.replace("FOLDER", repr(str(self.folder))), account) as server:
            before = account.read(server.pid)
            deadline = time.monotonic() + 20
            while not (self.folder / "done").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            used = account.read(server.pid).since(before)
        self.assertGreater(used.total, 0.17e9)
        self.assertLess(used.total, 0.35e9)
        self.assertEqual(used.user + used.system, used.total)
        self.assertGreater(used.user, used.system)

    def test_is_counted_by_proc(self) -> None:
        self.check(ProcFiles())

    def test_is_counted_by_the_best_that_this_machine_has(self) -> None:
        account = open_account()
        group = account.group
        try:
            self.check(account)
        finally:
            account.close()
        self.assertTrue(group is None or not group.exists())

    def test_total_is_shared_out_as_user_and_system_were(self) -> None:
        used = CpuTime(1100, 40, 20).since(CpuTime(100, 10, 10))
        self.assertEqual((used.total, used.user, used.system), (1000, 750, 250))
        self.assertEqual(CpuTime(50, 0, 0).since(CpuTime(0, 0, 0)).system, 50)

    def test_memory_is_summed_over_the_tree(self) -> None:
        with self.server(FAMILY) as server:
            members = tree(server.pid)
            whole, first = held_by(members), held_by(members[:1])
        assert whole.pss and first.pss and whole.page_tables and first.page_tables
        self.assertGreater(whole.pss, first.pss)
        self.assertGreater(whole.page_tables, first.page_tables)
        self.assertEqual((whole.processes, whole.threads), (3, 3))
        self.assertEqual(held_by([]), Held(None, None, 0, 0))

    def test_memory_of_the_kernel_is_told_of_each_server_alone(self) -> None:
        account = open_account()
        memory = account.memory
        fill = "for _, end in pipes: os.write(end, b'x' * 60000)"
        holder = f"import os\npipes = [os.pipe() for _ in range(64)]\n{fill}\n{READY}"
        try:
            if memory is None:
                self.skipTest("there is no memory cgroup that could be made here")
            sizes = []
            for program in (holder, READY):
                with self.server(f"{program}\nimport time; time.sleep(60)", account):
                    sizes.append(memory.kernel_bytes() or 0)
                    minor, _ = memory.faults() or (0, 0)
                    self.assertGreater(minor, 100)  # a whole Python has been mapped
        finally:
            account.close()
        self.assertGreater(sizes[0] - sizes[1], 3_000_000)  # 64 full pipes hold 3.8 MB
        self.assertFalse(memory._group.exists())

    def test_memory_of_the_kernel_in_a_unified_group_is_what_it_holds_more_than_before(self) -> None:
        stat = self.folder / "memory.stat"
        stat.write_text("anon 5\nkernel 4096\nsock 100\npgfault 20\npgmajfault 3\n", encoding="ascii")
        memory = MemoryGroup(self.folder, unified=True)
        memory.renew()
        stat.write_text("anon 9\nkernel 14096\nsock 300\npgfault 50\npgmajfault 4\n", encoding="ascii")
        self.assertEqual((memory.kernel_bytes(), memory.faults()), (10_200, (46, 4)))
        # Kernels before 5.18 tell the parts alone.
        stat.write_text("kernel_stack 5000\nslab 3000\npagetables 1000\nsock 300\n", encoding="ascii")
        self.assertEqual((memory.kernel_bytes(), memory.faults()), (9300 - 4196, None))
        stat.unlink()
        self.assertIsNone(memory.kernel_bytes())

    def test_cpu_time_of_a_unified_group_is_in_microseconds(self) -> None:
        (self.folder / "cpu.stat").write_text("usage_usec 7\nuser_usec 4\nsystem_usec 3\n", encoding="ascii")
        self.assertEqual(CgroupV2(self.folder).read(1), CpuTime(7000, 4000, 3000))

    def test_switches_are_told_only_where_no_thread_came_or_went(self) -> None:
        before = read_switches([os.getpid()])
        time.sleep(0.01)
        found = switches_between(before, read_switches([os.getpid()]))
        assert isinstance(found, Switches)
        self.assertGreater(found.voluntary, 0)
        self.assertEqual(switches_between(before, {}), CAME_AND_WENT)
        self.assertEqual(switches_between({}, {}), CAME_AND_WENT)
        self.assertEqual(switches_between(before, None), TOO_MANY)

    def test_too_many_threads_are_not_read(self) -> None:
        self.assertIsNone(read_switches([os.getpid()], most=0))

    def test_a_large_tree_is_read_in_thorough_rounds_only(self) -> None:
        load = {"start_monotonic_ns": 0, "end_monotonic_ns": 2**63}
        with mock.patch("trivium.watch.FEW_THREADS", 2), self.server(FAMILY, ProcFiles()) as server:
            found = {}
            for thorough in (True, False):
                watch = Watch(server, 0.1, thorough=thorough)
                watch.begin()
                watch.middle()
                watch.end()
                found[thorough] = watch.findings(load)
        self.assertEqual([sample["processes"] for sample in found[True]["memory"]], [3])
        self.assertEqual(found[False]["memory"], [])
        self.assertIsNotNone(found[True]["context_switches"])
        self.assertIsNone(found[False]["context_switches"])
        self.assertIsNotNone(found[False]["faults"])

    def test_migrations_are_counted_where_the_kernel_tells(self) -> None:
        early = {(1, 1): OfThread(1, 1, 4), (1, 2): OfThread(1, 1, 2)}
        late = {(1, 1): OfThread(2, 1, 7), (1, 2): OfThread(1, 4, 2)}
        self.assertEqual(switches_between(early, late), Switches(1, 3, 3))
        late[1, 2] = OfThread(1, 4, None)
        self.assertEqual(switches_between(early, late), Switches(1, 3, None))

    def test_faults_of_a_child_that_has_ended_are_counted(self) -> None:
        before = read_faults([os.getpid()])
        touch = "import mmap\nm = mmap.mmap(-1, 4096 * 2000)\nfor i in range(2000): m[i * 4096] = 1"
        subprocess.run([*PYTHON, touch], check=True)
        found = faults_between(before, read_faults([os.getpid()]))
        assert not isinstance(found, str)
        self.assertGreater(found[0], 2000)
        self.assertEqual(faults_between((5, 0), (4, 0)), LOST)


class Load(Case):
    def run_fake(self, program: str) -> tuple[list[str], object]:
        seen: list[str] = []
        moments = Moments(*(lambda name=name: seen.append(name) for name in ("begin", "middle", "end")))
        output = self.folder / "load.json"
        program = program.replace("OUTPUT", repr(str(output)))
        return seen, run_load([*PYTHON, program], self.cpus, Phases(0.0, 0.2), moments, output)

    def test_is_followed_from_begin_to_end(self) -> None:
        program = (
            "import time\nprint('measuring', flush=True)\ntime.sleep(0.3)\nprint('measured', flush=True)\n"
            "open(OUTPUT, 'w').write('{\"ok\": 1}')"
        )
        seen, found = self.run_fake(program)
        self.assertEqual(found, {"ok": 1})
        self.assertRegex(" ".join(seen), "^begin( middle){1,3} end$")  # fewer where this process was kept waiting

    def test_that_ends_early_is_a_failure_with_its_reason(self) -> None:
        with self.assertRaisesRegex(LoadFailed, "before it had measured: no such host"):
            self.run_fake("import sys; print('no such host', file=sys.stderr); sys.exit(3)")
        self.assertEqual(descendants(), [])

    def test_that_awaits_answers_for_too_long_is_ended_with_its_reason(self) -> None:
        program = "import time\nprint('measuring')\nprint('measured', flush=True)\ntime.sleep(60)"
        impatient = mock.patch("trivium.load._SLACK", 1.0)
        with impatient, self.assertRaisesRegex(LoadFailed, "not all was answered 1 s after"):
            self.run_fake(program)
        self.assertEqual(descendants(), [])

    def test_that_writes_nothing_is_a_failure(self) -> None:
        with self.assertRaises(LoadFailed):
            self.run_fake("print('measuring'); print('measured')")


class Interruption(Case):
    def test_death_of_the_comparison_takes_the_server_along(self) -> None:
        # As kill -9 of the comparison: nobody is left to tidy up, but the kernel.
        program = textwrap.dedent(
            f"""
            import os, sys, signal
            from pathlib import Path
            from trivium.cpu_time import ProcFiles
            from trivium.server import running
            server = [sys.executable, "-c", {STUBBORN!r}]
            with running(server, {self.cpus!r}, ProcFiles(), Path({str(self.folder)!r}) / "stderr") as server:
                print(server.pid, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            """
        )
        scripts = Path(__file__).resolve().parents[1]
        done = subprocess.run(
            [*PYTHON, program], env={**os.environ, "PYTHONPATH": str(scripts)}, capture_output=True, check=False
        )
        pid = int(done.stdout)
        deadline = time.monotonic() + 5
        while (found := read_process(pid)) and not found.is_zombie and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(found is None or found.is_zombie)


if __name__ == "__main__":
    unittest.main()
