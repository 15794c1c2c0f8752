"""A file with its parts → an inventory, or every complaint about them at once, in the order of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from auditor.clock import utc_now
from auditor.inventory.build import build
from auditor.inventory.complaints import InventoryError
from auditor.inventory.examining import examine, in_one
from auditor.inventory.include import Folder, part_path
from auditor.inventory.listing import BrokenPart, Inventory, KnownChecks
from auditor.inventory.merging import merged
from auditor.inventory.pages import open_leaf, open_page
from auditor.inventory.schema import MOST_PARTS, Document
from auditor.inventory.serving import Served, Server
from auditor.inventory.source import read_text
from auditor.inventory.tree import Tree


def read(
    path: Path, known_checks: KnownChecks | None, last_good: Mapping[str, str] | None, now: datetime | None
) -> Inventory:
    """See `auditor.inventory.read_inventory`."""
    return understand(str(path), read_text(path), known_checks, last_good, now=now)


def understand(
    file: str,
    text: str,
    known_checks: KnownChecks | None = None,
    last_good: Mapping[str, str] | None = None,
    *,
    now: datetime | None = None,
) -> Inventory:
    """An inventory's text, typed. `file` is its path, beside which its parts lie. Raises InventoryError."""
    return build(*_agreed(file, text, known_checks, last_good or {}, now or utc_now()))


def _agreed(
    file: str, text: str, known_checks: KnownChecks | None, proven: Mapping[str, str], now: datetime
) -> tuple[Document, dict[str, str], tuple[BrokenPart, ...], date]:
    """What `build` needs. The trees end here: a large city need not lie there once more while its nouns are made."""
    main = open_page(file, text, Document)
    today = _day_there(main.tree, now)
    folder = Folder(Path(file))
    leaves = [open_leaf(folder, name, proven.get(name)) for name in _parts_of(main.tree)]
    if main.content is None or main.tree.complaints:
        raise InventoryError(in_one(examine(main, leaves, known_checks, today)))
    served = Server(folder, leaves, proven).serve(main, known_checks, today)
    return *_served(main.content, served), today


def _day_there(main: Tree, now: datetime) -> date:
    """The day in the organisation's zone; in UTC where that has its complaint."""
    named = main.at("organisation", "timezone")
    try:
        zone = ZoneInfo(named) if isinstance(named, str) else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = UTC
    return now.astimezone(zone).date()


def _parts_of(tree: Tree) -> Iterator[str]:
    """The parts that the main file names and that can be looked for: each once."""
    named = dict.fromkeys(name for _, name in tree.texts("include"))
    for name in list(named)[:MOST_PARTS]:
        try:
            yield part_path(name)
        except ValueError:
            continue  # has its complaint: the schema refuses it for the same reason


def _served(main: Document, served: Served) -> tuple[Document, dict[str, str], tuple[BrokenPart, ...]]:
    """The whole document, the texts of its parts, and those of which a copy serves."""
    contents = {leaf.name: leaf.page.content for leaf in served.leaves if leaf.page.content}
    texts = {leaf.name: leaf.text for leaf in served.leaves if leaf.text is not None}
    broken = tuple(
        BrokenPart(path=name, complaints=said, systems=tuple(system.id for system in contents[name].systems))
        for name, said in served.broken.items()
    )
    return merged(main, contents.values()), texts, broken
