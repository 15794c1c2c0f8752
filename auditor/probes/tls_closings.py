"""When a close counts as a refusal: the rule of docs/decisions/0016-refusals-by-closing.md, for one topic at a time.

Knows no network. A close says nothing by itself: a throttle, a box on the way and a crash close as well.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probes.client_hello import NO_SUITES, WIRE
from auditor.probes.offer import Offer, Until
from auditor.probes.server_hello import Answer, ServerHello
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL, Question, closing
from auditor.probes.tls_said import is_our_limit
from auditor.probes.tls_scan import Pause
from auditor.probes.tls_topics import Topic

VOID = (Reason.THROTTLED, "a hello that is answered at other times was closed on as well")

Answers = tuple[Answer, ...]
One = Generator[tuple[Question | Offer, ...] | Pause, Answers | None, Answer]
Ask = Callable[[Offer], One]
Whether = Generator[tuple[Question | Offer, ...] | Pause, Answers | None, bool]


class Closings:
    """What closes mean at one endpoint.

    `is_steady` False: a hello was closed on at one time and answered at another, so no close refuses anything here.
    """

    def __init__(self) -> None:
        self.is_steady = True
        self.is_fresh = False  # was the last hello of all one that had to be answered, and was?
        self._ways: dict[TlsVersion, Reason | None] = {}

    def settle(self, topic: Topic, ask: Ask) -> Whether:
        """Ask what was closed on once more, and where that is how this server refuses, as often as the rule wants.

        `ask` sends one hello, alone. True: what was left of it is declined. False: it was answered now, or it stays
        unclear.
        """
        was, way = topic.unclear, topic.closing
        for reworded in (True, False):
            topic.retry(reworded=reworded)
            hello = topic.question()
            if hello is None:
                return False
            assured = topic.assured(hello)
            is_way = assured is not None and (yield from self._is_way(assured, way, ask))
            if not is_way:
                topic.shorten()
                hello = topic.question() or hello
            if assured and is_way and not self.is_fresh and not (yield from self._is_answered(assured, hello, ask)):
                topic.unclear = was
                return False
            answer = yield from ask(hello)
            topic.take(answer)
            if isinstance(answer, ServerHello):
                self.is_steady = False
            if assured is None or not is_way or topic.closing is not way:
                return False
            if not (yield from self._is_answered(assured, hello, ask)):
                return False
        topic.decline(CLOSED_AS_A_REFUSAL)
        return True

    def _is_way(self, assured: Offer, way: Reason | None, ask: Ask) -> Whether:
        """Is a hello of the same version, with numbers alone that stand for no suite, met in the same way?"""
        version = assured.version
        if version not in self._ways:
            impossible = assured.but(suites=NO_SUITES, until=Until.HELLO)
            self._ways[version] = closing((yield from ask(impossible)))
        return self._ways[version] is way

    def _is_answered(self, assured: Offer, hello: Offer, ask: Ask) -> Whether:
        """Is the same hello, with something beside that is known to be taken, answered by its taking that?"""
        answer = yield from ask(assured)
        if is_our_limit(answer):  # it was not sent, or not heard out
            self.is_fresh = False
            return False
        is_answered = (
            isinstance(answer, ServerHello)
            and answer.version == WIRE[assured.version]
            and not _takes_of(answer, hello, assured)
        )
        self.is_steady = self.is_steady and is_answered
        self.is_fresh = is_answered
        return is_answered


def _takes_of(answer: ServerHello, hello: Offer, assured: Offer) -> bool:
    """Does it pick of those that it is closed on when they come alone?"""
    is_suite = assured.suites != hello.suites and answer.suite in hello.suites
    is_group = assured.groups != hello.groups and answer.group in hello.groups
    return hello.version is assured.version and (is_suite or is_group)
