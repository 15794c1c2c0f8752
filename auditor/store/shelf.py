"""What some looks saw, and the facts of it, asked for at once: a question costs more than what it brings."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, bindparam, select

from auditor.codec import CodecError, decode, digest
from auditor.facts.base import Facts
from auditor.store import sights
from auditor.store.once import batched
from auditor.store.sights import KeptSight
from auditor.store.tables import facts as facts_table
from auditor.store.tables import sight as sight_table

# Made once: to make a statement costs more than to run it.
SIGHTS = select(sight_table.c.no, sight_table.c.sha256, sight_table.c.body).where(
    sight_table.c.no.in_(bindparam("numbers", expanding=True))
)
FACTS = select(facts_table.c.sha256, facts_table.c.body).where(
    facts_table.c.sha256.in_(bindparam("keys", expanding=True))
)
DIGEST = re.compile("[0-9a-f]{64}")


class Shelf:
    """What was kept under some numbers of `sight`, at most `once.BATCH` of them.

    What is missing or damaged is told when it is asked for, so that each look is told by itself.
    """

    def __init__(self, connection: Connection, types: Sequence[type[Facts]], numbers: Sequence[int]) -> None:
        self._types = types
        rows = connection.execute(SIGHTS, {"numbers": numbers}).all()
        self._digests: dict[int, str] = {number: sha256.hex() for number, sha256, _ in rows}
        self._sights = {number: _attempted(sha256, body, types) for number, sha256, body in rows}
        named = {key for kept in self._sights.values() if isinstance(kept, KeptSight) for key in kept.seen}
        self._bodies = dict(_bodies(connection, named))
        self._facts: dict[str, Facts] = {}

    def sight(self, number: int) -> KeptSight:
        """Raises CodecError."""
        kept = self._sights.get(number) or CodecError("what it saw is missing.")
        if isinstance(kept, CodecError):
            raise kept
        return kept

    def digest(self, number: int) -> str:
        return self._digests[number]

    def fact(self, key: str) -> Facts:
        """Without its time; read once, however many looks saw it. Raises CodecError, LookupError for a missing one."""
        if key not in self._facts:
            self._facts[key] = facts_of(bytes.fromhex(key), self._bodies[key], self._types)
        return self._facts[key]


def facts_of(sha256: bytes, kept: bytes, types: Iterable[type[Facts]]) -> Facts:
    """Raises CodecError for bytes that are not what was kept."""
    try:
        body = zlib.decompress(kept)
    except zlib.error as error:
        raise CodecError("Stored facts are not what was kept: they are damaged.") from error
    if bytes.fromhex(digest(body)) != sha256:
        raise CodecError("Stored facts are not what was kept: their digest differs.")
    return decode(body, types)


def _attempted(sha256: bytes, body: bytes, types: Sequence[type[Facts]]) -> KeptSight | CodecError:
    try:
        return sights.read(sha256, body, types)
    except CodecError as error:
        return error


def _bodies(connection: Connection, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The bytes of facts, by digest; without those that are missing, or named by what is no digest."""
    for some in batched([bytes.fromhex(key) for key in keys if DIGEST.fullmatch(key)]):
        for sha256, body in connection.execute(FACTS, {"keys": some}):
            yield sha256.hex(), body
