"""The vendor register: nothing of the city's own in it, nothing that two vendors claim. And who may read objects."""

from __future__ import annotations

from auditor.inventory import locators
from auditor.inventory.complaints import quoted
from auditor.inventory.tree import Trail
from auditor.inventory.twins import refuse_twins
from auditor.inventory.whole import Whole
from auditor.reach.fence import is_under

KNOWN_BY = ("aws_accounts", "aws_organisations", "buckets", "domains")


def complain_of_vendors(whole: Whole) -> None:
    """A name that stands twice would be judged by whichever agreement comes first."""
    for key in KNOWN_BY:
        named = [found for path, _ in whole.entries("vendors") for found in whole.texts(*path, key)]
        refuse_twins(whole, named, lambda name, line: f"{quoted(name)} stands already in {line}.")
    for key in ("aws_accounts", "aws_organisations"):
        _complain_of_own(whole, key)
    _complain_of_own_domains(whole)


def complain_of_sampling(whole: Whole) -> None:
    """The credential that reads settings every night must not open objects."""
    for path, _, row in whole.assets:
        said = row.get("sampling")
        if (
            isinstance(said, dict)
            and said.get("credential") is not None
            and said["credential"] == row.get("credential")
        ):
            message = "name another credential here than the one that the bucket is read with."
            whole.complain_of((*path, "sampling", "credential"), message)


def _complain_of_own(whole: Whole, key: str) -> None:
    own = {name: path for path, name in whole.texts("scope", key)}
    for path, name in _all(whole, key):
        if name in own:
            line = whole.line_of(own[name], path)
            whole.complain_of(path, f"{quoted(name)} is the city's own: scope.{key} has it in {line}.")


def _complain_of_own_domains(whole: Whole) -> None:
    """One that holds the city's own names, or some of them: what stands there is the city's."""
    own = [(text.lower(), path) for path, text in whole.texts("scope", "dns_suffixes")]
    for path, text in _all(whole, "domains"):
        try:
            name = locators.suffix(text)
        except ValueError:
            continue  # the schema has complained
        for suffix, where in own:
            if is_under(name, suffix) or is_under(suffix, name):
                line = whole.line_of(where, path)
                whole.complain_of(path, f"{quoted(name)} is the city's own: scope.dns_suffixes has it in {line}.")
                break


def _all(whole: Whole, key: str) -> list[tuple[Trail, str]]:
    return [found for path, _ in whole.entries("vendors") for found in whole.texts(*path, key)]
