"""The digest of a night: what changed, as plain text that cron mails as it is. Nothing changed: no text at all.

The first line serves as a subject. Each item says by itself where, which check, what, and from what to what. The
program's own words are ASCII: whoever reads the mail may not have been told its character set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from zoneinfo import ZoneInfo

from auditor.diff import Diff, News
from auditor.model import Counts, Expiring, Letter, Letters, Report
from auditor.past import LetterMove, Move
from auditor.records import dataclass
from auditor.reports.commands import PLAIN, Commands
from auditor.reports.digest_items import HomeOf, Item, failures, lost, regained, severity_of
from auditor.reports.lines import WIDEST, Line, Unbroken, laid_out
from auditor.reports.words import counted

MOST = 10  # items of a section
EXPLAINED = 3  # checks that one is told how to look up
DAY = timedelta(days=1)
HINTS = {
    "agreement": ": from then on its vendor is a stranger",
    "listing": ": take it out of the inventory by then, or no run will start",
}

Itemize = Callable[[Sequence[Move], HomeOf], list[Item]]
SECTIONS: dict[News, tuple[str, str, Itemize]] = {  # words of the first line, heading, how it is told
    News.REGRESSED: ("regressed", "Regressed: these did not fail before", failures),
    News.NEW: ("new", "New: these fail where nothing was before", failures),
    News.WAIVER_ENDED: ("no longer waived", "No longer waived: these still fail", failures),
    News.FLAPPING: ("flapping", "Flapping: seen to fail and not to fail in one run; it counts as failed", failures),
    News.UNKNOWN_NOW: ("not seen now", "Not seen now", lost),
    News.FIXED: ("fixed", "Fixed", failures),
    News.SEEN_AGAIN: ("seen again", "Seen again", regained),
    News.WAIVED: ("waived", "Waived: these fail, and somebody accepts it now", failures),
}
URGENT = (News.REGRESSED, News.NEW, News.WAIVER_ENDED, News.FLAPPING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a digest needs to know of the later run beside the diff; `auditor diff` need not judge again for it."""

    organisation: str
    timezone: str
    counts: Counts
    city: Letters | None = None  # None: a part of the inventory
    homes: Mapping[str, str]  # asset → system

    @classmethod
    def of(cls, report: Report) -> Frame:
        return cls(
            organisation=report.organisation or "auditor",
            timezone=report.timezone,
            counts=reduce(add, (grade.counts for grade in report.asset_grades), Counts()),
            city=report.city.grade.letters if report.city else None,
            homes={asset.id: asset.system for asset in report.assets},
        )

    def home_of(self, asset: str) -> str:
        """The system of an asset; one that is gone still says it in its id."""
        return self.homes.get(asset, asset.split("/", 1)[0])


def render(
    diff: Diff, report: Report, gates_broken: Sequence[str], width: int | None = None, commands: Commands = PLAIN
) -> str:
    """The text, ending in a newline, or "". `width`: of a line, in characters; a name is never broken.

    A gate that is not met is said beside other news, and in a baseline; alone it is no news, and the exit code says it.
    """
    return render_framed(diff, Frame.of(report), gates_broken, width, commands)


def render_framed(
    diff: Diff, frame: Frame, gates_broken: Sequence[str] = (), width: int | None = None, commands: Commands = PLAIN
) -> str:
    if diff.before is not None and diff.is_quiet:
        return ""
    return laid_out(Digest(diff, frame, gates_broken, commands).lines(), width or WIDEST)


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest. Lines come as (indent, text), to be wrapped; an empty text is an empty line."""

    diff: Diff
    frame: Frame
    gates_broken: Sequence[str]
    commands: Commands

    def lines(self) -> Iterator[Line]:
        yield 0, self._subject()
        yield 0, self._runs()
        ends = [Item.of(self._end(one)) for one in self.diff.expiring]
        for news, moves in self.diff.news.items():
            if news is News.FIXED:  # what asks for something to be done stands before what does not
                yield from _section("Ends by itself", ends)
            _, heading, itemize = SECTIONS[news]
            yield from _section(heading, itemize(moves, self.frame.home_of))
        yield from _section("Letters", [Item.of(_letters(move)) for move in self._letter_moves()])
        yield from _section("What else differs between the runs", [Item.of(text) for text in self.diff.causes])
        yield from _section("Gates", [Item.of(text) for text in self.gates_broken])
        yield from _section("Type", [Item.of(text) for text in self._commands()])

    def _subject(self) -> str:
        """ "City of Fernwick: 1 regressed, 2 fixed; city C (was B)"."""
        city = self._city()
        return f"{self.frame.organisation}: {self._counted()}" + (f"; {city}" if city else "")

    def _counted(self) -> str:
        if self.diff.before is None:
            return "the first run, a baseline"
        said = [f"{len(moves)} {SECTIONS[news][0]}" for news, moves in self.diff.news.items() if moves]
        if self.diff.expiring:
            said.append(f"{len(self.diff.expiring)} ending")
        return ", ".join(said) or "letters moved"

    def _city(self) -> str:
        """The measured letter; a baseline has no section of letters, so it says all three."""
        moved = next((move for move in self.diff.letters if move.kind == "city"), None)
        if moved and moved.before and moved.after:
            return f"city {_was(moved.before.measured, moved.after.measured)}"
        if self.frame.city is None:
            return ""
        return f"city {self.frame.city.measured if self.diff.before else _all_of(self.frame.city)}"

    def _runs(self) -> str:
        counts, before = self.frame.counts, self.diff.before
        since = f", compared with {self._time(before.as_of)}" if before else ""
        part = "" if self.diff.after.whole else "; a part of the inventory"
        said = f"{self._time(self.diff.after.as_of)}{since}{part}"
        if not counts.asked:
            return said
        failed = f", {counts.failed} failed" if before is None else ""
        return f"{said}; {counts.answered} of {counted(counts.asked, 'check')} answered{failed}"

    def _time(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.frame.timezone)):%Y-%m-%d %H:%M %Z}"

    def _end(self, one: Expiring) -> str:
        left = one.at - self.diff.after.as_of
        days = -(-left // DAY)  # a day that has begun counts
        when = "has ended" if left <= timedelta() else f"ends in {counted(days, 'day')}"
        where = f" at {one.locus}" if one.locus else ""
        return f"{one.what} {one.subject}{where} {when} ({self._time(one.at)}){HINTS.get(one.what, '')}"

    def _letter_moves(self) -> list[LetterMove]:
        """An asset's letter only where its system's stayed: else the system's line says it."""
        systems = {move.id for move in self.diff.letters if move.kind == "system"}
        return [
            move for move in self.diff.letters if move.kind != "asset" or self.frame.home_of(move.id) not in systems
        ]

    def _commands(self) -> Iterator[str]:
        failing = [move for news in URGENT for move in self.diff.news[news]]
        failing.sort(key=lambda move: -severity_of(move))
        for check in list(dict.fromkeys(move.key[1] for move in failing))[:EXPLAINED]:
            yield Unbroken(self.commands.line("explain", check))
        if self.diff.before:
            yield Unbroken(self.commands.line("diff", self.diff.before.id, self.diff.after.id))


def _section(heading: str, items: Sequence[Item]) -> Iterator[Line]:
    """A heading and the first items; what is cut is counted. Nothing for no items."""
    if not items:
        return
    yield 0, ""
    yield 0, f"{heading}:"
    yield from ((2, item.say()) for item in items[:MOST])
    if rest := sum(item.size for item in items[MOST:]):
        yield 2, f"and {rest} more"


def _letters(move: LetterMove) -> str:
    name = move.kind if move.kind == "city" else f"{move.kind} {move.id}"
    return f"{name}: {_moved(move)}"


def _moved(move: LetterMove) -> str:
    """ "C (was B), at worst F (was C)": the measured letter always, the others where they moved in another way."""
    if move.after is None:
        return f"gone (was {_all_of(move.before)})"
    if move.before is None:
        return f"{_all_of(move.after)} (new)"
    before, after = move.before, move.after
    headline = (before.measured, after.measured)
    others = {"at worst": (before.at_worst, after.at_worst), "with accepted risks": (before.accepted, after.accepted)}
    told = [_was(*headline), *(f"{name} {_was(*pair)}" for name, pair in others.items() if _is_told(pair, headline))]
    return ", ".join(told)


def _is_told(pair: tuple[Letter, Letter], headline: tuple[Letter, Letter]) -> bool:
    return pair[0] != pair[1] and pair != headline


def _was(before: Letter, after: Letter) -> str:
    return f"{after} (was {before})" if before != after else str(after)


def _all_of(letters: Letters | None) -> str:
    """ "C, at worst F": the measured letter, the others where they differ from it."""
    if letters is None:
        return "none"
    worst = f", at worst {letters.at_worst}" if letters.at_worst != letters.measured else ""
    accepted = f", with accepted risks {letters.accepted}" if letters.accepted != letters.measured else ""
    return f"{letters.measured}{worst}{accepted}"
