"""The moves between two runs, sorted into news."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from auditor.diff.causes import causes_of
from auditor.diff.ending import ending
from auditor.diff.news import News, news_of, stand_of
from auditor.model import Expiring, Outcome, Reason, Standing
from auditor.past import KeptRun, LetterMove, Move, State
from auditor.records import dataclass

OF_SIGHT = frozenset({News.UNKNOWN_NOW, News.SEEN_AGAIN})
NOT_LOOKED_AT = frozenset({Reason.LEFT_OUT.word, Reason.INTERRUPTED.word})
KINDS = ("city", "department", "system", "asset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What changed from one run to another. Each move stands in one list at most; lists are sorted by key."""

    before: KeptRun | None  # None: `after` is the first run, a baseline; there is no news
    after: KeptRun
    regressed: tuple[Move, ...] = ()  # was known, here or elsewhere on the asset, and did not fail; fails now
    new: tuple[Move, ...] = ()  # fails on an asset or by a check that was not there, or at one more place
    waiver_ended: tuple[Move, ...] = ()  # still fails; nobody accepts it any more
    flapping: tuple[Move, ...] = ()  # seen both ways in one run; the worse, FAIL, counts
    unknown_now: tuple[Move, ...] = ()  # was seen; is unknown, stale or answered by a word now
    fixed: tuple[Move, ...] = ()  # failed; passes, does not arise or is gone now
    seen_again: tuple[Move, ...] = ()  # the reverse of `unknown_now`
    waived: tuple[Move, ...] = ()  # fails, and somebody accepts it now
    letters: tuple[LetterMove, ...] = ()  # the city's, then departments, systems, assets
    expiring: tuple[Expiring, ...] = ()  # the first to end first
    causes: tuple[str, ...] = ()  # sentences: what else differs between the runs

    @property
    def news(self) -> dict[News, tuple[Move, ...]]:
        """Every kind of news, the most urgent first."""
        return {
            News.REGRESSED: self.regressed,
            News.NEW: self.new,
            News.WAIVER_ENDED: self.waiver_ended,
            News.FLAPPING: self.flapping,
            News.UNKNOWN_NOW: self.unknown_now,
            News.FIXED: self.fixed,
            News.SEEN_AGAIN: self.seen_again,
            News.WAIVED: self.waived,
        }

    @property
    def is_quiet(self) -> bool:
        """Is there nothing to say? A cause alone is no news: a new version that moves no letter wakes nobody."""
        return not (any(self.news.values()) or self.letters or self.expiring)

    @property
    def opened(self) -> tuple[Move, ...]:
        """Failures that nobody accepts, at known places where there was none: what a gate on regressions counts.

        A place that flaps fails for some who come by: it counts on the night when it begins.
        """
        flaps = (move for move in self.flapping if move.held_elsewhere or _did_not_fail(move.before))
        return _sorted((*self.regressed, *self.waiver_ended, *flaps))

    @property
    def appeared(self) -> tuple[Move, ...]:
        """Failures that nobody accepts, at places that were not there."""
        flaps = (move for move in self.flapping if move.before is None and not move.held_elsewhere)
        return _sorted((*self.new, *flaps))


def diff(
    before: KeptRun | None,
    after: KeptRun,
    moves: Iterable[Move],
    letters: Iterable[LetterMove],
    expiring: Iterable[Expiring],
    *,
    all_known: bool = True,
    all_expiring: bool = False,
) -> Diff:
    """Sort what changed between two runs.

    `moves`: one per place at most; some may be no news. `expiring`: what the later run knows to end, what has ended
    since the earlier one too. `all_known`: by the earlier run the whole inventory had been asked. `all_expiring`: list
    all that ends within 30 days, and not only what came nearer to its end since then by one of the marks.
    """
    ends = ending(expiring, before, after, every=all_expiring)
    if before is None:
        return Diff(before=None, after=after, expiring=ends)
    news: dict[News, list[Move]] = defaultdict(list)
    for move in moves:
        kind = _news_of(move, before, after, all_known=all_known)
        if kind is not None:
            news[kind].append(move)
    return Diff(
        before=before,
        after=after,
        regressed=_sorted(news[News.REGRESSED]),
        new=_sorted(news[News.NEW]),
        waiver_ended=_sorted(news[News.WAIVER_ENDED]),
        flapping=_sorted(news[News.FLAPPING]),
        unknown_now=_sorted(news[News.UNKNOWN_NOW]),
        fixed=_sorted(news[News.FIXED]),
        seen_again=_sorted(news[News.SEEN_AGAIN]),
        waived=_sorted(news[News.WAIVED]),
        letters=tuple(sorted(_changed(letters), key=_rank)),
        expiring=ends,
        causes=causes_of(before, after),
    )


def _news_of(move: Move, before: KeptRun, after: KeptRun, *, all_known: bool) -> News | None:
    """A run of a part of the inventory says nothing of what it left out: it opens, closes and loses nothing there."""
    kind = news_of(move)
    if (move.before is None and not all_known) or (move.after is None and not after.whole):
        return None
    for run, state in ((before, move.before), (after, move.after)):
        if state is not None and not run.whole and kind in OF_SIGHT and _may_be_left_out(state):
            return None
    return kind


def _may_be_left_out(state: State) -> bool:
    """In a run of a part, what stands without a sight of its own is blind or left out: nothing tells which."""
    if state.outcome is Outcome.UNKNOWN:
        return state.reason in NOT_LOOKED_AT
    return state.standing is not Standing.NOW


def _did_not_fail(state: State | None) -> bool:
    return state is not None and not stand_of(state).fails_openly


def _changed(letters: Iterable[LetterMove]) -> Iterator[LetterMove]:
    return (move for move in letters if move.before != move.after)


def _rank(move: LetterMove) -> tuple[int, str, str]:
    return (KINDS.index(move.kind) if move.kind in KINDS else len(KINDS), move.kind, move.id)


def _sorted(moves: Iterable[Move]) -> tuple[Move, ...]:
    return tuple(sorted(moves, key=lambda move: move.key))
