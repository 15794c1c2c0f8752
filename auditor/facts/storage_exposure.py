"""Who of the public a bucket lets in, and how far it refuses requests without TLS. Derived when judged, never kept."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


class AccessClass(StrEnum):
    """What an action lets somebody do."""

    READ = "read"
    LIST = "list"
    WRITE = "write"
    ADMIN = "admin"
    OTHER = "other"


CHANGES = frozenset({AccessClass.WRITE, AccessClass.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicGrant(Plain):
    """One grant to the public and where it stands."""

    where: str  # "policy statement 2 (PublicRead)", "ACL grant WRITE to AllUsers"
    access: frozenset[AccessClass]

    def __post_init__(self) -> None:
        if not self.access:
            raise ValueError("a grant of nothing is no grant")


class PolicyState(StrEnum):
    NO_POLICY = "no_policy"
    NOT_PUBLIC = "not_public"
    GUARDED = "guarded"  # a Deny holds every public statement back
    LIMITED = "limited"  # conditions that the provider does not count hold them back
    RESTRICTED = "restricted"  # RestrictPublicBuckets holds them back
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyExposure(Facts):
    """Who the policy lets in from the public, after the public access block. `grants`: the statements that would.

    `is_access_known` False: it gives more than `grants`, or may: nobody saw what. `disagreement`: what the
    provider says that this program does not; "" where the two agree or one was not asked.
    """

    state: PolicyState
    grants: tuple[PublicGrant, ...]
    intended_public: bool
    is_access_known: bool = True
    disagreement: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if bool(self.grants) == (self.state in (PolicyState.NO_POLICY, PolicyState.NOT_PUBLIC)):
            raise ValueError("grants and state contradict each other")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccess(Facts):
    """What the public may do by the policy, after the blocks. No grants: nothing, for certain."""

    grants: tuple[PublicGrant, ...]
    intended_public: bool


class AclState(StrEnum):
    LISTS_OFF = "lists_off"  # ownership ENFORCED
    IGNORED = "ignored"  # IgnorePublicAcls
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class AclExposure(Facts):
    """Who the lists let in from the public. There is no state "clean": objects have lists of their own."""

    state: AclState
    grants: tuple[PublicGrant, ...]
    intended_public: bool

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.state is AclState.PUBLIC and not self.grants:
            raise ValueError("public by no grant")


class Coverage(StrEnum):
    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOnlyRule(Facts):
    """How far the policy refuses requests without TLS. `left`: what it leaves open, in words, for PARTIAL and NONE."""

    coverage: Coverage
    left: tuple[str, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.coverage is Coverage.FULL) == bool(self.left):
            raise ValueError("full coverage leaves nothing, any other leaves something")
