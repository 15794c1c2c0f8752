"""A policy's wildcard patterns (`*`, `?`): what they match, and which cover which. Pure.

The target chooses the patterns, so nothing here ever backtracks.
"""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Does a policy's wildcard pattern (`*`, `?`) match all of a text? Case counts; fold it before for actions.

    Piece by piece from the left, never backtracking: the target chooses the pattern, and it must not make us slow.
    """
    head, *pieces = pattern.split("*")
    if not pieces:
        return _is_at(head, text, 0) and len(head) == len(text)
    *middle, tail = pieces
    end = len(text) - len(tail)
    at = len(head) if _is_at(head, text, 0) else -1
    for piece in middle:
        at = _found(piece, text, at) if at >= 0 else -1
    return 0 <= at <= end and _is_at(tail, text, end)


def covers(pattern: str, other: str) -> bool:
    """Does a pattern match whatever another pattern matches? No for certain, yes only when proven."""
    # A `*` of the other may stand for many characters: only a `*` covers it, never a `?`.
    if "\0" in pattern:  # it stands for `?` below
        return False
    return matches(pattern.replace("?", "\0"), other.replace("?", "\0"))


def has_wildcard(value: str) -> bool:
    """A wildcard or a policy variable: a value that is not fixed."""
    return any(mark in value for mark in ("*", "?", "${"))


def _is_at(piece: str, text: str, at: int) -> bool:
    if "?" not in piece:
        return text.startswith(piece, at)
    here = text[at : at + len(piece)]
    return len(here) == len(piece) and all(a in ("?", b) for a, b in zip(piece, here, strict=True))


def _found(piece: str, text: str, start: int) -> int:
    """Where the leftmost fit of a piece ends; -1 where there is none."""
    if "?" not in piece:
        at = text.find(piece, start)
    else:
        at = next((at for at in range(start, len(text)) if _is_at(piece, text, at)), -1)
    return at + len(piece) if at >= 0 else -1
