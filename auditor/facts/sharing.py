"""Whom a policy lets in, as derivations conclude it at judging time. Never kept; knows no rule and no SDK."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.storage import ServerKind
from auditor.facts.storage_exposure import AccessClass
from auditor.records import dataclass


class PartyKind(StrEnum):
    """What a fixed somebody is, who stands in a policy."""

    ACCOUNT = "account"  # twelve digits
    ORGANISATION = "organisation"  # o-…
    OWN_ORGANISATION = "own organisation"  # whichever the bucket's account belongs to
    NETWORK = "network"  # a range of public addresses
    INSIDE_NETWORK = "network inside VPCs"  # a range of addresses that any VPC may use
    VPC = "VPC"  # vpc-… or vpce-…
    SERVICE = "service"  # of the provider, like logging.s3.amazonaws.com
    CANONICAL = "canonical id"
    ACCESS_POINTS = "access points of account"  # twelve digits: whoever its access points let in
    ORPHANED = "deleted principal"  # what is left of a user or role that is gone: AIDA…, AROA…
    UNNAMED = "principal of no named account"  # fixed, and of an account that the policy does not name
    ORIGIN_IDENTITY = "CloudFront origin access identity"  # of some account's: CloudFront lets anybody make them


# What to do where it cannot be told whose somebody is.
ADVICE = {
    PartyKind.ORIGIN_IDENTITY: "it names no account; origin access control does, by aws:SourceArn of the distribution"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Plain):
    """A fixed somebody."""

    kind: PartyKind
    who: str

    def __str__(self) -> str:
        said = f"{self.kind.value} {self.who}".rstrip()
        return f"{said} ({ADVICE[self.kind]})" if self.kind in ADVICE else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound(Plain):
    """Who passes at most: one of `parties`, by what narrows it. No party: nobody passes."""

    by: str  # "Principal", a condition key, "statement 3 (DenyOthers)"
    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Plain):
    """One Allow statement. Who gets in keeps within every one of its bounds, limits and guards.

    `bounds`: principals and conditions that S3 counts as fixed. None: public by S3's definition.
    `limits`: conditions that narrow it in effect, and that S3 does not count.
    `guards`: Deny statements that take it back from all but some.
    `unsure_guards`: Deny statements that do so only where a negated test is true of a request without its key: AWS
    says so, Ceph does not. They keep nobody out for certain.
    `is_plain`: it has no condition, and no Deny beside it asks for anything but TLS: there is nothing to misread.
    """

    statement: str  # "statement 2 (PublicRead)"
    access: frozenset[AccessClass]
    bounds: tuple[Bound, ...] = ()
    limits: tuple[Bound, ...] = ()
    guards: tuple[Bound, ...] = ()
    unsure_guards: tuple[Bound, ...] = ()
    is_plain: bool = False

    def __post_init__(self) -> None:
        if not self.access:
            raise ValueError("a grant of nothing is no grant")

    @property
    def is_public(self) -> bool:
        """By S3's own definition, whatever else holds it back."""
        return not self.bounds

    @property
    def is_free(self) -> bool:
        """To everybody: public, and held back by nothing that the policy says."""
        return not (self.bounds or self.limits or self.guards)

    @property
    def fences(self) -> tuple[Bound, ...]:
        return (*self.bounds, *self.limits, *self.guards)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGrants(Facts):
    """What the bucket policy's Allow statements give, before any access block. Without a policy there are none."""

    server: ServerKind
    bucket: str
    has_policy: bool
    grants: tuple[Grant, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.grants and not self.has_policy:
            raise ValueError("grants of no policy")
