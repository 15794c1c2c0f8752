"""Moves as items of a digest: one item for what is one thing to do, with how many places it stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from auditor.diff.news import is_seen
from auditor.model import Outcome, Reason, Severity, Standing
from auditor.past import Move, State
from auditor.records import dataclass
from auditor.reports.harmless import for_terminal
from auditor.reports.words import counted

NAMED = 3  # places or checks that one item names
LONGEST_TEXT, LONGEST_NAME, LONGEST_WORD = 160, 120, 60  # characters of what a target chose
OUTCOMES = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_APPLICABLE: "not applicable",
}
PHRASES = {reason.word: reason.phrase for reason in Reason}
HomeOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read. `say`: its text, made for the few that are shown; `size`: how many moves it stands for."""

    say: Callable[[], str]
    size: int

    @staticmethod
    def of(text: str) -> Item:
        return Item(lambda: text, 1)


class Words:
    """What is told of a state, once for all moves that share it. They must live as long: it goes by identity."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, state: State | None) -> str:
        known = self._known.get(id(state))
        if known is None:
            known = self._known[id(state)] = _told(state)
        return known


def failures(moves: Sequence[Move], home_of: HomeOf) -> list[Item]:
    """One item per system, check and change: the system with the gravest first, in each the gravest check first."""
    gravest = _gravest(moves, home_of)
    groups: dict[tuple[int, str, int, str, str], list[Move]] = defaultdict(list)
    words = Words()
    for move in moves:
        home, change = home_of(move.key[0]), f"{words.of(move.before)} -> {words.of(move.after)}"
        groups[-gravest[home], home, -severity_of(move), move.key[1], change].append(move)
    ranked = sorted(groups.items(), key=lambda item: item[0])
    return [
        Item(partial(_failure, home, check, change, group), len(group)) for (_, home, _, check, change), group in ranked
    ]


def lost(moves: Sequence[Move], home_of: HomeOf) -> list[Item]:
    """What is not seen now. One item per asset and reason: a host that went silent is one thing to look after."""
    return _sights(
        [Sight(move, move.before, move.after, _reason(move.after)) for move in moves], home_of, "{clear} -> {dim}"
    )


def regained(moves: Sequence[Move], home_of: HomeOf) -> list[Item]:
    """What is seen again, likewise."""
    return _sights([Sight(move, move.after, move.before, "") for move in moves], home_of, "{dim} -> {clear}")


@dataclass(frozen=True, slots=True)
class Sight:
    """A move between a clear view (or nothing) and a dim one."""

    move: Move
    clear: State | None
    dim: State | None
    reason: str  # why it is dim, where that still matters


def _sights(sights: Sequence[Sight], home_of: HomeOf, change: str) -> list[Item]:
    gravest = _gravest([sight.move for sight in sights], home_of)
    groups: dict[tuple[int, str, str, str, str], list[Sight]] = defaultdict(list)
    for sight in sights:
        asset = sight.move.key[0]
        home = home_of(asset)
        groups[-gravest[home], home, asset, _dimness(sight.dim), sight.reason].append(sight)
    ranked = sorted(groups.items(), key=lambda item: item[0])
    return [Item(partial(_sight, group, change), len(group)) for _, group in ranked]


def _failure(home: str, check: str, change: str, moves: Sequence[Move]) -> str:
    if len({move.key[0] for move in moves}) == 1:
        subject = f"{moves[0].key[0]} {check}{_at([move.key[2] for move in moves])}"
    else:
        subject = f"{home} {check} in {len(moves)} places ({_first([_place(move) for move in moves])})"
    summary = _summary(moves[0])
    return f"{subject}: {summary} ({change})" if summary else f"{subject}: {change}"


def _sight(sights: Sequence[Sight], change: str) -> str:
    asset = sights[0].move.key[0]
    loci = {sight.move.key[2] for sight in sights}
    where = _at(list(loci)) if len(loci) == 1 else ""
    ranked = sorted(sights, key=lambda sight: (-severity_of(sight.move), sight.move.key))
    names = _first(list(dict.fromkeys(sight.move.key[1] for sight in ranked)))
    clear = ", ".join(sorted({_told(sight.clear) for sight in sights}))
    said = change.format(clear=clear, dim=_dimness(sights[0].dim))
    why = f", {sights[0].reason}" if sights[0].reason else ""
    return f"{asset}{where}: {counted(len(sights), 'check')}{why} ({said}): {names}"


def _told(state: State | None) -> str:
    """ "fail, waived by W-7": an outcome, and why it counts where this run did not see it."""
    if state is None:
        return "not there"
    words = [OUTCOMES[state.outcome]]
    if state.outcome is Outcome.FAIL and state.flapping:
        words = ["fail and pass"]
    if state.outcome is Outcome.FAIL and state.waiver:
        words.append(f"waived by {state.waiver}")
    if state.outcome is not Outcome.UNKNOWN and not is_seen(state):
        words.append(_dimness(state))
    return ", ".join(words)


def _dimness(state: State | None) -> str:
    if state is None or state.outcome is Outcome.UNKNOWN:
        return "unknown"
    return "stale" if state.standing is Standing.STALE else "attested"


def _reason(state: State | None) -> str:
    """Why something is unknown, in words; "" where it is not, or nobody said."""
    if state is None or state.outcome is not Outcome.UNKNOWN or not state.reason:
        return ""
    return PHRASES.get(state.reason, state.reason)


def _summary(move: Move) -> str:
    """What was seen; of what is gone, what had been seen."""
    state = move.after or move.before
    return "" if state is None else _cut(state.summary)


def _cut(text: str) -> str:
    """A text of a target, cut where it is long or where one of its words would not fit into a line."""
    words = (_short(word, LONGEST_WORD) for word in for_terminal(text).split())
    return _short(" ".join(words), LONGEST_TEXT)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _at(loci: Sequence[str]) -> str:
    named = [_short(locus, LONGEST_NAME) for locus in loci if locus]
    return f" at {_first(named)}" if named else ""


def _place(move: Move) -> str:
    return f"{move.key[0]}{_at([move.key[2]])}"


def _first(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def _gravest(moves: Sequence[Move], home_of: HomeOf) -> dict[str, Severity]:
    found: dict[str, Severity] = {}
    for move in moves:
        home = home_of(move.key[0])
        found[home] = max(found.get(home, Severity.LOW), severity_of(move))
    return found


def severity_of(move: Move) -> Severity:
    """The check's, as the later run knows it."""
    state = move.after or move.before
    return state.severity if state else Severity.LOW
