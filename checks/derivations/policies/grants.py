"""Whom each Allow of a policy lets in. Pure; knows no public access block."""

from __future__ import annotations

from auditor.facts.sharing import Bound, Grant
from checks.derivations.policies.actions import access_of
from checks.derivations.policies.grammar import Statement
from checks.derivations.policies.guards import guard_of
from checks.derivations.policies.pins import limit_of, pin_of
from checks.derivations.policies.principals import named

TLS_KEYS = frozenset({"aws:securetransport", "s3:tlsversion"})


def grants_of(statements: tuple[Statement, ...], service: str = "s3") -> tuple[Grant, ...]:
    """What every Allow gives. Raises PolicyRefused for a principal that nobody documents."""
    denies = [statement for statement in statements if not statement.allows]
    return tuple(_grant(one, denies, service) for one in statements if one.allows)


def _grant(allow: Statement, denies: list[Statement], service: str) -> Grant:
    return Grant(
        statement=allow.name,
        access=access_of(allow, service),
        bounds=_known(named(allow), *map(pin_of, allow.tests)),
        limits=_known(*map(limit_of, allow.tests)),
        guards=_known(*(guard_of(deny, allow, f"{service}:*") for deny in denies)),
        is_plain=not allow.tests and all(_asks_for_tls(deny) for deny in denies),
    )


def _asks_for_tls(deny: Statement) -> bool:
    return any(test.key in TLS_KEYS for test in deny.tests)


def _known(*bounds: Bound | None) -> tuple[Bound, ...]:
    return tuple(bound for bound in bounds if bound is not None)
