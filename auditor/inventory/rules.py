"""What an inventory as a whole must keep: one id for one thing, no reference to nothing, something to grade.

Works on the trees, so that a typo in one entry does not silence what is wrong in another. Values that the schema
refuses are passed over: they have their complaint already.
"""

from __future__ import annotations

from collections.abc import Collection

from auditor.inventory.complaints import quoted
from auditor.inventory.roster import retired, retired_checks, text_of
from auditor.inventory.tree import Trail
from auditor.inventory.twins import a_second, refuse_twins
from auditor.inventory.whole import Whole

NOUNS = (
    ("departments", "department"),
    ("systems", "system"),
    ("waivers", "waiver"),
    ("attestations", "attestation"),
    ("vendors", "vendor"),
)


def complain_of_ids(whole: Whole) -> None:
    """Ids that two things share."""
    for section, noun in NOUNS:
        refuse_twins(whole, [((*path, "id"), row.get("id")) for path, row in whole.entries(section)], a_second(noun))
    refuse_twins(whole, (((*path, "id"), row.get("id")) for path, _, row in whole.assets), a_second("asset"))
    refuse_twins(whole, [(path, name) for name, path, _ in retired(whole)], a_second("entry"))
    refuse_twins(whole, [(path, name) for name, path, _ in retired_checks(whole)], a_second("retired check"))
    refuse_twins(whole, whole.texts("include"), a_second("part"))


def complain_of_emptiness(whole: Whole) -> None:
    """An inventory without any system, here or in a part that could be read."""
    rows = whole.at("systems")
    if rows not in (None, []) or any(True for _ in whole.entries("systems")) or not whole.is_readable:
        return
    if whole.at("include"):
        whole.complain_of(("include",), "no system is listed, neither here nor in these files.")
    elif rows is None:
        whole.complain_of(("systems",), "the key 'systems' is missing.")
    else:
        whole.complain_of(("systems",), "'systems' is an empty list: name at least one, or include a file that does.")


def complain_of_references(whole: Whole) -> None:
    """Departments and data classes that are named and not declared."""
    departments = {text for _, row in whole.entries("departments") if (text := text_of(row, "id"))}
    classes = whole.at("data_classes")
    known = set(classes) if isinstance(classes, dict) else set()
    for path, name in _named_departments(whole):
        if name not in departments:
            _dangling(whole, path, "department", name, departments)
    holders = [path for path, _ in (*whole.entries("systems"), *whole.entries("vendors"))]
    holders += [path for path, _, row in whole.assets if "data_classes" in row]
    for holder in holders:
        for path, name in whole.texts(*holder, "data_classes"):
            if name not in known:
                _dangling(whole, path, "data class", name, known)


def complain_of_public_data(whole: Whole) -> None:
    """Assets that everybody is meant to read, though what they hold is not public: the checks would look away."""
    classes = whole.at("data_classes")
    tiers = (
        {name: row.get("tier") for name, row in classes.items() if isinstance(row, dict)}
        if isinstance(classes, dict)
        else {}
    )
    for holder, _ in whole.entries("systems"):
        for path, row in whole.entries(*holder, "assets"):
            if row.get("intended_public") is not True:
                continue
            names = [name for _, name in whole.texts(*(path if "data_classes" in row else holder), "data_classes")]
            kept = [name for name in names if tiers.get(name, "public") != "public"]
            if kept:
                message = f"{quoted(kept[0])} is no public data: list under data_classes what this asset itself holds."
                whole.complain_of((*path, "intended_public"), message)


def _named_departments(whole: Whole) -> list[tuple[Trail, str]]:
    """Where the main file's systems, and each part, say whose they are. A part's systems must say what it says."""
    named = [((number, "department"), part.at("department")) for number, part in whole.parts]
    mine = [((*path, "department"), row.get("department")) for path, row in whole.main.entries("systems")]
    return [(path, name) for path, name in (*mine, *named) if isinstance(name, str) and name]


def _dangling(whole: Whole, path: Trail, noun: str, name: str, known: Collection[str]) -> None:
    whole.complain_of(path, f"the {noun} {quoted(name)} is not declared.", whole.nearest(path, name, known))
