"""Lets a library load without another that it would take where it is there, and can do without."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from auditor.late import one_at_a_time


@contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Whoever imports one of these modules meanwhile finds that it is not there, unless it is loaded already.

    A module that is None in `sys.modules` counts as not there (Python's reference, section 5.3.1).
    """
    with one_at_a_time():
        hides = [name for name in names if name not in sys.modules]
        sys.modules.update(dict.fromkeys(hides))  # type: ignore[arg-type]
        try:
            yield
        finally:
            for name in hides:
                del sys.modules[name]
