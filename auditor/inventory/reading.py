"""A file → an inventory, or every complaint about it at once, in the order of the file."""

from __future__ import annotations

from pathlib import Path

from auditor.inventory import fences, rules
from auditor.inventory.build import build
from auditor.inventory.complaints import Complaint, InventoryError
from auditor.inventory.listing import Inventory, KnownChecks
from auditor.inventory.planting import plant
from auditor.inventory.schema import Document
from auditor.inventory.secrecy import sweep
from auditor.inventory.shape import fit
from auditor.inventory.source import read_text
from auditor.inventory.tree import Tree


def read(path: Path, known_checks: KnownChecks | None) -> Inventory:
    """See `auditor.inventory.read_inventory`."""
    return understand(str(path), read_text(path), known_checks)


def understand(file: str, text: str, known_checks: KnownChecks | None = None) -> Inventory:
    """An inventory's text, typed. `file` is what complaints call it. Raises InventoryError."""
    tree = plant(file, text)
    document = _judged(tree, known_checks) if tree.plain is not None else None
    if document is None or tree.complaints:
        raise InventoryError(_in_order(tree.complaints))
    return build(document)


def _judged(tree: Tree, known_checks: KnownChecks | None) -> Document | None:
    sweep(tree)
    document = fit(tree)
    rules.complain_of_ids(tree)
    rules.complain_of_references(tree)
    rules.complain_of_public_data(tree)
    rules.complain_of_history(tree)
    rules.complain_of_waivers(tree, known_checks)
    fences.complain_of_addresses(tree)
    fences.complain_of_scope(tree)
    return document


def _in_order(complaints: list[Complaint]) -> list[Complaint]:
    return sorted(set(complaints), key=lambda complaint: (complaint.place, complaint.message))
