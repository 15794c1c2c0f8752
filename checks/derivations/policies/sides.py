"""Whom a grant lets in, seen from the city: its own, somebody outside, or nobody can tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum

from auditor.facts.sharing import Bound, Grant, Party, PartyKind
from auditor.records import dataclass
from checks.derivations.policies.networks import is_private, lies_in

IDENTITIES = frozenset(
    {
        PartyKind.ACCOUNT,
        PartyKind.ORGANISATION,
        PartyKind.OWN_ORGANISATION,
        PartyKind.CANONICAL,
        PartyKind.UNNAMED,
        PartyKind.ORIGIN_IDENTITY,
    }
)
NOBODY_OUTSIDE = frozenset({PartyKind.SERVICE, PartyKind.ORPHANED, PartyKind.OWN_ORGANISATION})


class Side(Enum):
    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What is the city's own, as far as anybody said. Nothing said of organisations or VPCs: they are not known."""

    accounts: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    vpcs: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    canonical_ids: frozenset[str] = frozenset()
    registered: frozenset[str] = frozenset()  # accounts, organisations and buckets with an agreement

    def with_account(self, account: str) -> Ours:
        """With one more account of one's own; the same where it is not known which."""
        return replace(self, accounts=self.accounts | {account}) if account and self.accounts else self


def side_of(grant: Grant, ours: Ours) -> tuple[Side, tuple[Party, ...]]:
    """Who gets in by a grant that is not free to everybody, and the parties that say so.

    All fences hold at once, so one that lets only the city's own in is enough. Who somebody is counts before where
    they call from: an outside account that calls from the city's network is still an outside account.
    """
    fences = [one for one in grant.fences if not _is_service(one)]
    side, parties = _side_within(fences, ours)
    if side is Side.INSIDE and any(_names_service(one) for one in fences):
        # A service beside accounts: what names them both does not say for whom the service acts.
        return _side_within([one for one in fences if _is_identity(one) and not _names_service(one)], ours)
    return side, parties


def _side_within(fences: list[Bound], ours: Ours) -> tuple[Side, tuple[Party, ...]]:
    identities = [one for one in fences if _is_identity(one)]
    asked = identities or fences
    sides = [_side_of_bound(one, ours) for one in asked]
    if not asked or Side.INSIDE in sides:  # a service alone acts for nobody outside that the policy names
        return Side.INSIDE, ()
    worst = Side.OUTSIDE if Side.OUTSIDE in sides else Side.UNKNOWN
    telling = next(bound for bound, side in zip(asked, sides, strict=True) if side is worst)
    return worst, tuple(party for party in telling.parties if side_of_party(party, ours) is worst)


def _is_identity(bound: Bound) -> bool:
    return not bound.parties or any(party.kind in IDENTITIES for party in bound.parties)


def _names_service(bound: Bound) -> bool:
    return any(party.kind is PartyKind.SERVICE for party in bound.parties)


def _is_service(bound: Bound) -> bool:
    return bool(bound.parties) and all(party.kind is PartyKind.SERVICE for party in bound.parties)


def _side_of_bound(bound: Bound, ours: Ours) -> Side:
    return _worst(side_of_party(party, ours) for party in bound.parties)


def _worst(sides: Iterable[Side]) -> Side:
    found = set(sides)
    for side in (Side.OUTSIDE, Side.UNKNOWN):
        if side in found:
            return side
    return Side.INSIDE


def side_of_party(party: Party, ours: Ours) -> Side:
    if party.who in ours.registered or party.kind in NOBODY_OUTSIDE:
        return Side.INSIDE
    match party.kind:
        case PartyKind.CANONICAL:
            return _canonical(party, ours)
        case PartyKind.NETWORK:
            inside = is_private(party.who) or lies_in(party.who, ours.networks)
            return Side.INSIDE if inside else Side.OUTSIDE
        case PartyKind.INSIDE_NETWORK:  # any VPC of anybody may use the same range
            return Side.OUTSIDE
        case _:
            return _listed(party, ours)


def _listed(party: Party, ours: Ours) -> Side:
    """By a list of what is the city's own; where there is none, nobody can tell."""
    known = {
        PartyKind.ACCOUNT: ours.accounts,
        PartyKind.ACCESS_POINTS: ours.accounts,
        PartyKind.ORGANISATION: ours.organisations,
        PartyKind.VPC: ours.vpcs,
    }.get(party.kind)
    if not known:
        return Side.UNKNOWN
    return Side.INSIDE if party.who in known else Side.OUTSIDE


def _canonical(party: Party, ours: Ours) -> Side:
    """A canonical id that is not known may be another account of the city's, where it has several."""
    if party.who in ours.canonical_ids:
        return Side.INSIDE
    return Side.OUTSIDE if ours.canonical_ids and len(ours.accounts) <= 1 else Side.UNKNOWN
