"""What the C library does with memory that was given back. Knows nothing else of the program."""

from __future__ import annotations

import ctypes
from contextlib import suppress

TRIM_THRESHOLD = -1  # M_TRIM_THRESHOLD of mallopt(3)
KEPT_AT_HAND = 1_048_576  # bytes at the end of a heap that are not given back at once


def give_back_large_blocks() -> None:
    """A long run begins: what is large gets pages of its own, which go back to the system with it.

    Else glibc puts blocks of up to 32 MiB among the small ones once it has seen such a block freed, and what stays
    between them keeps the holes (its "dynamic mmap threshold", which any setting of ours switches off). Another C
    library goes on as it does.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(TRIM_THRESHOLD, KEPT_AT_HAND)
