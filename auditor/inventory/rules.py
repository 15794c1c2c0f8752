"""What an inventory as a whole must keep: one id for one thing, no reference to nothing, no approval by oneself.

Works on the tree, so that a typo in one entry does not silence what is wrong in another. Values that the schema
refuses are passed over: they have their complaint already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from auditor.inventory.complaints import quoted
from auditor.inventory.listing import KnownChecks
from auditor.inventory.tree import Plain, Trail, Tree


def complain_of_ids(tree: Tree) -> None:
    """Ids that two things share."""
    for section, noun in (
        ("departments", "department"),
        ("systems", "system"),
        ("waivers", "waiver"),
        ("retired", "entry"),
    ):
        _refuse_twins(tree, [((*path, "id"), row.get("id")) for path, row in tree.entries(section)], noun)
    _refuse_twins(tree, [((*path, "id"), row.get("id")) for path, _, row in assets(tree)], "asset")
    pairs = [((*path, "check"), _pair(row)) for path, row in tree.entries("waivers")]
    _refuse_twins(tree, pairs, "waiver of", "asset and check")


def complain_of_references(tree: Tree) -> None:
    """Departments and data classes that are named and not declared."""
    departments = {text for _, row in tree.entries("departments") if (text := _text(row, "id"))}
    classes = tree.at("data_classes")
    known = set(classes) if isinstance(classes, dict) else set()
    for path, row in tree.entries("systems"):
        department = _text(row, "department")
        if department and department not in departments:
            _dangling(tree, (*path, "department"), "department", department, departments)
    holders = [path for path, _ in tree.entries("systems")] + [path for path, _, _ in assets(tree)]
    for holder in holders:
        for path, name in tree.texts(*holder, "data_classes"):
            if name not in known:
                _dangling(tree, path, "data class", name, known)


def complain_of_public_data(tree: Tree) -> None:
    """Assets that everybody is meant to read, though what they hold is not public: the checks would look away."""
    classes = tree.at("data_classes")
    tiers = (
        {name: row.get("tier") for name, row in classes.items() if isinstance(row, dict)}
        if isinstance(classes, dict)
        else {}
    )
    for holder, _ in tree.entries("systems"):
        for path, row in tree.entries(*holder, "assets"):
            names = [name for _, name in tree.texts(*(path if "data_classes" in row else holder), "data_classes")]
            kept = [name for name in names if tiers.get(name, "public") != "public"]
            if row.get("intended_public") is True and kept:
                message = f"{quoted(kept[0])} is no public data: list under data_classes what this asset itself holds."
                tree.complain_of((*path, "intended_public"), message)


def complain_of_history(tree: Tree) -> None:
    """Retired things that are still listed, and former names that are in use or claimed twice."""
    listed = dict(_listed(tree))
    retired = {text for _, row in tree.entries("retired") if (text := _text(row, "id"))}
    for path, row in tree.entries("retired"):
        name = _text(row, "id")
        if name in listed:
            tree.complain_of((*path, "id"), f"{quoted(name)} is retired and still listed.")
        if name and row.get("kind") in ("system", "asset") and ("/" in name) != (row["kind"] == "asset"):
            tree.complain_of((*path, "kind"), "an asset is written system/asset, a system without a slash.")
    former = [entry for path, _, _ in assets(tree) for entry in tree.texts(*path, "formerly")]
    _refuse_twins(tree, former, "former name")
    for path, name in former:
        if name in listed or name in retired:
            state = "is still listed" if name in listed else "is retired: a rename needs no such entry"
            tree.complain_of(path, f"the former name {quoted(name)} {state}.")


def complain_of_waivers(tree: Tree, known_checks: KnownChecks | None) -> None:
    """Waivers that match nothing, end before they begin, or are approved by who bears the risk."""
    kinds = {f"{system}/{row['id']}": row.get("kind") for _, system, row in assets(tree) if system and _text(row, "id")}
    for path, row in tree.entries("waivers"):
        asset, check = _text(row, "asset"), _text(row, "check")
        if asset and asset not in kinds:
            _dangling_waiver(tree, (*path, "asset"), asset, kinds)
        if check and known_checks is not None:
            _complain_of_check(tree, (*path, "check"), check, kinds.get(asset or ""), known_checks)
        begins, ends = _day(row, "approved"), _day(row, "expires")
        if begins and ends and ends < begins:
            tree.complain_of((*path, "expires"), f"the waiver expires before it is approved ({begins}).")
        owner, approver = _text(row, "risk_owner"), _text(row, "approved_by")
        if owner and approver and _same_person(owner, approver):
            tree.complain_of((*path, "approved_by"), "whoever bears the risk cannot approve the waiver.")


def assets(tree: Tree) -> Iterator[tuple[Trail, str | None, dict[str, Plain]]]:
    """Every asset with its path and its system's id (None: that is missing or not text)."""
    for path, system in tree.entries("systems"):
        for inner, row in tree.entries(*path, "assets"):
            yield inner, _text(system, "id"), row


def _listed(tree: Tree) -> Iterator[tuple[str, Trail]]:
    """Ids of all systems and assets, as findings call them."""
    for path, row in tree.entries("systems"):
        if name := _text(row, "id"):
            yield name, path
    for path, system, row in assets(tree):
        if system and (name := _text(row, "id")):
            yield f"{system}/{name}", path


def _refuse_twins(tree: Tree, named: Sequence[tuple[Trail, Plain]], noun: str, what: str = "") -> None:
    first: dict[str, Trail] = {}
    for path, name in named:
        if not isinstance(name, str) or not name:
            continue
        if name in first:
            line = tree.place_of(first[name]).line
            label = f"a {noun} this {what}" if what else f"the {noun} {quoted(name)}"
            tree.complain_of(path, f"{label} stands already in line {line}.")
        else:
            first[name] = path


def _dangling(tree: Tree, path: Trail, noun: str, name: str, known: Collection[str]) -> None:
    tree.complain_of(path, f"the {noun} {quoted(name)} is not declared.", tree.nearest(name, known))


def _dangling_waiver(tree: Tree, path: Trail, asset: str, known: Collection[str]) -> None:
    """A waiver whose asset is not listed. An id without its system is completed where only one asset has it."""
    whole = [name for name in known if name.endswith("/" + asset)]
    meant = whole[0] if len(whole) == 1 else tree.nearest(asset, known)
    tree.complain_of(path, f"the waiver matches nothing: no asset {quoted(asset)} is listed.", meant)


def _complain_of_check(tree: Tree, path: Trail, check: str, kind: Plain, known: KnownChecks) -> None:
    if check not in known:
        tree.complain_of(
            path,
            f"the waiver matches nothing: there is no check {quoted(check)}.",
            tree.nearest(check, known),
        )
    elif isinstance(known, Mapping) and isinstance(kind, str) and kind not in known[check]:
        tree.complain_of(path, f"the waiver matches nothing: {check} is never asked of a {kind}.")


def _pair(row: dict[str, Plain]) -> str | None:
    asset, check = _text(row, "asset"), _text(row, "check")
    return f"{asset} {check}" if asset and check else None


def _text(row: dict[str, Plain], key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) else None


def _day(row: dict[str, Plain], key: str) -> date | None:
    text = _text(row, key)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _same_person(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
