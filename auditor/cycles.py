"""How often Python looks for cycles among the objects of this program. Knows nothing else of it."""

from __future__ import annotations

import atexit
import gc

OBJECTS_BETWEEN_COLLECTIONS = 100_000


def collect_seldom() -> None:
    """Loading the program makes 80,000 objects that stay: to look through them again and again took an eighth of CPU.

    At the end of the process nobody looks at all: what is left goes with it.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
