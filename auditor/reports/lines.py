"""Plain text as lines of a width: each line of a page comes as (indent, text), and an empty text is an empty line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from auditor.reports.harmless import for_terminal

Line = tuple[int, str]
NARROWEST, WIDEST = 60, 100  # characters of a line; longer ones are hard to read
COMMAND = re.compile(r"`[^`]+`")
KEPT = "\0"  # a blank at which no line ends: what is harmless for a terminal never holds one


class Unbroken(str):
    """A text that stays one line, however long: a command, which somebody copies."""

    __slots__ = ()


def laid_out(lines: Iterable[Line], width: int) -> str:
    """The text, ending in a newline. What a target chose is made harmless.

    A name is never broken, nor is what stands between backticks, for somebody to copy, if it fits into a line.
    """
    wide = max(NARROWEST, min(WIDEST, width))
    return "".join(f"{line}\n" for indent, text in lines for line in _wrapped(text, indent, wide))


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    if isinstance(text, Unbroken):
        return [" " * indent + for_terminal(text)]
    room = width - indent - 4  # for a further line, and a mark behind it
    lines = textwrap.wrap(
        COMMAND.sub(
            lambda found: found[0].replace(" ", KEPT) if len(found[0]) <= room else found[0], for_terminal(text)
        ),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(KEPT, " ") for line in lines] or [""]
