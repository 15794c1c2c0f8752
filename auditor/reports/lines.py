"""Plain text as lines of a width: each line of a page comes as (indent, text), and an empty text is an empty line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from auditor.reports.harmless import for_terminal

Line = tuple[int, str]
NARROWEST, WIDEST = 60, 100  # characters of a line; longer ones are hard to read


class Unbroken(str):
    """A text that stays one line, however long: a command, which somebody copies."""

    __slots__ = ()


def laid_out(lines: Iterable[Line], width: int) -> str:
    """The text, ending in a newline. A name is never broken; what a target chose is made harmless."""
    wide = max(NARROWEST, min(WIDEST, width))
    return "".join(f"{line}\n" for indent, text in lines for line in _wrapped(text, indent, wide))


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    if isinstance(text, Unbroken):
        return [" " * indent + for_terminal(text)]
    lines = textwrap.wrap(
        for_terminal(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [""]
