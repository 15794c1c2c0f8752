"""How often Python looks for cycles among the objects of this program. Knows nothing else of it."""

from __future__ import annotations

import atexit
import gc

OBJECTS_BETWEEN_COLLECTIONS = 100_000
OBJECTS_OF_A_RUN = 5_000  # so many objects may be left behind by libraries, in rings, before Python looks for them


def collect_seldom() -> None:
    """Loading the program makes 80,000 objects that stay: to look through them again and again took an eighth of CPU.

    At the end of the process nobody looks at all: what is left goes with it.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)


def keep_what_is_loaded() -> None:
    """What is loaded stays: nobody looks through it. Where more is still to be loaded, the count begins anew."""
    gc.freeze()


def collect_what_comes_and_goes() -> None:
    """The program is loaded, and a long run begins: what is there stays, so that nobody looks through it again."""
    gc.freeze()
    gc.set_threshold(OBJECTS_OF_A_RUN)
