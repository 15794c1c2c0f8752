"""Lets requests load without the library that guesses the encoding of texts. Here bodies stay bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from auditor.quiet import quietly
from auditor.reach.hiding import hidden

GUESSERS = ("chardet", "charset_normalizer")


@contextmanager
def no_guessing() -> Iterator[None]:
    """Whoever imports requests meanwhile finds no guesser, which requests allows for; it only says so in a warning.

    Loading one takes longer than the rest of requests: it reads every codec that Python has.
    """
    with hidden(() if "requests" in sys.modules else GUESSERS), quietly():
        yield
