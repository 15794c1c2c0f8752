"""What one endpoint said to hellos of every version, and what that makes of each: accepted, refused, unclear.

Asks nothing. A refusal waits until the *control*, the first hello that got a ServerHello, is answered alike again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from auditor.facts.tls import EVERY_VERSION, RefusedVersion, TlsVersion, TlsVersions, UnknownVersion
from auditor.model import Reason
from auditor.probes.server_hello import Answer, ServerHello, Silence, Ssl2Hello
from auditor.probes.tls_meaning import (
    CLOSED_AS_A_REFUSAL,
    NAMES,
    Question,
    closing,
    contradicts,
    refusal,
    unclear,
    version_shown,
    words,
)
from auditor.records import dataclass

PATIENCE = 3  # answers that cost time and are not TLS, before anything was: then nobody here speaks it
MOST_SSL2_CIPHERS = 64  # that are kept; there are seven
OUR_LIMITS = frozenset({Reason.BUDGET, Reason.DEADLINE})
Unclear = tuple[Reason, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Control:
    """A question that was answered with a ServerHello of this version, and must be again."""

    question: Question
    version: TlsVersion


@dataclass(frozen=True, slots=True)
class Shown:
    """A question, and the ServerHello that it got."""

    question: Question
    hello: ServerHello

    @property
    def version(self) -> TlsVersion:
        return NAMES[self.hello.version]


class Said:
    """One endpoint. Read `facts` if there is a `control`, `nothing_seen` if not."""

    def __init__(self) -> None:
        self.control: Control | None = None
        self.shown: dict[TlsVersion, Shown] = {}  # how each accepted version was first seen to be
        self._ssl2_ciphers: tuple[int, ...] = ()
        self._control_held = True
        self._recovered = False
        self._accepted: set[TlsVersion] = set()
        self._refused: dict[TlsVersion, str] = {}
        self._unconfirmed: dict[TlsVersion, str] = {}  # refusals since the control last held
        self._unclear: dict[TlsVersion, Unclear] = {}
        self._said: dict[TlsVersion, list[Answer]] = {}
        self._spoke_tls = False
        self._wasted = 0
        self._over: Unclear | None = None  # why no further question is asked
        self._contradiction: Unclear | None = None  # of the control

    @property
    def accepted(self) -> frozenset[TlsVersion]:
        return frozenset(self._accepted)

    @property
    def refused(self) -> Mapping[TlsVersion, str]:
        """Version and answer, of those that a good control stands behind."""
        return MappingProxyType(self._refused)

    @property
    def standing(self) -> Shown | None:
        """The control, and what it was first met with; None where no version but SSL 2.0 is accepted."""
        return self.shown.get(self.control.version) if self.control else None

    @property
    def has_closed(self) -> bool:
        """Was any hello closed on? It may be how this server refuses."""
        return any(closing(answer) for said in self._said.values() for answer in said)

    @property
    def trouble(self) -> Unclear | None:
        """What ended the conversation before all was asked; None where nothing did."""
        return self._over

    @property
    def inconsistent(self) -> Unclear | None:
        """How it is known that not all hellos meet the same server; None where nothing shows it."""
        return self._contradiction

    def unsettled(self) -> dict[TlsVersion, Unclear]:
        """The versions that are neither accepted nor refused, and why."""
        return self._unknown()

    def distrust_closings(self, why: Unclear) -> None:
        """A hello that the endpoint does answer was closed on as well: no close refuses anything here."""
        for version in [version for version, answer in self._refused.items() if answer == CLOSED_AS_A_REFUSAL]:
            self._unclear[version] = (why[0], f"{self._refused.pop(version)}, but {why[1]}")

    def distrust_refusals(self, why: Unclear) -> None:
        """Not all hellos meet the same server: what one refuses another may accept."""
        self._control_held = False
        for version, answer in (self._refused | self._unconfirmed).items():
            self._unclear[version] = (why[0], f"{answer}, but {why[1]}")
        self._refused.clear()
        self._unconfirmed.clear()

    def accept_late(self, version: TlsVersion) -> None:
        """A version that was declined at first, and is accepted with other suites, or by another server."""
        self._accepted.add(version)
        self._refused.pop(version, None)
        self._unconfirmed.pop(version, None)
        self._unclear.pop(version, None)

    def facts(self, observed_at: datetime) -> TlsVersions:
        """What was found. Raises ValueError where there is no control: nothing was seen then."""
        if self.control is None:
            raise ValueError("no version was accepted")
        unknown = self._unknown()
        return TlsVersions(
            observed_at=observed_at,
            accepted=_alike(frozenset(self._accepted)),
            refused=_alike(tuple(_refused(v, self._refused[v]) for v in EVERY_VERSION if v in self._refused)),
            unknown=tuple(
                UnknownVersion(version=v, reason=unknown[v][0].word, detail=unknown[v][1])
                for v in EVERY_VERSION
                if v in unknown
            ),
            control=self.control.version,
            control_held=self._control_held,
            ssl2_ciphers=self._ssl2_ciphers,
        )

    def nothing_seen(self) -> Unclear:
        """Why there are no facts: what ended the conversation, or how the newest version went unanswered."""
        if self._over:
            return self._over
        if self._spoke_tls:
            return Reason.TLS_FAILED, "no hello of any version got a ServerHello"
        return self._unclear[TlsVersion.TLS13]

    def _unknown(self) -> dict[TlsVersion, Unclear]:
        """All that is neither accepted nor refused; a refusal that no control stands behind is among it."""
        reason, detail = self._over or (Reason.NOT_OBSERVED, "it was not asked")
        void = {version: (reason, f"{answer}, but {detail}") for version, answer in self._unconfirmed.items()}
        open_ones = set(EVERY_VERSION) - self._accepted - set(self._refused) - set(void)
        return void | {version: self._unclear.get(version, (reason, detail)) for version in open_ones}

    def _take(self, question: Question, answer: Answer, before: Answer | None = None) -> None:
        """Keep what an answer says of the version asked for. What was accepted stays so, whatever is said later."""
        version = question.version
        self._said.setdefault(version, []).append(answer)
        self._notice(answer)
        shown = version_shown(question, answer)
        if shown is not None:
            self._accept(question, shown)
            if isinstance(answer, ServerHello):
                self.shown.setdefault(shown, Shown(question, answer))
            if isinstance(answer, Ssl2Hello):
                self._ssl2_ciphers = self._ssl2_ciphers or answer.kinds[:MOST_SSL2_CIPHERS]
        if version in self._accepted:
            return
        declined = refusal(version, answer, before)
        if declined:
            self._unclear.pop(version, None)
            self._unconfirmed[version] = declined
        else:
            self._unclear[version] = unclear(version, answer)

    def _accept(self, question: Question, version: TlsVersion) -> None:
        """The first one becomes the control: questions go from new to old."""
        self._accepted.add(version)
        self._refused.pop(version, None)
        self._unconfirmed.pop(version, None)
        self._unclear.pop(version, None)
        self.control = self.control or Control(question, version)

    def _notice(self, answer: Answer) -> None:
        """End the conversation where it leads nowhere: our limits are reached, or nobody here speaks TLS.

        A server that closes at once costs no time, so it is asked every version before it is given up.
        """
        if not isinstance(answer, Silence):
            self._spoke_tls = True
        elif answer.reason in OUR_LIMITS:
            self._over = (answer.reason, answer.detail)
        elif not self._spoke_tls:
            self._wasted += answer.reason not in (Reason.CLOSED, Reason.RESET)
            if not answer.dialled or self._wasted >= PATIENCE:
                self._over = (answer.reason, answer.detail)

    def _holds(self, control: Control, answer: Answer, question: Question | None = None) -> bool:
        """Is it the same version as ever? Another one that it shows is accepted too, and the control has failed.

        `question`: what was asked, if it is not the control's own hello.
        """
        shown = version_shown(question or control.question, answer)
        if shown is not None:
            self._accept(control.question, shown)
        return shown is control.version and (question is not None or self._is_as_before(control, answer))

    def _is_as_before(self, control: Control, answer: Answer) -> bool:
        """The same hello gets the same suite and group from the same server; another choice is another server's."""
        before = self.shown.get(control.version)
        if before is None or before.question != control.question or not isinstance(answer, ServerHello):
            return True
        return answer == before.hello and answer.group == before.hello.group

    def _notice_contradiction(self, answer: Answer) -> None:
        """Keep a plain answer that the control hello got, and that is not the one before."""
        if contradicts(answer) and not self._contradiction:
            first = f"{words(self.standing.hello)}, and later" if self.standing else "now"
            self._contradiction = (Reason.INCONSISTENT, f"the control hello {first} {words(answer)}")

    def _give_up(self, answer: Answer) -> None:
        """The control failed for good, and what was unclear may be so for the same reason."""
        self._unclear.clear()
        if isinstance(answer, Silence) and is_our_limit(answer):
            self._over = (answer.reason, answer.detail)
        elif self._contradiction:
            self._over = self._contradiction
        else:
            self._over = (Reason.THROTTLED, f"the control hello now {words(answer)}")


@lru_cache(maxsize=128)
def _alike(said: T) -> T:
    """The first of those that are equal: servers of one make say the same, and all of it waits for the last one."""
    return said


@lru_cache(maxsize=128)
def _refused(version: TlsVersion, answer: str) -> RefusedVersion:
    """Most servers refuse in the same few ways, and what they say waits until all have been looked at."""
    return RefusedVersion(version=version, answer=answer)


def is_our_limit(answer: Answer) -> bool:
    return isinstance(answer, Silence) and answer.reason in OUR_LIMITS
