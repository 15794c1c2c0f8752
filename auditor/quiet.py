"""Libraries warn of what is old or odd, which is what we look for, and of what they find missing."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

QUIET = threading.RLock()


@contextmanager
def quietly() -> Iterator[None]:
    """Read a stranger's certificate, say, without a library's warnings: they would go to the terminal.

    Warning filters belong to the whole process, hence the lock: whoever leaves puts those back that it found.
    """
    with QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
