"""The files of an inventory → what is wrong with each, by the rules for each alone and for all together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import chain

from auditor.inventory import belonging, fences, history, promises, register, rules, ssh_profiles
from auditor.inventory.complaints import Complaint
from auditor.inventory.listing import KnownChecks
from auditor.inventory.pages import Leaf, Page
from auditor.inventory.schema import Document
from auditor.inventory.whole import Whole

MAIN = ""  # the main file's name among the parts', which are never empty


def examine(
    main: Page[Document], leaves: Sequence[Leaf], known_checks: KnownChecks | None, today: date
) -> dict[str, tuple[Complaint, ...]]:
    """Every file's complaints in its order: under `MAIN` the main file's, then each part's under its name.

    A part whose very text was good last time is trusted more than one that is new, whatever the order of the list.
    """
    trusted = sorted(leaves, key=lambda leaf: not leaf.proven)
    whole = Whole((main.tree.fresh(), *(leaf.page.tree.fresh() for leaf in trusted)))
    _apply_rules(whole, known_checks, today)
    said = dict(zip((MAIN, *(leaf.name for leaf in trusted)), whole.files, strict=True))
    return {name: said[name].in_order() for name in (MAIN, *(leaf.name for leaf in leaves))}


def in_one(complaints: dict[str, tuple[Complaint, ...]]) -> tuple[Complaint, ...]:
    return tuple(chain.from_iterable(complaints.values()))


def _apply_rules(whole: Whole, known_checks: KnownChecks | None, today: date) -> None:
    rules.complain_of_ids(whole)
    rules.complain_of_emptiness(whole)
    rules.complain_of_references(whole)
    ssh_profiles.complain_of_profiles(whole)
    rules.complain_of_public_data(whole)
    history.complain_of_retired(whole, today)
    history.complain_of_retired_checks(whole, known_checks, today)
    history.complain_of_former_names(whole)
    promises.complain_of_waivers(whole, known_checks)
    promises.complain_of_attestations(whole, known_checks)
    register.complain_of_vendors(whole)
    register.complain_of_sampling(whole)
    belonging.complain_of_strangers(whole)
    fences.complain_of_addresses(whole)
    fences.complain_of_numbers(whole)
    fences.complain_of_scope(whole)
