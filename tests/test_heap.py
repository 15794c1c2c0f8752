"""A long run gives back what it has freed."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys

import pytest

from auditor import heap

MIB = 1_048_576
FRAGMENTED = f"""
import os, sys
if "ours" in sys.argv:
    from auditor.heap import give_back_large_blocks
    give_back_large_blocks()
del [bytearray(8 * {MIB})][0]  # after this one glibc takes such blocks for small ones
large, between = [], []
for _ in range(20):
    large.append(bytes(range(256)) * (2 * {MIB} // 256))
    between.append(bytes(100_000))  # stays, and lies between them
large.clear()
with open("/proc/self/statm") as said:
    print(int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
"""


def kept_after(*words: str) -> int:
    """Bytes that a process keeps once it has freed 40 MiB in twenty blocks."""
    command = (sys.executable, "-c", FRAGMENTED, *words)
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library does as it does")
def test_what_is_large_goes_back_to_the_system() -> None:
    assert kept_after("ours") < kept_after() - 30 * MIB


def test_a_library_without_such_a_setting_goes_on_as_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: os)
    heap.give_back_large_blocks()
    assert not hasattr(os, "mallopt")
