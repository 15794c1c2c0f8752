"""What a storage server really does for somebody without a credential, and what it tells of itself. Knows no rule."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.storage import ServerKind
from auditor.records import dataclass


class Effect(StrEnum):
    """What came of one question."""

    SERVED = "served"  # the answer that was asked for
    DENIED = "denied"  # an error answer that says so
    NOT_THERE = "not_there"  # the server says that there is no such object
    CLOSED = "closed"  # nobody listens at that port
    SENT_AWAY = "sent_away"  # a redirect to https
    NOT_ASKED = "not_asked"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried(Plain):
    """One question without a credential. `asked`: "GET http://HOST/BUCKET?list-type=2"; "" for NOT_ASKED."""

    effect: Effect
    asked: str = ""
    reason: str = ""  # the word of a `Reason`, for UNSEEN only
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.effect is Effect.UNSEEN) != bool(self.reason):
            raise ValueError("an unseen effect has a reason, and only it has one")
        if (self.effect is Effect.NOT_ASKED) == bool(self.asked):
            raise ValueError("what was asked is named, and nothing else")


NOT_ASKED = Tried(effect=Effect.NOT_ASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveAccess(Facts):
    """What a stranger gets of a bucket: the list of its objects, and one object that the inventory names for this.

    `is_allowed` False: the inventory does not ask for it, and nothing was tried. `plain`: over HTTP without TLS.
    """

    server: ServerKind
    is_allowed: bool
    listing: Tried = NOT_ASKED
    reading: Tried = NOT_ASKED
    plain_listing: Tried = NOT_ASKED
    plain_reading: Tried = NOT_ASKED

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        asked = [one for one in self.all if one.effect is not Effect.NOT_ASKED]
        if self.is_allowed != bool(asked):
            raise ValueError("what was allowed was tried, and nothing else")

    @property
    def all(self) -> tuple[Tried, ...]:
        return (self.listing, self.reading, self.plain_listing, self.plain_reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketServer(Facts):
    """How the server behind a bucket shows itself to a stranger. On AWS nothing is asked, and all of it is empty.

    `is_plain`: the auditor's own, signed questions go to it without TLS, since that is the address it was given.
    """

    server: ServerKind
    is_plain: bool = False
    header: str = ""  # its Server header
    request_id: str = ""
    root: str = ""  # the root element of its answer
    code: str = ""  # of an error answer
    message: str = ""
    owner: str = ""  # whom it takes a stranger for


class Keeps(StrEnum):
    """What is known of a server's way with one setting."""

    YES = "yes"
    NO = "no"
    SOME_RELEASES = "some_releases"  # and its answers do not tell the release
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPromise(Facts):
    """What the register of known servers says of the one behind a bucket. Derived. `name` "": none that it knows."""

    server: ServerKind
    name: str
    own_key: Keeps  # encryption with the server's own key (SSE-S3)
    named_key: Keeps  # encryption with a key of a key service (SSE-KMS)
    restrict_public: Keeps  # RestrictPublicBuckets
    ignore_acls: Keeps = Keeps.UNKNOWN  # IgnorePublicAcls, for the lists of objects too
    no_acls: Keeps = Keeps.UNKNOWN  # Object Ownership BucketOwnerEnforced
    expiry: Keeps = Keeps.UNKNOWN  # lifecycle rules that delete
    policies: Keeps = Keeps.UNKNOWN  # bucket policies, against strangers and against plain HTTP
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEffect(Facts):
    """What strangers were served and denied. Derived. `has_canary`: reading was tried, not only listing."""

    is_allowed: bool
    served: tuple[str, ...]
    denied: tuple[str, ...]
    has_canary: bool
    intended_public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainEffect(Facts):
    """What is served without TLS, and what only with it. Derived."""

    is_allowed: bool
    served: tuple[str, ...]
    refused: tuple[str, ...]
