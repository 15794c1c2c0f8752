"""The nouns that everybody shares: what is graded, what was found, and the letters. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum

from auditor.records import dataclass


class Tier(StrEnum):
    """How much a check asks of its target; the inventory says which tiers are asked of an asset."""

    NIGHTLY = "nightly"
    DEEP = "deep"
    PRIVILEGED = "privileged"
    ONLINE = "online"


class Severity(IntEnum):
    """How bad a failure of a check is, whatever data is behind it. Belongs to the check."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Sensitivity(IntEnum):
    """The tier of a data class. `UNDECLARED` is graded like confidential data."""

    PUBLIC = 1
    INTERNAL = 2
    UNDECLARED = 3
    CONFIDENTIAL = 4
    RESTRICTED = 5

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def is_sensitive(self) -> bool:
        return self >= Sensitivity.UNDECLARED


class KeyNeed(IntEnum):
    """Whose key a data class asks for beyond what its tier does; the higher one counts."""

    BY_TIER = 0
    CUSTOMER = 1  # a key of the city's own account
    OWN_STORE = 2  # such a key, in a key store of the city's own


class Outcome(StrEnum):
    """What a check says of one locus. `UNKNOWN` is made by `judge.py` alone."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Basis(StrEnum):
    """How sure we are: seen by us, taken from another tool, or told."""

    OBSERVED = "observed"
    IMPORTED = "imported"
    DECLARED = "declared"


class Standing(StrEnum):
    """Why an outcome counts at the as-of instant."""

    NOW = "now"
    KEPT = "kept"  # its tier was not asked this time, or its locus is gone; the last outcome there still counts
    STALE = "stale"  # asked and not seen this time; the last outcome at that locus still stands
    ATTESTED = "attested"  # not seen; somebody with a name answers for it

    @property
    def is_answer(self) -> bool:
        """Was everything that this run asked of it answered?"""
        return self in (Standing.NOW, Standing.KEPT)


class Letter(IntEnum):
    """The ladder. NG is "not graded": nothing was seen, which is worse than D and is never called F."""

    F = 0
    NG = 1
    D = 2
    C = 3
    B = 4
    A = 5
    A_PLUS = 6

    def __str__(self) -> str:
        return "A+" if self is Letter.A_PLUS else self.name


class Reason(Enum):
    """Why something could not be seen: a word for machines, a half-sentence for people ("could not be seen: …")."""

    DNS = ("dns", "the name could not be resolved")
    REFUSED = ("refused", "the connection was refused")
    NO_ROUTE = ("no_route", "there is no route to the address")
    TIMEOUT = ("timeout", "no answer came in time")
    RESET = ("reset", "the connection was reset")
    CLOSED = ("closed", "the connection was closed early")
    NOT_TLS = ("not_tls", "the answer was not TLS")
    TLS_FAILED = ("tls_failed", "no TLS handshake could be completed")
    NOT_HTTP = ("not_http", "the answer was not HTTP")
    THROTTLED = ("throttled", "the server stopped answering what it had answered before")
    INCONSISTENT = ("inconsistent", "the same question got different answers")
    CHAIN_INCOMPLETE = ("chain_incomplete", "an issuer is missing from the chain, so trust could not be decided")
    OUT_OF_SCOPE = ("out_of_scope", "it lies outside the declared scope")
    PRIVATE_SPACE = ("private_space", "it leads into loopback, private or link-local addresses")
    DEADLINE = ("deadline", "the time allowed for it ran out")
    BUDGET = ("budget", "the connections or calls allowed for it ran out")
    TOO_LONG = ("too_long", "the answer was longer than allowed")
    MALFORMED = ("malformed", "the answer could not be read")
    TRUNCATED = ("truncated", "the answer ended early")
    REDIRECT_LOOP = ("redirect_loop", "the redirects never end")
    NO_CREDENTIAL = ("no_credential", "no credential was given")
    AUTH_FAILED = ("auth_failed", "the credential was not accepted")
    NEEDS_HUMAN = ("needs_human", "the login asks for a person")
    HOST_KEY_UNKNOWN = ("host_key_unknown", "the server's host key is not pinned")
    HOST_KEY_CHANGED = ("host_key_changed", "the server's host key is not the pinned one")
    NOT_SSH = ("not_ssh", "the answer was not SSH")
    SSH_TOO_OLD = ("ssh_too_old", "the SSH server speaks only retired algorithms")
    NO_SHELL = ("no_shell", "the login gives no POSIX shell")
    ACCESS_DENIED = ("access_denied", "the account may not read it")
    NOT_IMPLEMENTED = ("not_implemented", "the server does not know the question")
    GONE = ("gone", "it does not exist there")
    OUTDATED = ("outdated", "what tells of it is too old")
    TOOL_ABSENT = ("tool_absent", "the environment that this test needs is not installed")
    NOT_OBSERVED = ("not_observed", "nothing that was seen shows it")
    PROBE_ERROR = ("probe_error", "the probe failed")
    CHECK_ERROR = ("check_error", "the check failed")
    DERIVATION_ERROR = ("derivation_error", "a derivation failed")
    ATTESTED_FAILURE = ("attested_failure", "its owner says that it fails")
    UNCONFIRMED = ("unconfirmed", "it failed before and passed once, and no second look confirmed it")
    INTERRUPTED = ("interrupted", "the run was interrupted before it was looked at")
    LEFT_OUT = ("left_out", "it was left out of this run")
    UNLISTED = ("unlisted", "it vanished from the inventory without a `retired` entry")
    INCLUDE_BROKEN = ("include_broken", "its department's file could not be read, so it was not looked at")

    def __init__(self, word: str, phrase: str) -> None:
        self.word = word
        self.phrase = phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A host that servers are reached through. `address`: ssh://[user@]host[:port]; the rest as an `Asset` has it."""

    address: str
    host_key: str | None = None
    credential: str | None = None
    jump: Jump | None = None  # what it is reached through itself

    @property
    def hops(self) -> tuple[Jump, ...]:
        """The whole way, in the order in which it is gone: this host comes last."""
        return (*(self.jump.hops if self.jump else ()), self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What another tool wrote of machines, and which of them are meant. Paths are as the inventory has them."""

    format: str  # "intune", "jamf", "fleet", "osquery", "ansible"
    file: str  # a file, or a folder of them, below the inventory's own
    dated: date | None = None  # counts for machines of which the export says no time
    hosts: tuple[str, ...] = ()  # serial numbers or names; (): all that it tells of
    expected: int | None = None  # how many machines there should be


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a few objects of a bucket are opened, to recognise personal data."""

    credential: str  # its *name*; another one than the bucket is read with
    objects: int  # at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One thing that is looked at. `address`: a URL, ssh://[user@]host[:port], s3://name, aws://account, file:path."""

    id: str
    kind: str  # "web", "server", "bucket", "account", "tls", "mx", "devices", or a plug-in's own
    address: str
    system: str
    tiers: frozenset[Tier] = frozenset({Tier.NIGHTLY})
    sensitivity: Sensitivity | None = None  # its own, where it differs from its system's
    data_classes: tuple[str, ...] = ()  # likewise
    key_need: KeyNeed | None = None  # likewise: None where it names no data class of its own
    intended_public: bool = False
    credential: str | None = None  # the *name* of a credential
    host_key: str | None = None  # pinned, "ssh-ed25519 AAAA…" or "SHA256:…"
    formerly: tuple[str, ...] = ()  # ids that it had before: a rename keeps its history
    account: str | None = None  # of a cloud, that the inventory says it belongs to
    regions: tuple[str, ...] = ()  # of an account: where else to look than where its buckets lie
    found_by: str = ""  # the id of the asset whose look found it; "" for what an inventory lists
    sampling: Sampling | None = None  # of a bucket: how a few of its objects are opened; None: none is
    probe_effective: bool = False  # of a bucket: may be asked as a stranger, too
    canary: str = ""  # of a bucket: the key of an object that holds nothing, for that
    jump: Jump | None = None  # what it is reached through
    export: Export | None = None  # of kind "devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What is the city's own at providers and on the Internet, and where its data may lie, as its scope says.

    Empty: nobody said, which is not the same as "none".
    """

    accounts: tuple[str, ...] = ()  # of AWS, twelve digits
    organisations: tuple[str, ...] = ()  # of AWS, o-…
    vpcs: tuple[str, ...] = ()  # vpc-…, vpce-…
    networks: tuple[str, ...] = ()  # like 192.0.2.0/24
    jurisdictions: tuple[str, ...] = ()  # countries, two letters


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The unit that gets a letter."""

    id: str
    name: str
    department: str
    owner: str
    sensitivity: Sensitivity
    data_classes: tuple[str, ...] = ()
    exposure: str = "internet"  # internet | internal
    hosting: str = "onprem"  # onprem | cloud | saas
    jurisdiction: str = ""  # the country whose law governs it, two letters; "": nobody said
    retention_days: int | None = None  # the longest that its records may be kept; None: nobody said
    key_need: KeyNeed = KeyNeed.BY_TIER  # the most that one of its data classes asks for
    estate: Estate | None = None  # of the city; None: the inventory has no scope that says anything of it


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row that somebody else can check again: where we looked, what was there, what was wanted."""

    looked_at: str
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check concludes from one facts value. Made by `check.passed`, `failed` and `not_applicable`."""

    outcome: Outcome
    summary: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict pinned down: one per (asset, check, locus). That triple is its fingerprint."""

    asset: str
    check: str
    locus: str
    severity: Severity
    tier: Tier
    outcome: Outcome
    summary: str
    basis: Basis = Basis.OBSERVED
    reason: str | None = None  # a Reason's word, for UNKNOWN only
    evidence: tuple[Evidence, ...] = ()
    observed_at: datetime | None = None  # None: nothing was ever seen
    standing: Standing = Standing.NOW
    waiver: str | None = None
    attestation: str | None = None  # backs a stale PASS, or answers an UNKNOWN
    flapping: bool = False  # seen both ways when it was looked at a second time; the worse counts

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.asset, self.check, self.locus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """An earlier outcome that a grade may rely on, judged by today's checks from facts of that day."""

    asset: str
    check: str
    locus: str
    outcome: Outcome  # UNKNOWN: it was asked for then, in vain
    observed_at: datetime
    summary: str = ""
    evidence: tuple[Evidence, ...] = ()
    basis: Basis = Basis.OBSERVED
    severity: Severity | None = None  # today's check knows it; kept for a check that is no longer asked
    tier: Tier | None = None
    run: str = ""  # the run that saw it
    digest: str = ""  # SHA-256 of what that run saw of the asset


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who is accountable for systems."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted risk: visible, owned, dated. Never raises the measured letter."""

    id: str
    check: str
    asset: str
    reason: str
    risk_owner: str
    approved_by: str
    approved: date
    expires: date  # the end of that day in the organisation's zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Somebody with a name says how a check that we could not see stands."""

    id: str
    check: str
    asset: str
    outcome: Outcome  # PASS or FAIL
    statement: str
    by: str
    made: date
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTag:
    """The tag by which buckets say what they hold. `values`: of the city's own words, with the tier of each."""

    key: str = "data-classification"
    values: tuple[tuple[str, Sensitivity], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Somebody outside whom an agreement lets hold some of the city's data, until a day."""

    id: str
    name: str
    agreement: str
    expires: date  # the end of that day in the organisation's zone
    data_classes: tuple[str, ...] = ()  # kinds of data that it may hold, those that are public among them
    accounts: tuple[str, ...] = ()  # of AWS, twelve digits
    organisations: tuple[str, ...] = ()  # of AWS, o-…
    buckets: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letters:
    """The three letters of one thing. Always `at_worst <= measured <= accepted`."""

    measured: Letter
    at_worst: Letter
    accepted: Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A system or asset that is still listed, and is to be gone from a day on."""

    id: str
    day: date  # the first day, in the organisation's zone, on which it must not be listed any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Something that ends by itself unless somebody acts: a certificate, a waiver, an attestation."""

    what: str  # "certificate", "waiver", "attestation", "agreement", "listing", or a plug-in's own word
    subject: str  # id of the asset, waiver, attestation, vendor, or of what is listed
    locus: str  # where on the asset; "" where there is one place
    at: datetime  # the instant from which it no longer holds (UTC)


class StepKind(StrEnum):
    FIX = "fix"  # make a failed or unseen check pass
    SEE = "see"  # see any one check of an asset that is not graded
    ASK = "ask"  # ask the tiers without which no A+ is given
    CLAIM = "claim"  # claim or exclude assets that were found
    DISCOVER = "discover"  # look for assets that no inventory lists
    ADD = "add"  # give a system an asset


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that stands between a letter and the next one."""

    kind: StepKind
    subject: str  # asset id, or "" for the city's own
    check: str = ""
    locus: str = ""
    effort: int = 1


@dataclass(frozen=True, slots=True)
class NextLetter:
    """Doing all `steps` is necessary and sufficient for `letter`, as far as was seen. None: already the best."""

    letter: Letter
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Alone:
    """The measured letter, were one check to pass at all its places and all else to stay as it is."""

    check: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands beside every letter."""

    asked: int = 0
    answered: int = 0
    unknown: int = 0
    stale: int = 0
    attested: int = 0
    waived: int = 0
    failed: int = 0

    @property
    def coverage(self) -> float | None:
        """Answered ÷ asked, 0 to 1; None where nothing was asked. Printed, never graded."""
        return self.answered / self.asked if self.asked else None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.asked + other.asked,
            self.answered + other.answered,
            self.unknown + other.unknown,
            self.stale + other.stale,
            self.attested + other.attested,
            self.waived + other.waived,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class Grade:
    """One graded thing: an asset, a system, a department or the city."""

    id: str
    letters: Letters
    counts: Counts
    held_by: tuple[Step, ...] = ()  # what caps it at its measured letter
    next: NextLetter | None = None
    alone: tuple[Alone, ...] = ()  # of an asset and a system: each check that caps it, by id


@dataclass(frozen=True, slots=True)
class CityGrade:
    """The whole: its grade, how the systems are spread, and the number to follow over the years."""

    grade: Grade
    distribution: tuple[tuple[Letter, int], ...]  # every letter of the ladder, best first
    sensitive_at_b: int
    sensitive_systems: int
    found_unclaimed: int
    caps: tuple[str, ...] = ()  # the city's own caps, in plain words


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """Which run this was, and by which rules."""

    id: str
    started: datetime
    finished: datetime
    tool: str
    rubric: str
    complete: bool
    as_of: datetime
    inventory: str = ""  # SHA-256 of the inventory's content; "" for an ad hoc check


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a renderer may show. Data only."""

    run: RunInfo
    organisation: str | None  # None for an ad hoc check
    timezone: str
    systems: tuple[System, ...]
    assets: tuple[Asset, ...]
    findings: Sequence[Finding]  # by asset, check and locus; it may make them as it is read
    asset_grades: tuple[Grade, ...]
    system_grades: tuple[Grade, ...]
    department_grades: tuple[Grade, ...] = ()
    city: CityGrade | None = None
    not_asked: tuple[tuple[str, str], ...] = ()  # (asset, check) of a tier that is not asked
    found: tuple[Asset, ...] = ()
    discovered_at: datetime | None = None  # when unlisted assets were last looked for
    departments: tuple[Department, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    expired_waivers: tuple[str, ...] = ()
    expired_attestations: tuple[str, ...] = ()
    expired_agreements: tuple[str, ...] = ()  # ids of the vendors
    expiring: tuple[Expiring, ...] = ()  # by time
    plugins: tuple[str, ...] = ()
