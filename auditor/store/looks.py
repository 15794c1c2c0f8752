"""What was looked at, each look as it arrives. Facts are kept once; an unchanged look costs one reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import cache
from itertools import islice

from sqlalchemy import Connection, bindparam, select

from auditor.asked import read_assets
from auditor.codec import CodecError, decode, digest, plain, type_name
from auditor.facts.base import Facts
from auditor.model import Asset
from auditor.probe import Seen, Unseen
from auditor.records import dataclass
from auditor.store import bodies, sights, times
from auditor.store.once import batched, insert_or_ignore, number_of_asset
from auditor.store.prepared import Prepared
from auditor.store.shelf import Shelf
from auditor.store.sights import Timeless, Written
from auditor.store.tables import asset as asset_table
from auditor.store.tables import facts as facts_table
from auditor.store.tables import look as look_table
from auditor.store.tables import sight as sight_table

SIGHT_OF = Prepared(select(sight_table.c.no).where(sight_table.c.sha256 == bindparam("key")), "key")
NEW_SIGHT = Prepared(sight_table.insert().returning(sight_table.c.no), "sha256", "body")
DIGEST_OF = Prepared(
    select(sight_table.c.sha256)
    .join(look_table, look_table.c.sight == sight_table.c.no)
    .where((look_table.c.run == bindparam("of_run")) & (look_table.c.asset == bindparam("of_asset")))
    .order_by(look_table.c.turn.desc()),
    "of_run",
    "of_asset",
)
NEW_LOOK = Prepared(look_table.insert(), "run", "asset", "turn", "sight", "times")
LOOKS_AT_ONCE = 50  # whose facts are in memory
ASSETS_AT_ONCE = 100  # that are read back: as plain values each takes kilobytes
CHECK = "`auditor store check` says what else is damaged."


@dataclass(frozen=True, slots=True)
class KeptLook:
    """One look of a run at one asset. `digest`: of all that it saw, times left out. `written`: of one to be kept."""

    asset: str
    sights: tuple[Seen | Unseen, ...]
    found: tuple[Asset, ...]
    digest: str
    written: Written | None = field(default=None, compare=False, repr=False)


def look_of(asset: str, seen: Sequence[Seen | Unseen], found: Sequence[Asset]) -> KeptLook:
    """Raises CodecError for what cannot be kept."""
    written = sights.written(seen, found)
    return KeptLook(asset, tuple(seen), tuple(found), digest(written.body), written)


def keep_look(  # noqa: PLR0917 - which look, and where it belongs
    connection: Connection, run: int, since: datetime, turn: int, look: KeptLook, asset: int | None = None
) -> None:
    """Write what one look saw. `since`: when its run started; `turn`: 1, or 2 for a second look.

    `asset`: the number of the asset, where it is known.
    Raises CodecError, before anything is written, for what would be read back as something else.
    """
    key = bytes.fromhex(look.digest)
    sight = SIGHT_OF.value(connection, key)
    if sight is None:
        written = look.written or sights.written(look.sights, look.found)
        _require_readable(look.found)
        _keep_facts(connection, written.facts)
        sight = NEW_SIGHT.value(connection, key, written.body)
    number = asset if asset is not None else number_of_asset(connection, look.asset)
    instants = times.packed((one.facts.observed_at for one in look.sights if isinstance(one, Seen)), since)
    NEW_LOOK.each(connection, [(run, number, turn, sight, instants)])


def _require_readable(found: Sequence[Asset]) -> None:
    """Raises CodecError for assets that would be read back as something else."""
    rest = iter(found)
    while some := tuple(islice(rest, ASSETS_AT_ONCE)):
        if read_assets([plain(asset) for asset in some]) != some:
            raise CodecError("What was found would not be read back as it was.")


def _keep_facts(connection: Connection, facts: Mapping[str, Timeless]) -> None:
    """Those that are not known yet are read back first: a stranger's probe may fill in what its own type refuses."""
    known = _known(connection, facts)
    new = {key: one for key, one in facts.items() if key not in known}
    for one in new.values():
        if not _comes_back(one):
            raise CodecError(f"A {type_name(type(one.facts))} would not be read back as it was seen.")
    rows = [(bytes.fromhex(key), bodies.packed(one.body)) for key, one in new.items()]
    insert_or_ignore(connection, facts_table, rows)


def _comes_back(one: Timeless) -> bool:
    """Raises CodecError for what cannot be read back at all, or refuses to be without its time."""
    back = decode(one.body, (type(one.facts),))
    try:
        return replace(back, observed_at=one.facts.observed_at) == one.facts
    except ValueError:  # it refuses that time now
        return False


def _known(connection: Connection, digests: Iterable[str]) -> frozenset[str]:
    """Which of these facts the store has."""
    found: list[bytes] = []
    for some in batched([bytes.fromhex(one) for one in digests]):
        places = 1 << (len(some) - 1).bit_length()  # so that a few statements do for any number
        rows = _known_of(places).rows(connection, [*some, *([some[0]] * (places - len(some)))])
        found += [sha256 for (sha256,) in rows]
    return frozenset(one.hex() for one in found)


@cache
def _known_of(places: int) -> Prepared:
    """Asks for so many digests; the same one may stand at several places."""
    names = [f"key_{place}" for place in range(places)]
    asked = facts_table.c.sha256.in_([bindparam(name) for name in names])
    return Prepared(select(facts_table.c.sha256).where(asked), *names)


def digest_of(connection: Connection, run: int, asset: int) -> str:
    """Of all that the last look of a run at an asset saw; "" where there is none."""
    sha256: bytes | None = DIGEST_OF.value(connection, run, asset)
    return "" if sha256 is None else sha256.hex()


def looked_at(connection: Connection, run: int, turn: int = 1) -> frozenset[str]:
    """The assets that a run has looked at. `turn`: 2 for those that it looked at a second time."""
    where = (look_table.c.run == run) & (look_table.c.turn == turn)
    rows = connection.execute(select(asset_table.c.id).join_from(look_table, asset_table).where(where))
    return frozenset(rows.scalars())


def read_looks(  # noqa: PLR0917 - which looks, and how to read them
    connection: Connection,
    run: int,
    since: datetime,
    turn: int,
    types: Iterable[type[Facts]],
    assets: Iterable[str] | None = None,
    damaged: set[str] | None = None,
) -> Iterator[KeptLook]:
    """The looks of a run, by asset id; of these assets alone, if given.

    `damaged`: takes the assets whose looks cannot be read any more. Without it they raise CodecError.
    """
    columns = (asset_table.c.id, look_table.c.sight, look_table.c.times)
    query = select(*columns).join_from(look_table, asset_table)
    query = query.where((look_table.c.run == run) & (look_table.c.turn == turn))
    if assets is not None:
        query = query.where(asset_table.c.id.in_(list(assets)))
    types = tuple(types)
    rows = sorted((name, number, packed) for name, number, packed in connection.execute(query))
    for start in range(0, len(rows), LOOKS_AT_ONCE):
        some = rows[start : start + LOOKS_AT_ONCE]
        shelf = Shelf(connection, types, [number for _, number, _ in some])
        for name, number, packed in some:
            try:
                yield _read(shelf, name, number, packed, since)
            except CodecError:
                if damaged is None:
                    raise
                damaged.add(name)


def _read(shelf: Shelf, asset: str, number: int, packed: bytes, since: datetime) -> KeptLook:
    """Raises CodecError."""
    try:
        kept = shelf.sight(number)
        facts = {key: shelf.fact(key) for key in kept.seen}
        seen = kept.filled(facts, list(times.unpacked(packed, since)))
    except (ValueError, LookupError, OverflowError) as error:
        raise CodecError(f"A look at {asset} could not be read.", CHECK) from error
    except CodecError as error:
        raise CodecError(f"A look at {asset} could not be read: {error.message}", CHECK) from error
    return KeptLook(asset, seen, kept.found, shelf.digest(number))
