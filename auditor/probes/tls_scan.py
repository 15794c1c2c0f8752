"""The conversation that settles which versions one endpoint accepts: what to ask next, and when to stop believing.

No I/O: `talk` is a generator that asks and is sent answers. A *control*, the first hello that got a ServerHello, is
repeated between and after the others; where it fails, the refusals since it last held are void.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from auditor.facts.tls import RefusedVersion, TlsVersion, TlsVersions, UnknownVersion
from auditor.model import Reason
from auditor.probes.server_hello import Answer, ServerHello, Silence, Ssl2Hello
from auditor.probes.tls_meaning import (
    CLOSED_AS_A_REFUSAL,
    NAMES,
    Question,
    closing,
    misleads,
    refusal,
    unclear,
    version_shown,
    words,
)
from auditor.records import dataclass

CURRENT = (TlsVersion.TLS13, TlsVersion.TLS12, TlsVersion.TLS11, TlsVersion.TLS10)
RETIRED = (TlsVersion.SSL3, TlsVersion.SSL2)
NEWEST_FIRST = CURRENT + RETIRED
PATIENCE = 3  # answers that cost time and are not TLS, before anything was: then nobody here speaks it
MOST_SSL2_CIPHERS = 64  # that are kept; there are seven
OUR_LIMITS = frozenset({Reason.BUDGET, Reason.DEADLINE})


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next question. The answer to it is not looked at."""


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


Talk = Generator[Question | Pause, Answer | None, None]
Unclear = tuple[Reason, str]


class Scan:
    """One endpoint. Drive `talk` to its end, then read `facts` if there is a `control`, `nothing_seen` if not."""

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

    def talk(self) -> Talk:
        """Ask every version, newest first; then once more, after a pause, those that gave no answer."""
        yield from self._batch(CURRENT)
        yield from self._batch(RETIRED)
        again = tuple(version for version in NEWEST_FIRST if version in self._unclear)
        if again and self.control and not self._over:
            yield Pause()
            closed = [version for version in again if self._is_closed_on(version)]
            yield from self._batch([version for version in again if version not in closed], second=True)
            yield from self._by_closing(self.control, closed)

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

    def unsettled(self) -> dict[TlsVersion, Unclear]:
        """The versions that are neither accepted nor refused, and why."""
        return self._unknown()

    def distrust_closings(self, why: Unclear) -> None:
        """A hello that the endpoint does answer was closed on as well: no close refuses anything here."""
        for version in [version for version, answer in self._refused.items() if answer == CLOSED_AS_A_REFUSAL]:
            self._unclear[version] = (why[0], f"{self._refused.pop(version)}, but {why[1]}")

    def accept_late(self, version: TlsVersion) -> None:
        """A version that was declined with likely suites, and is accepted with others."""
        self._accepted.add(version)
        self._refused.pop(version, None)

    def facts(self, observed_at: datetime) -> TlsVersions:
        """What was found. Raises ValueError where there is no control: nothing was seen then."""
        if self.control is None:
            raise ValueError("no version was accepted")
        unknown = self._unknown()
        return TlsVersions(
            observed_at=observed_at,
            accepted=frozenset(self._accepted),
            refused=tuple(_refused(v, self._refused[v]) for v in TlsVersion if v in self._refused),
            unknown=tuple(
                UnknownVersion(version=v, reason=unknown[v][0].word, detail=unknown[v][1])
                for v in TlsVersion
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
        open_ones = set(TlsVersion) - self._accepted - set(self._refused) - set(void)
        return void | {version: self._unclear.get(version, (reason, detail)) for version in open_ones}

    def _batch(self, versions: Iterable[TlsVersion], *, second: bool = False) -> Talk:
        for version in versions:
            if version not in self._accepted and not self._over:
                yield from self._settle(version, second=second)
        yield from self._confirm()

    def _by_closing(self, control: Control, versions: Iterable[TlsVersion]) -> Talk:
        """Ask those that were closed on twice more; docs/decisions/0016-refusals-by-closing.md says what counts."""
        if not versions or self._over:
            return
        way = closing((yield from _ask(Question(control.version, is_impossible=True))))
        if way is None:
            yield from self._batch(versions, second=True)
            return
        closed = []
        for number, version in enumerate(versions):
            is_sure = yield from self._guarded(control, version, is_first=number == 0)
            if is_sure is None:
                yield from self._confirm()
                return
            closed += [version] if is_sure else []
        yield from self._confirm()
        if self._control_held and not any(map(self._flaps, self._said)):
            for version in closed:
                if all(closing(answer) is way for answer in self._said[version]):
                    self._unclear.pop(version)
                    self._refused[version] = CLOSED_AS_A_REFUSAL

    def _guarded(
        self, control: Control, version: TlsVersion, *, is_first: bool
    ) -> Generator[Question | Pause, Answer | None, bool | None]:
        """Ask in both wordings. Was it closed on both times? None: the control was not answered before or after it.

        `is_first`: no control has just been answered.

        The control's hello has the suites of the one that is closed on beside its own: where it is answered, neither
        those suites nor a throttle are what the close is about.
        """
        for second in (True, False):
            question = Question(version, second)
            assured = replace(control.question, beside=question)
            if is_first and second and not (yield from self._is_answered(control, assured)):
                return None
            self._take(question, (yield from _ask(question)))
            if not (yield from self._is_answered(control, assured)):
                return None
            if not self._is_closed_on(version):
                return False
        return True

    def _is_answered(self, control: Control, question: Question) -> Generator[Question | Pause, Answer | None, bool]:
        if self._over:
            return False
        answer = yield from _ask(question)
        self._notice(answer)
        return self._holds(control, answer, question)

    def _is_closed_on(self, version: TlsVersion) -> bool:
        """Was a close its only answer? SSL 2.0 has a rule of its own."""
        said = self._said.get(version, [])
        return version is not TlsVersion.SSL2 and bool(said) and all(closing(answer) for answer in said)

    def _flaps(self, version: TlsVersion) -> bool:
        """Was it closed on, and answered by a ServerHello at another time?"""
        said = self._said[version]
        return any(map(closing, said)) and any(isinstance(answer, ServerHello) for answer in said)

    def _settle(self, version: TlsVersion, *, second: bool) -> Talk:
        """Ask one version; at once again in other words, where the answer is of a kind that misleads."""
        answer = yield from _ask(Question(version, second))
        self._take(Question(version, second), answer)
        if misleads(version, answer) and not self._over:
            repeated = yield from _ask(Question(version, not second))
            self._take(Question(version, not second), repeated, before=answer)

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

    def _confirm(self) -> Talk:
        """Repeat the control. Once, where it fails but holds again after a pause, the void refusals are asked anew."""
        if not self.control or self._over:
            return
        answer = yield from _ask(self.control.question)
        if self._holds(self.control, answer):
            self._refused |= self._unconfirmed
            self._unconfirmed.clear()
            return
        self._control_held = False
        if not self._recovered and not _is_our_limit(answer):
            self._recovered = True
            yield Pause()
            answer = yield from _ask(self.control.question)
            if self._holds(self.control, answer):
                void = tuple(version for version in NEWEST_FIRST if version in self._unconfirmed)
                yield from self._batch(void)
                return
        self._give_up(answer)

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

    def _give_up(self, answer: Answer) -> None:
        """The control failed for good, and what was unclear may be so for the same reason."""
        self._unclear.clear()
        if isinstance(answer, Silence) and _is_our_limit(answer):
            self._over = (answer.reason, answer.detail)
        elif isinstance(answer, ServerHello):
            before = self.standing
            first = f"{words(before.hello)}, and later" if before else "now"
            self._over = (Reason.INCONSISTENT, f"the control hello {first} {words(answer)}")
        else:
            self._over = (Reason.THROTTLED, f"the control hello now {words(answer)}")


@lru_cache(maxsize=128)
def _refused(version: TlsVersion, answer: str) -> RefusedVersion:
    """Most servers refuse in the same few ways, and what they say waits until all have been looked at."""
    return RefusedVersion(version=version, answer=answer)


def _ask(question: Question) -> Generator[Question | Pause, Answer | None, Answer]:
    answer = yield question
    if answer is None:
        raise ValueError("a question wants an answer")
    return answer


def _is_our_limit(answer: Answer) -> bool:
    return isinstance(answer, Silence) and answer.reason in OUR_LIMITS
