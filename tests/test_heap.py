"""A long run gives back what it has freed, and its threads share one heap; other systems do as ever."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from auditor import heap

MIB = 1_048_576
glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="no glibc")
LARGE = f"""
import os
{{first}}
del [bytearray(8 * {MIB})][0]  # after this one glibc takes such blocks for small ones
large, between = [], []
for _ in range(20):
    large.append(bytes(range(256)) * (2 * {MIB} // 256))
    between.append(bytes(100_000))  # stays, and lies between them
large.clear()
with open("/proc/self/statm") as said:
    print(int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
"""
HEAPS = """
import ctypes, threading
{first}
together = threading.Barrier(6)

def use() -> None:
    together.wait()
    kept = [bytearray(20_000) for _ in range(50)]
    together.wait()

threads = [threading.Thread(target=use) for _ in range(6)]
for one in threads:
    one.start()
for one in threads:
    one.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
"""
FREED = """
import os
from auditor.heap import give_back
small = [bytes(1_000) for _ in range(40_000)]
last = bytes(1_000)
small.clear()
{first}
with open("/proc/self/statm") as said:
    print(int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
"""
KEEP_LITTLE = "from auditor.heap import keep_little; keep_little()"


def said(program: str, first: str) -> str:
    """What a process of its own prints."""
    command = (sys.executable, "-c", program.format(first=first))
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@glibc
def test_large_blocks_go_back_to_the_system() -> None:
    assert int(said(LARGE, KEEP_LITTLE)) < int(said(LARGE, "")) - 30 * MIB


@glibc
def test_threads_share_one_heap() -> None:
    assert said(HEAPS, "").count("<heap nr=") > 1
    assert said(HEAPS, KEEP_LITTLE).count("<heap nr=") == 1


@glibc
def test_what_is_free_below_something_that_stays_goes_back() -> None:
    assert int(said(FREED, "give_back()")) < int(said(FREED, "")) - 30 * MIB


def test_a_system_without_these_calls_does_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    heap.keep_little()
    heap.give_back()
