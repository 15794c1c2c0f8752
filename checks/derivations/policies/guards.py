"""What a Deny takes back from an Allow. Pure."""

from __future__ import annotations

from auditor.facts.sharing import Bound
from checks.derivations.policies.grammar import Statement, Whom
from checks.derivations.policies.patterns import covers
from checks.derivations.policies.pins import negated_pin_of


def guard_of(deny: Statement, allow: Statement, everything: str) -> Bound | None:
    """Whom a Deny leaves of what an Allow gives; None where it is not sure to leave fixed somebodies only.

    It counts where it denies everybody the same actions on the same resources, without a condition or with exactly
    one: the negation of a pin. Whatever is more complex does not. `everything`: the pattern of all actions, "s3:*".
    """
    if deny.whom is not Whom.EVERYBODY or deny.all_but_actions or deny.all_but_resources or len(deny.tests) > 1:
        return None
    if not _covers(deny, allow, everything):
        return None
    if not deny.tests:
        return Bound(by=deny.name, parties=())
    spared = negated_pin_of(deny.tests[0])
    return None if spared is None else Bound(by=deny.name, parties=spared.parties)


def _covers(deny: Statement, allow: Statement, everything: str) -> bool:
    if allow.all_but_resources:
        return False
    wanted = (everything,) if allow.all_but_actions else allow.actions
    return all_covered(wanted, deny.actions) and all_covered(allow.resources, deny.resources)


def all_covered(patterns: tuple[str, ...], by: tuple[str, ...]) -> bool:
    """Is every pattern covered by one of the others?"""
    # A policy variable in a Deny stands for a text that we do not know, so it covers nothing.
    known = [pattern for pattern in by if "${" not in pattern]
    return all(any(covers(cover, pattern) for cover in known) for pattern in patterns)
