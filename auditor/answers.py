"""Is what a stranger's check or derivation says an answer, and one that can be kept and shown? Judges nothing."""

from __future__ import annotations

from typing import TypeGuard

from auditor.model import Basis, Evidence, Outcome, Reason, Verdict
from auditor.probe import Seen, Unseen


def is_verdict(said: object) -> TypeGuard[Verdict]:
    """One of a check: it says pass, fail or not applicable, in texts."""
    return (
        isinstance(said, Verdict)
        and isinstance(said.outcome, Outcome)
        and said.outcome is not Outcome.UNKNOWN
        and is_text(said.summary)
        and isinstance(said.evidence, tuple)
        and all(map(_is_evidence, said.evidence))
    )


def is_sight(said: object) -> TypeGuard[Seen | Unseen]:
    """One of a derivation. Of the facts themselves nothing is asked: what checks make of them is."""
    match said:
        case Seen(locus=locus, basis=Basis()):
            return is_text(locus)
        case Unseen(locus=locus, reason=Reason(), detail=detail):
            return is_text(locus) and is_text(detail)
    return False


def is_text(said: object) -> TypeGuard[str]:
    """False also for half of a surrogate pair, which no file can hold, and for a kind of str of somebody's own.

    Most texts are ASCII: those need no look.
    """
    return type(said) is str and (said.isascii() or _has_bytes(said))


def _has_bytes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_evidence(row: object) -> bool:
    return isinstance(row, Evidence) and is_text(row.looked_at) and is_text(row.seen) and is_text(row.wanted)
