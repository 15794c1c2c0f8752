"""The conversation that settles which versions one endpoint accepts: what to ask next, and when to stop believing.

No I/O: `talk` is a generator that asks and is sent answers. The control is repeated between and after the others; where
it fails, the refusals since it last held are void (`tls_said`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace

from auditor.facts.tls import TlsVersion
from auditor.probes.server_hello import Answer, ServerHello
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL, Question, closing, misleads
from auditor.probes.tls_said import Control, Said, is_our_limit
from auditor.records import dataclass

CURRENT = (TlsVersion.TLS13, TlsVersion.TLS12, TlsVersion.TLS11, TlsVersion.TLS10)
RETIRED = (TlsVersion.SSL3, TlsVersion.SSL2)
NEWEST_FIRST = CURRENT + RETIRED


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next question. The answer to it is not looked at."""


Talk = Generator[Question | Pause, Answer | None, None]


class Scan(Said):
    """One endpoint. Drive `talk` to its end, then read what was said."""

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
        if self._contradiction:
            self.distrust_refusals(self._contradiction)

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
        self._notice_contradiction(answer)
        if not self._recovered and not is_our_limit(answer):
            self._recovered = True
            yield Pause()
            answer = yield from _ask(self.control.question)
            if self._holds(self.control, answer):
                void = tuple(version for version in NEWEST_FIRST if version in self._unconfirmed)
                yield from self._batch(void)
                return
            self._notice_contradiction(answer)
        self._give_up(answer)


def _ask(question: Question) -> Generator[Question | Pause, Answer | None, Answer]:
    answer = yield question
    if answer is None:
        raise ValueError("a question wants an answer")
    return answer
