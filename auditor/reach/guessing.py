"""Lets requests load without the library that guesses the encoding of texts. Here bodies stay bytes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.quiet import quietly

GUESSERS = ("chardet", "charset_normalizer")
LOADING = threading.Lock()


@contextmanager
def no_guessing() -> Iterator[None]:
    """Whoever imports requests meanwhile finds no guesser, which requests allows for; it only says so in a warning.

    Loading one takes longer than the rest of requests: it reads every codec that Python has. A module that is None in
    `sys.modules` counts as not there (Python's reference, section 5.3.1).
    """
    with LOADING, quietly():
        hidden = [] if "requests" in sys.modules else [name for name in GUESSERS if name not in sys.modules]
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
        try:
            yield
        finally:
            for name in hidden:
                del sys.modules[name]
