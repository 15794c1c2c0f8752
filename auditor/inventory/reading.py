"""A file with its parts → an inventory, or every complaint about them at once, in the order of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

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


def read(path: Path, known_checks: KnownChecks | None, last_good: Mapping[str, str] | None) -> Inventory:
    """See `auditor.inventory.read_inventory`."""
    return understand(str(path), read_text(path), known_checks, last_good)


def understand(
    file: str, text: str, known_checks: KnownChecks | None = None, last_good: Mapping[str, str] | None = None
) -> Inventory:
    """An inventory's text, typed. `file` is its path, beside which its parts lie. Raises InventoryError."""
    proven = last_good or {}
    main = open_page(file, text, Document)
    folder = Folder(Path(file))
    leaves = [open_leaf(folder, name, proven.get(name)) for name in _parts_of(main.tree)]
    if main.content is None or main.tree.complaints:
        raise InventoryError(in_one(examine(main, leaves, known_checks)))
    served = Server(folder, leaves, proven).serve(main, known_checks)
    return _listing(main.content, served)


def _parts_of(tree: Tree) -> Iterator[str]:
    """The parts that the main file names and that can be looked for: each once."""
    named = dict.fromkeys(name for _, name in tree.texts("include"))
    for name in list(named)[:MOST_PARTS]:
        try:
            yield part_path(name)
        except ValueError:
            continue  # has its complaint: the schema refuses it for the same reason


def _listing(main: Document, served: Served) -> Inventory:
    contents = {leaf.name: leaf.page.content for leaf in served.leaves if leaf.page.content}
    texts = {leaf.name: leaf.text for leaf in served.leaves if leaf.text is not None}
    broken = tuple(
        BrokenPart(path=name, complaints=said, systems=tuple(system.id for system in contents[name].systems))
        for name, said in served.broken.items()
    )
    return build(merged(main, contents.values()), texts, broken)
