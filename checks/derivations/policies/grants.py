"""Whom each Allow of a policy lets in. Pure; knows no public access block."""

from __future__ import annotations

from auditor.facts.sharing import Bound, Grant
from auditor.facts.storage import ServerKind
from checks.derivations.policies.actions import access_of
from checks.derivations.policies.grammar import Statement
from checks.derivations.policies.guards import guard_of
from checks.derivations.policies.pins import limit_of, pin_of
from checks.derivations.policies.principals import named

TLS_KEYS = frozenset({"aws:securetransport", "s3:tlsversion"})


ALWAYS_THERE = frozenset({"aws:sourceip"})  # of every request, whichever server


def grants_of(
    statements: tuple[Statement, ...], service: str = "s3", server: ServerKind = ServerKind.AWS
) -> tuple[Grant, ...]:
    """What every Allow gives. Raises PolicyRefused for a principal that nobody documents."""
    denies = [statement for statement in statements if not statement.allows]
    return tuple(_grant(one, denies, service, server) for one in statements if one.allows)


def _grant(allow: Statement, denies: list[Statement], service: str, server: ServerKind) -> Grant:
    sure = [one for one in denies if server is ServerKind.AWS or _is_sure_anywhere(one)]
    unsure = [one for one in denies if one not in sure]
    return Grant(
        statement=allow.name,
        access=access_of(allow, service),
        bounds=_known(named(allow), *map(pin_of, allow.tests)),
        limits=_known(*map(limit_of, allow.tests)),
        guards=_known(*(guard_of(deny, allow, f"{service}:*") for deny in sure)),
        unsure_guards=_known(*(guard_of(deny, allow, f"{service}:*") for deny in unsure)),
        is_plain=not allow.tests and all(_asks_for_tls(deny) for deny in denies),
    )


def _is_sure_anywhere(deny: Statement) -> bool:
    """Does it deny a request without the tested key on a compatible server, too? Ceph passes such a test by."""
    return all(test.if_exists or test.key in ALWAYS_THERE for test in deny.tests)


def _asks_for_tls(deny: Statement) -> bool:
    return any(test.key in TLS_KEYS for test in deny.tests)


def _known(*bounds: Bound | None) -> tuple[Bound, ...]:
    return tuple(bound for bound in bounds if bound is not None)
