"""Retired things that are still there, and former names that are in use or claimed twice."""

from __future__ import annotations

import re
from datetime import date

from auditor.inventory.complaints import quoted
from auditor.inventory.listing import KnownChecks
from auditor.inventory.roster import day_of, listed, retired, retired_checks
from auditor.inventory.tree import Plain, Trail
from auditor.inventory.twins import a_second, refuse_twins
from auditor.inventory.values import CHECK, LIKE_A_CHECK
from auditor.inventory.whole import Whole, is_later


def complain_of_retired(whole: Whole, today: date) -> None:
    """`today`: the day on which the inventory is read. An entry of a later day is a plan, and takes nothing away."""
    gone = list(retired(whole))
    present = dict(listed(whole)) if gone else {}
    for name, path, row in gone:
        if name in present and _is_in_force(row, today):
            _refuse(whole, (path, f"{quoted(name)} is retired and still listed."), (present[name], name, "retired"))
        if row.get("kind") in ("system", "asset") and ("/" in name) != (row["kind"] == "asset"):
            whole.complain_of((*path[:-1], "kind"), "an asset is written system/asset, a system without a slash.")


def complain_of_retired_checks(whole: Whole, known_checks: KnownChecks | None, today: date) -> None:
    """As with assets: nobody may believe that a check is gone which is asked all the same."""
    for name, path, row in retired_checks(whole):
        if not re.fullmatch(CHECK, name):
            whole.complain_of(path, LIKE_A_CHECK)
        elif known_checks is not None and name in known_checks and _is_in_force(row, today):
            whole.complain_of(path, f"{quoted(name)} is retired and still installed: it is asked all the same.")


def _is_in_force(row: dict[str, Plain], today: date) -> bool:
    """False also where the day cannot be read: that has its complaint already."""
    since = day_of(row, "retired")
    return since is not None and since <= today


def complain_of_former_names(whole: Whole) -> None:
    former = [entry for path, _, row in whole.assets if "formerly" in row for entry in whole.texts(*path, "formerly")]
    present = dict(listed(whole)) if former else {}
    gone = {name: path for name, path, _ in retired(whole)}
    refuse_twins(whole, former, a_second("former name"))
    for path, name in former:
        if name in present:
            message = f"the former name {quoted(name)} is still listed."
            _refuse(whole, (path, message), (present[name], name, "a former name"))
        elif name in gone:
            message = f"the former name {quoted(name)} is retired: a rename needs no such entry."
            _refuse(whole, (path, message), (gone[name], name, "a former name"))


def _refuse(whole: Whole, word: tuple[Trail, str], thing: tuple[Trail, str, str]) -> None:
    """Complain of what was said of a thing, or of the thing itself where that stands in a file trusted less.

    `word`: where it was said, and what is wrong with it. `thing`: where its id stands, that id, and what was said.
    """
    path, message = word
    other, name, said = thing
    if is_later(other, path):
        whole.complain_of(other, f"{quoted(name)} stands here, and is {said} in {whole.line_of(path, other)}.")
    else:
        whole.complain_of(path, message)
