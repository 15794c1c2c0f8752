"""Lists that come in pages: fetched to their end, within bounds, and never round in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3_calls import Answer
from auditor.records import dataclass

MOST_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `failure`: why there is no further one although there should be; only of the last."""

    answer: Answer
    failure: Unreachable | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """Where an operation's token stands in its answers, and in the next question. `flag`: where it says "more"."""

    said: tuple[str, ...]
    asked: tuple[str, ...]
    flag: str = ""

    def next_of(self, value: Mapping[str, object]) -> dict[str, str]:
        """The parameters of the next question; {} at the end. Raises Unreachable for a page that promises in vain."""
        tokens = {asked: value.get(said) for said, asked in zip(self.said, self.asked, strict=True)}
        told = {name: token for name, token in tokens.items() if isinstance(token, str) and token}
        if self.flag and not isinstance(value.get(self.flag, False), bool):
            raise Unreachable(Reason.MALFORMED, "a page does not say whether there is another one")
        if self.flag and value.get(self.flag) is not True:
            return {}
        if self.flag and not told:
            raise Unreachable(Reason.MALFORMED, "a page promises another one and does not say where")
        return told


def pages(ask: Callable[[Mapping[str, str]], Answer], paging: Paging, most: int = MOST_PAGES) -> Iterator[Page]:
    """Page by page. Raises Unreachable for the first one; of a later one it is told with the page before it."""
    answer, seen = ask({}), set[frozenset[tuple[str, str]]]()
    while True:
        try:
            following = paging.next_of(answer.value or {})
            if following:
                _require_news(following, seen, most)
                after = ask(following)
        except Unreachable as failure:
            yield Page(answer, failure)
            return
        yield Page(answer)
        if not following:
            return
        answer = after


def _require_news(following: Mapping[str, str], seen: set[frozenset[tuple[str, str]]], most: int) -> None:
    """Raises Unreachable for a page that was there before, and for one too many."""
    key = frozenset(following.items())
    if key in seen:
        raise Unreachable(Reason.MALFORMED, "the pages of a list go round in a circle")
    seen.add(key)
    if len(seen) >= most:
        raise Unreachable(Reason.BUDGET, f"a list was given {most} pages")
