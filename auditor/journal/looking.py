"""The event of an asset that was looked at: what was seen of it and what was not, by name, count and reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING

from auditor.journal.event import Value, What, tell
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.model import Reason

MOST_LOCI = 16  # places that are named of one facts type; all are counted
NAME_LIMIT = 256  # characters of an asset's name; a target of `auditor check` is as long as somebody types


@dataclass(frozen=True, slots=True)
class Sight:
    """One facts type at one place. `reason` None: it was seen."""

    facts: type[object]
    locus: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """One facts type and how it went, at all the places where it went like this."""

    facts: str
    reason: Reason | None
    loci: tuple[str, ...]

    def value(self) -> Value:
        named = [locus for locus in self.loci if is_address_and_port(locus)][:MOST_LOCI]
        return {
            "facts": self.facts,
            **({"reason": self.reason.word} if self.reason else {}),
            "places": len(self.loci),
            "loci": list(named),
        }

    def words(self) -> str:
        return self.facts if len(self.loci) == 1 else f"{self.facts} at {len(self.loci)} places"


def looked_at(
    asset: str,
    sights: Iterable[Sight],
    *,
    seconds: float,
    connections: int = 0,
    found: int = 0,
    broken: Mapping[str, str] | None = None,
    again: bool = False,
) -> None:
    """All probes of an asset are done.

    `asset`: its id. `connections`: opened to its own host; 0 where none were, or where they are not counted (storage
    calls). `found`: how many things it led to, listed or not; their names are a stranger's. `broken`: probe →
    class of the error that ended it. `again`: it is looked at a second time in this run.
    """
    rows = _rows(sights)
    name = _name(asset)
    tell(
        What.LOOKED_AT,
        f"{name}: looked at {'again ' if again else ''}for {seconds:.1f} s. {_words(rows, found)}",
        asset=name,
        again=again,
        seconds=round(seconds, 3),
        connections=connections,
        seen=[row.value() for row in rows if row.reason is None],
        unseen=[row.value() for row in rows if row.reason is not None],
        found=found,
        broken=dict(broken or {}),
    )


def is_address_and_port(locus: str) -> bool:
    """Is this a place that we resolved ourselves, `127.0.0.1:443` or `[::1]:443`? Any other text may be a target's."""
    address, colon, port = locus.rpartition(":")
    is_port = bool(colon) and port.isascii() and port.isdecimal() and len(port) <= len("65535")
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    return is_port and "%" not in bare and _is_address(bare, in_brackets=bare != address)


def _is_address(text: str, *, in_brackets: bool) -> bool:
    try:
        return (ip_address(text).version == 6) == in_brackets
    except ValueError:
        return False


def _rows(sights: Iterable[Sight]) -> tuple[_Row, ...]:
    """In the order of facts types; what was seen of a type first."""
    places: dict[tuple[str, Reason | None], list[str]] = defaultdict(list)
    for sight in sights:
        places[sight.facts.__name__, sight.reason].append(sight.locus)
    ordered = sorted(places.items(), key=lambda item: (item[0][0], item[0][1].word if item[0][1] else ""))
    return tuple(_Row(facts, reason, tuple(sorted(loci))) for (facts, reason), loci in ordered)


def _words(rows: Iterable[_Row], found: int) -> str:
    seen, unseen = [], defaultdict[str, list[str]](list)
    for row in rows:
        if row.reason is None:
            seen.append(row.words())
        else:
            unseen[row.reason.phrase].append(row.words())
    sentences = [f"Seen: {', '.join(seen) or 'nothing'}."]
    if unseen:
        reasons = "; ".join(f"{', '.join(names)} ({phrase})" for phrase, names in unseen.items())
        sentences.append(f"Not seen: {reasons}.")
    if found:
        sentences.append(f"Led to {found} thing{'s' if found > 1 else ''}, listed in the inventory or not.")
    return " ".join(sentences)


def _name(asset: str) -> str:
    """An id of the inventory as it is. A target that was typed may hold a token in its query: it is left out here."""
    plain = asset.partition("?")[0].partition("#")[0][:NAME_LIMIT]
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in plain)
