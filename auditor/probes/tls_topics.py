"""Lines of questions to one endpoint, each about one thing: will it take this? Knows no network and no order.

A topic ends where an explicit answer declines all that is left of its list. That end counts only once a control has
held after it; `reopen` takes it back. An answer that declines nothing makes the topic unclear, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable

from auditor.facts.cipher_suites import suite
from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probes.client_hello import WIRE
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, ServerHello, Silence
from auditor.probes.tls_meaning import (
    CLOSED_AS_A_REFUSAL,
    INTERNAL_ERROR,
    closing,
    contradicts,
    picked_instead,
    refusal,
    words,
)

Unclear = tuple[Reason, str]
Assure = Callable[[Offer], Offer]


class Topic:
    """`closed`: the answer that ended it, in words. `unclear`: why it ended without one. Neither: it goes on.

    `is_accepted` False: nobody knows yet whether the version is, and a ServerHello of another one declines it.
    `assure`: makes of a hello the same with something beside that is known to be taken. `shown_instead`: a version that
    was picked in place of its own, which had been accepted before.
    """

    def __init__(self, offer: Offer, *, is_accepted: bool = True, assure: Assure | None = None) -> None:
        self.offer = offer
        self._assure = assure
        self._is_reworded = False
        self._rests_on_closing = False
        self.closed = ""
        self.unclear: Unclear | None = None
        self.is_confirmed = False
        self.shown_instead: TlsVersion | None = None
        self._is_accepted = is_accepted
        self._asked = offer
        self._last: Answer | None = None
        self._before: Answer | None = None  # what made it unclear, once it is asked again

    def question(self) -> Offer | None:
        """What to ask next; None where there is nothing more to ask."""
        if self.closed or self.unclear:
            return None
        asked = self._next()
        if asked is None:
            self.closed = "all of them are taken"
            return None
        self._asked = self._in_other_words(asked) if self._is_reworded else asked
        return self._asked

    def take(self, answer: Answer) -> None:
        """Keep what an answer to the last question says."""
        self._last = answer
        if isinstance(answer, ServerHello):
            self._take_hello(answer)
            return
        is_internal = answer == Alert(INTERNAL_ERROR)  # one look is not enough, see `tls_meaning`
        declined = refusal(self.offer.version, answer, self._before if is_internal else answer)
        if declined:
            self.closed = declined
        else:
            said = f"a {self.offer.version.label} hello {words(answer)}"
            self.unclear = (answer.reason if isinstance(answer, Silence) else Reason.TLS_FAILED), said

    @property
    def is_waiting(self) -> bool:
        """May another topic still answer part of it? Then it is asked when nothing else is left to be."""
        return False

    def retry(self, *, reworded: bool = True) -> None:
        """Ask once more, in another order of words."""
        self.unclear, self._before, self._is_reworded = None, self._last, reworded

    def shorten(self) -> None:
        """Ask for less at once from now on: what was asked was not answered, and may have been too much."""

    @property
    def closing(self) -> Reason | None:
        """How the server ended the connection, CLOSED or RESET, where that is what made it unclear; None otherwise."""
        return closing(self._last) if self.unclear and self._last else None

    def assured(self, hello: Offer) -> Offer | None:
        """The same hello with something beside that is known to be taken; None where there is no such thing."""
        return self._assure(hello) if self._assure else None

    def decline(self, how: str) -> None:
        """All that was left of the last hello is declined."""
        self.unclear, self.closed = None, how
        self._rests_on_closing = self._rests_on_closing or how == CLOSED_AS_A_REFUSAL

    def distrust(self, why: Unclear) -> None:
        """Whatever ended it is void."""
        self.closed, self.is_confirmed, self.unclear = "", False, why

    def distrust_closings(self, why: Unclear) -> None:
        """No close refuses anything at this endpoint."""
        if self._rests_on_closing and self.closed:
            self.closed, self.is_confirmed, self.unclear = "", False, (why[0], f"{CLOSED_AS_A_REFUSAL}, but {why[1]}")

    def reopen(self) -> None:
        """The control failed after it ended: the end is void."""
        self.closed = ""

    def give_up(self, why: Unclear) -> None:
        """Nobody may ask any further, or what was said is void."""
        if not self.is_confirmed:
            self.closed, self.unclear = "", self.unclear or why

    def _take_hello(self, answer: ServerHello) -> None:
        version = self.offer.version
        instead = picked_instead(version, answer)
        if instead and self._is_accepted:
            detail = f"{version.label} was accepted, and then declined by a ServerHello of {instead.label}"
            self.unclear = (Reason.INCONSISTENT, detail)
            self.shown_instead = instead if answer.suite in self._asked.suites else None
        elif instead:
            self.closed = f"ServerHello of {instead.label}"
        elif answer.version != WIRE[version] or answer.suite not in self._asked.suites:
            self.unclear = (Reason.MALFORMED, f"a {version.label} hello {words(answer)}, which was not offered")
        else:
            self._keep(answer)

    def _in_other_words(self, asked: Offer) -> Offer:
        return asked.but(suites=asked.suites[::-1], reworded=True)

    def _next(self) -> Offer | None:
        raise NotImplementedError

    def _keep(self, answer: ServerHello) -> None:
        """Keep a ServerHello of the version and with a suite that were asked for."""
        raise NotImplementedError


class Single(Topic):
    """One hello. `hello`: the ServerHello that it got, None while there is none or where it was declined."""

    def __init__(self, offer: Offer, *, assure: Assure | None = None) -> None:
        super().__init__(offer, assure=assure)
        self.hello: ServerHello | None = None

    @property
    def is_answered(self) -> bool:
        return self.hello is not None

    def _next(self) -> Offer | None:
        return self.offer if self.hello is None else None

    def _in_other_words(self, asked: Offer) -> Offer:
        return asked.but(reworded=True)

    def _keep(self, answer: ServerHello) -> None:
        self.hello = answer
        self.closed = words(answer)


class Doubted(Single):
    """One hello whose decline is a fault. A single alert may be a machine's in trouble: only the second one declines.

    Where one is answered and the other is not, it is unclear.
    """

    def take(self, answer: Answer) -> None:
        super().take(answer)
        if self.closed and isinstance(answer, Alert) and not isinstance(self._before, Alert):
            self.unclear, self.closed = (Reason.TLS_FAILED, f"it was declined once, by {self.closed}"), ""

    def _keep(self, answer: ServerHello) -> None:
        if self._before and contradicts(self._before):
            self.unclear = (Reason.TLS_FAILED, f"it {words(self._before)}, and then a ServerHello")
        else:
            super()._keep(answer)


class PreferenceTopic(Topic):
    """Which class of suites wins? Asked weakest first; once more strongest first, where a weaker one was picked."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(offer)
        self.picked: list[int] = []
        self._best = max(suite(number).strength for number in offer.suites)

    @property
    def is_answered(self) -> bool:
        return bool(self.picked)

    @property
    def is_settled(self) -> bool:
        """Was everything heard that tells who decides?"""
        return len(self.picked) > 1 or (self.is_answered and suite(self.picked[0]).strength == self._best)

    def _next(self) -> Offer | None:
        if not self.picked:
            return self.offer
        return None if self.is_settled else self.offer.with_suites(*self.offer.suites[::-1])

    def _in_other_words(self, asked: Offer) -> Offer:
        return asked.but(reworded=True)

    def _keep(self, answer: ServerHello) -> None:
        self.picked.append(answer.suite)
