# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""On which machine, with which versions and under which limits a comparison ran."""

import os
import platform
import re
import resource
import subprocess
from pathlib import Path
from typing import Any

from trivium.limits import local_ports, read_number
from trivium.paths import BUILD, ROOT


def _output(*command: str) -> str | None:
    """Returns what a command prints, or None where it can't be run or fails."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _first_line(text: str | None) -> str:
    return text.splitlines()[0] if text else "n/a"


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def cpu_model() -> str:
    """Returns the processor's name."""
    found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo") or "", re.MULTILINE)
    return found[1] if found else platform.machine()


def operating_system() -> str:
    """Returns the distribution's name and version."""
    found = re.search(r'^PRETTY_NAME="?([^"\n]+)', _read("/etc/os-release") or "", re.MULTILINE)
    release = _read("/etc/debian_version")
    return (found[1] if found else "n/a") + (f" ({release})" if release else "")


def source_state() -> dict[str, Any]:
    """Returns the commit, and whether the working tree differs from it (None: unknown)."""
    commit = _output("git", "rev-parse", "HEAD")
    if commit is None:
        return {"commit": "n/a", "dirty": None, "reason": "git is not installed, or this is no clone"}
    return {"commit": commit, "dirty": bool(_output("git", "status", "--porcelain"))}


def _cache(name: str) -> str | None:
    found = re.search(rf"^{name}:[A-Z]+=(.*)$", _read(str(BUILD / "CMakeCache.txt")) or "", re.MULTILINE)
    return found[1] if found else None


def build_settings() -> dict[str, str]:
    """Returns the compiler, and the flags of a translation unit of ours as they were used."""
    compiler = _cache("CMAKE_CXX_COMPILER") or "c++"
    commands = _read(str(BUILD / "compile_commands.json")) or ""
    used = re.search(r'"command": "\S+ (.*?) -o ', commands)
    flags = [] if used is None else [f for f in used[1].split() if f.startswith("-") and not f.startswith("-I")]
    return {
        "type": _cache("CMAKE_BUILD_TYPE") or "n/a",
        "compiler": _first_line(_output(compiler, "--version")),
        "flags": " ".join(flags) or "n/a",
    }


def versions() -> dict[str, str]:
    """Returns the versions of what the contenders were made with."""
    packages = _output("dpkg-query", "-W", "-f", "${Package} ${Version}\\n", "libboost1.81-dev", "libsimdjson-dev")
    found = dict(line.split(" ", 1) for line in (packages or "").splitlines())
    libc = os.confstr("CS_GNU_LIBC_VERSION") or "n/a"
    return {
        "boost": found.get("libboost1.81-dev", "n/a"),
        "simdjson": found.get("libsimdjson-dev", "n/a"),
        "cmake": _first_line(_output("cmake", "--version")),
        "python": platform.python_version(),
        "libc": libc,
    }


def limits() -> dict[str, int | str | None]:
    """Returns the limits that can shape a result."""
    return {
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1],
        "somaxconn": read_number("/proc/sys/net/core/somaxconn"),
        "tcp_max_syn_backlog": read_number("/proc/sys/net/ipv4/tcp_max_syn_backlog"),
        "tcp_tw_reuse": read_number("/proc/sys/net/ipv4/tcp_tw_reuse"),
        "local_ports": local_ports(),
    }


def environment() -> dict[str, Any]:
    """Returns all of it."""
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    flags = re.search(r"^flags\s*:(.*)$", _read("/proc/cpuinfo") or "", re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+)", _read("/proc/meminfo") or "", re.MULTILINE)
    return {
        "cpu": cpu_model(),
        "cpus": os.cpu_count(),
        "smt": _read("/sys/devices/system/cpu/smt/active"),
        "governor": governor or "n/a (the kernel shows none)",
        "virtual_machine": bool(flags and "hypervisor" in flags[1].split()),
        "memory_bytes": int(memory[1]) * 1024 if memory else None,
        "kernel": f"{platform.system()} {platform.release()}",
        "system": operating_system(),
        "load_average": os.getloadavg()[0],
        "source": source_state(),
        "build": build_settings(),
        "versions": versions(),
        "limits": limits(),
    }
