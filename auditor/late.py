"""Libraries that are loaded late, while other threads are at work: by one thread at a time.

Two threads that load the same libraries by different ends may each find the other's half done: Python breaks a deadlock
of its import locks that way. Whoever holds `one_at_a_time` loads alone, as long as everybody asks for it who loads a
library then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOADING = threading.RLock()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with _LOADING:
        yield
