"""The table of news: what a place was, and what it is now: one kind of news, or none."""

from __future__ import annotations

from enum import Enum, StrEnum

from auditor.model import Basis, Outcome, Standing
from auditor.past import Move, State


class News(StrEnum):
    """The kinds of news, the most urgent first. The values are keys of the JSON form."""

    REGRESSED = "regressed"
    NEW = "new"
    WAIVER_ENDED = "waiver_ended"
    FLAPPING = "flapping"
    UNKNOWN_NOW = "unknown_now"
    FIXED = "fixed"
    SEEN_AGAIN = "seen_again"
    WAIVED = "waived"


class Stand(Enum):
    """All that news needs to know of a state. `well`: it passes, or the question does not arise."""

    ABSENT = "not there"
    WELL = "well"
    STALE = "well, stale"  # not seen this time; an earlier sight stands
    TOLD = "well, told"  # not seen; somebody's word answers
    UNKNOWN = "unknown"
    FAILS = "fails"
    FAILS_UNSEEN = "fails, not seen"  # an earlier sight stands, or somebody said so
    WAIVED = "waived"
    WAIVED_UNSEEN = "waived, not seen"

    @property
    def fails_openly(self) -> bool:
        return self in (Stand.FAILS, Stand.FAILS_UNSEEN)


def stand_of(state: State | None) -> Stand:
    """What a state amounts to. Reason, texts, evidence and severity do not matter here."""
    if state is None:
        return Stand.ABSENT
    if state.outcome is Outcome.UNKNOWN:
        return Stand.UNKNOWN
    if state.outcome is Outcome.FAIL:
        return _failing(state)
    if state.standing is Standing.STALE:
        return Stand.STALE
    return Stand.WELL if is_seen(state) else Stand.TOLD


def _failing(state: State) -> Stand:
    if state.waiver is not None:
        return Stand.WAIVED if is_seen(state) else Stand.WAIVED_UNSEEN
    return Stand.FAILS if is_seen(state) else Stand.FAILS_UNSEEN


def is_seen(state: State) -> bool:
    """Did this run see for itself what it says? A tool that it imports from saw for it; a declaration is no sight."""
    known = state.outcome is not Outcome.UNKNOWN
    return known and state.standing.is_answer and state.basis is not Basis.DECLARED


def news_of(move: Move) -> News | None:
    """The one kind of news that a move is, or None. A failure newly seen both ways in one run is flapping.

    A failure at a new place of an asset that held everywhere is a regression: an attacker needs one address. Where it
    failed elsewhere before, it is only new: addresses that change would else break a gate every night.
    """
    before, after = move.before, move.after
    if after is not None and after.flapping and after.is_open and not _was_flapping(before):
        return News.FLAPPING
    news = TABLE[stand_of(before), stand_of(after)]
    return News.REGRESSED if news is News.NEW and move.held_elsewhere else news


def _was_flapping(state: State | None) -> bool:
    return state is not None and state.is_open and state.flapping


X = None  # no news
R, N, E, U = News.REGRESSED, News.NEW, News.WAIVER_ENDED, News.UNKNOWN_NOW
F, S, W = News.FIXED, News.SEEN_AGAIN, News.WAIVED

# Sight has an order: seen, then stale, then told, then unknown. Going down it is UNKNOWN_NOW, going up SEEN_AGAIN. A
# failure of which only a word or nothing is left was not seen to end, so it is not FIXED. docs/diff.md shows the same
# table. Columns: absent, well, stale, told, unknown, fails, fails unseen, waived, waived unseen.
ROWS: dict[Stand, tuple[News | None, ...]] = {
    Stand.ABSENT: (X, X, X, X, U, N, N, W, W),
    Stand.WELL: (X, X, U, U, U, R, R, W, W),
    Stand.STALE: (X, S, X, U, U, R, R, W, W),
    Stand.TOLD: (X, S, S, X, U, R, R, W, W),
    Stand.UNKNOWN: (X, S, S, S, X, R, R, W, W),
    Stand.FAILS: (F, F, F, U, U, X, U, W, W),
    Stand.FAILS_UNSEEN: (F, F, F, U, U, S, X, W, W),
    Stand.WAIVED: (F, F, F, U, U, E, E, X, U),
    Stand.WAIVED_UNSEEN: (F, F, F, U, U, E, E, S, X),
}
TABLE = {(was, now): news for was, row in ROWS.items() for now, news in zip(Stand, row, strict=True)}
