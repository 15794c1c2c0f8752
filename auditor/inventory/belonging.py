"""What a part may speak of: its own department's systems, and nobody else's."""

from __future__ import annotations

from auditor.inventory.complaints import quoted
from auditor.inventory.roster import is_check, text_of
from auditor.inventory.tree import Tree
from auditor.inventory.whole import Whole


def complain_of_strangers(whole: Whole) -> None:
    """Entries of a part that are about another department, or about systems that stand in another file."""
    for number, part in whole.parts:
        _complain_of_departments(whole, number, part)
        own = {name for _, row in part.entries("systems") if (name := text_of(row, "id"))}
        _complain_of_words(whole, number, part, own)
        _complain_of_retired(whole, number, part, own)


def _complain_of_departments(whole: Whole, number: int, part: Tree) -> None:
    department = part.at("department")
    for path, row in part.entries("systems"):
        named = text_of(row, "department")
        if isinstance(department, str) and named and named != department:
            message = f"{quoted(named)} is not the department of this file, which is {quoted(department)}."
            whole.complain_of((number, *path, "department"), message)


def _complain_of_words(whole: Whole, number: int, part: Tree, own: set[str]) -> None:
    """A department accepts no other's risk, and answers for no other's systems."""
    for section, noun in (("waivers", "waiver"), ("attestations", "attestation")):
        for path, row in part.entries(section):
            system, slash, _ = (text_of(row, "asset") or "").partition("/")
            if slash and system not in own:
                message = f"the system {quoted(system)} is not listed in this file: its {noun}s stand where it does."
                whole.complain_of((number, *path, "asset"), message)


def _complain_of_retired(whole: Whole, number: int, part: Tree, own: set[str]) -> None:
    """A whole system that is retired is listed nowhere, so nobody can tell whose it was. A check is everybody's."""
    gone = {name for _, row in part.entries("retired") if (name := text_of(row, "id"))}
    for path, row in part.entries("retired"):
        system, slash, _ = (text_of(row, "id") or "").partition("/")
        if is_check(row):
            message = "a check is the whole city's: it is retired in the main file."
            whole.complain_of((number, *path, "kind"), message)
        elif slash and system not in own | gone:
            message = (
                f"the system {quoted(system)} is neither listed nor retired in this file: retire its assets there."
            )
            whole.complain_of((number, *path, "id"), message)
