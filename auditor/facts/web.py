"""What a web service does over HTTPS and over plain HTTP, hop by hop. Must not know what is wanted of it."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop(Plain):
    """One request of a chain and what it answered. `url` is without query, fragment and user: those may be private."""

    url: str
    scheme: str  # "http" or "https"
    host: str
    status: int
    has_body: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Plain):
    """Redirects followed from one URL. The last hop's answer ends it, or it was `stopped` before `unfollowed`."""

    hops: tuple[Hop, ...]
    stopped: str = ""  # a Reason's word; "": the last hop's answer is no redirect
    unfollowed: str = ""  # the target that was not asked, or not heard; "" where it could not be read
    unfollowed_scheme: str = ""
    detail: str = ""  # of `stopped`

    def __post_init__(self) -> None:
        if not self.hops:
            raise ValueError("a chain has at least the first answer")
        if not self.stopped and (self.unfollowed or self.unfollowed_scheme):
            raise ValueError("a chain that nothing stopped has no unfollowed target")


class HttpsAnswer(StrEnum):
    """How a port answers a TLS client. Silence, resets and half-done handshakes are not in here: they are Unseen."""

    TLS = "tls"  # a certificate was shown
    REFUSED = "refused"  # the port is closed, twice, while plain HTTP answered at the same address
    PLAIN_HTTP = "plain_http"  # the port speaks HTTP without TLS
    NAME_REFUSED = "name_refused"  # alert unrecognized_name (RFC 6066 section 3), while plain HTTP answered


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsOffer(Facts):
    """Whether there is HTTPS at all at one address."""

    url: str
    answer: HttpsAnswer
    plain_http_status: int | None = None  # what plain HTTP answered meanwhile; None: it was not needed

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.answer in (HttpsAnswer.REFUSED, HttpsAnswer.NAME_REFUSED) and self.plain_http_status is None:
            raise ValueError("a service that answers nothing at all is unseen, not without HTTPS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hsts(Plain):
    """A policy that a browser would read out of the first Strict-Transport-Security header (RFC 6797 section 6.1)."""

    max_age_s: int
    include_subdomains: bool = False
    preload: bool = False  # not in the RFC; wanted by hstspreload.org


class Software(StrEnum):
    """Server software that says its name, as our fixes write it."""

    NGINX = "nginx"
    APACHE = "Apache"
    HAPROXY = "HAProxy"
    IIS = "IIS"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsService(Facts):
    """What the https URL answered at one address."""

    url: str
    host: str
    host_is_address: bool  # browsers keep no HSTS for addresses (RFC 6797 section 8.1.1)
    status: int
    hsts_headers: tuple[str, ...]  # every Strict-Transport-Security value of the answer, raw, in order
    hsts: Hsts | None  # the first of them as a browser reads it (8.1); None: there is none, or it breaks the syntax
    software: Software | None = None  # what the Server header claims; None: nothing that we know
    alt_svc_headers: tuple[str, ...] | None = None  # every Alt-Svc value, raw; None: an older version did not read them

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.hsts is not None and not self.hsts_headers:
            raise ValueError("a policy comes from a header")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainHttp(Facts):
    """What port 80 does at one address: closed for certain (`chain` None), or answering."""

    url: str
    chain: Chain | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirects(Facts):
    """The chain from one port of an address: from the https URL, or from the http one (`chain` None: it is closed)."""

    url: str
    chain: Chain | None


class HttpEnd(StrEnum):
    """Where somebody who types the name with http:// ends up."""

    CLOSED = "closed"
    HTTPS = "https"
    CONTENT = "content"  # a page, or a login prompt, without encryption
    NO_CONTENT = "no_content"  # an error or an empty answer, without encryption


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOutcome(Facts):
    """Derived from `PlainHttp`, where its redirects were followed far enough to tell."""

    end: HttpEnd
    url: str
    way: str  # the hops, readable; "" where the port is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectSafety(Facts):
    """Derived from `Redirects`: a step from https down to http, or the certainty that there is none."""

    url: str
    way: str  # the hops, readable; "" where nothing answers
    downgrade: str  # "https://a → http://b"; "": none in the whole chain


class HstsState(StrEnum):
    """What a browser makes of the service's HSTS."""

    KEPT = "kept"
    ABSENT = "absent"
    INVALID = "invalid"  # breaks the syntax, so it is ignored (RFC 6797 section 6.1, rule 4)
    SWITCHED_OFF = "switched_off"  # max-age=0
    BAD_CERTIFICATE = "bad_certificate"  # ignored over a connection with a certificate error (section 8.1)
    ADDRESS = "address"  # the service is named by an address


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveHsts(Facts):
    """Derived from what was answered and from the certificate it came with."""

    url: str
    state: HstsState
    header: str  # the first header, raw; "": none
    max_age_s: int | None  # None: no header that could be read
    certificate_fault: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.state is HstsState.KEPT and not self.max_age_s:
            raise ValueError("a policy that is kept has a lifetime")
