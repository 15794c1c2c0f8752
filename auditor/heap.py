"""What the C library does with memory that was given back, in a long run. Knows nothing else of the program.

What Python itself lets go of goes back by itself. A system without these calls goes on as it does.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_TRIM_THRESHOLD, M_ARENA_MAX = -1, -8  # malloc.h
KEPT_AT_HAND = 1_048_576  # bytes at the end of a heap that are not given back at once


def keep_little() -> None:
    """A long run begins, and there are no threads yet: one heap for all of them, and large blocks apart from it.

    glibc gives threads heaps of their own, each with its own free room, which grow for hours; they take turns anyway,
    for Python's own lock. And it puts blocks of up to 32 MiB among the small ones once it has seen such a block freed,
    so that what stays between them keeps the holes: its "dynamic mmap threshold", which any setting of ours ends.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(M_TRIM_THRESHOLD, KEPT_AT_HAND)
        library.mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """A stage of the run is over: what is free goes back to the system."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
