"""What is remembered of each asset between runs: one page an asset, written anew by every run that looked at it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from sqlalchemy import Connection, bindparam, select

from auditor.codec import CodecError, digest
from auditor.model import Carried, Outcome
from auditor.packing import last_decided, packed, unpacked
from auditor.records import dataclass
from auditor.store.once import insert_or_replace, keep_document, number_of_asset, read_document
from auditor.store.tables import asset as asset_table
from auditor.store.tables import carried as carried_table
from auditor.store.tables import memory as memory_table

Place = tuple[str, str]  # check, locus
PAGES_AT_ONCE = 100
# Made once: to make a statement anew for each page would cost more than to run it.
PAGE_OF = select(memory_table.c.body).join(asset_table).where(asset_table.c.id == bindparam("name"))
MEND = (
    "Restore a backup, or rebuild it with `auditor store mend`: what failed still fails, and what passed is unknown "
    "until it is seen again."
)
DIGITS = 64  # of the digest that a body begins with


@dataclass(frozen=True, slots=True)
class Page:
    """`method`: by what its entries were judged. `states`: the digest of what was last recorded of each place.

    `address`: where the asset was when it was last looked at; "" where nobody knows.
    """

    method: str = ""
    states: Mapping[Place, str] = field(default_factory=dict)
    entries: tuple[Carried, ...] = ()
    address: str = ""


def read_page(connection: Connection, asset: str) -> Page:
    """The page of an asset; an empty one if it has none. Raises CodecError."""
    body = connection.execute(PAGE_OF, {"name": asset}).scalar()
    if body is None:
        return Page()
    try:
        said = opened_body(body)
        states = {(check, locus): sha256 for check, locus, sha256 in said["states"]}
        return Page(said["method"], states, unpacked(asset, said["entries"]), said.get("address", ""))
    except (ValueError, KeyError, TypeError, CodecError) as error:
        raise _damaged(asset) from error


def decided_of_all(connection: Connection) -> Iterator[tuple[str, str, dict[Place, Outcome]]]:
    """Of every page: the asset, the method, and what was last seen to pass or fail at each place."""
    query = select(asset_table.c.id, memory_table.c.body).join_from(memory_table, asset_table)
    for name, body in connection.execute(query.execution_options(yield_per=PAGES_AT_ONCE)):
        try:
            said = opened_body(body)
            yield name, said["method"], last_decided(said["entries"])
        except (ValueError, KeyError, TypeError, CodecError) as error:
            raise _damaged(name) from error


def _damaged(asset: str) -> CodecError:
    return CodecError(f"What the store remembers of {asset} could not be read.", MEND)


def opened_body(body: str) -> Any:
    """The JSON values of a body, for its readers to take apart.

    Raises ValueError where it is not what was written: one bit may end a failure.
    """
    said = body[DIGITS + 1 :].encode()
    if body[: DIGITS + 1] != f"{digest(said)} ":
        raise ValueError("its digest differs")
    return json.loads(said)


def assets_with_pages(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(asset_table.c.id).join(memory_table)).scalars())


def write_page(connection: Connection, asset: str, page: Page) -> None:
    write_pages(connection, {number_of_asset(connection, asset): written(page)})


def write_pages(connection: Connection, bodies: Mapping[int, str]) -> None:
    """Many at once, by the number of the asset."""
    insert_or_replace(connection, memory_table, *({"asset": no, "body": body} for no, body in bodies.items()))


def written(page: Page) -> str:
    """The digest of the rest, a space, and JSON in ASCII."""
    states = [f"[{quoted(check)},{quoted(locus)},{quoted(sha)}]" for (check, locus), sha in sorted(page.states.items())]
    body = (
        f'{{"method":{quoted(page.method)},"states":[{",".join(states)}],'
        f'"entries":{packed(page.entries)},"address":{quoted(page.address)}}}'
    )
    return f"{digest(body.encode())} {body}"


def write_carried(connection: Connection, run: int, asset: str, entries: Iterable[Carried]) -> None:
    """Keep the earlier outcomes that a run's grade of an asset relied on; the same ones are kept once."""
    values = {
        "run": run,
        "asset": number_of_asset(connection, asset),
        "entries": keep_document(connection, packed(entries).encode()),
    }
    connection.execute(carried_table.insert().values(values))


def read_carried(connection: Connection, run: int) -> Iterator[Carried]:
    """All earlier outcomes that a run relied on. Raises CodecError."""
    query = select(asset_table.c.id, carried_table.c.entries).join_from(carried_table, asset_table)
    for name, number in connection.execute(query.where(carried_table.c.run == run).order_by(asset_table.c.id)).all():
        yield from unpacked(name, json.loads(read_document(connection, number)))
