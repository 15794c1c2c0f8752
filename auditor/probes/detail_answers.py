"""What is read off the topics of the second conversation: an answer, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.facts.tls import TlsVersion
from auditor.facts.tls_suites import Unsettled
from auditor.model import Reason
from auditor.probes.server_hello import ServerHello
from auditor.probes.tls_detail import Detail
from auditor.probes.tls_plan import SecondPlan
from auditor.probes.tls_topics import Single, Topic, Unclear

OLD = tuple(version for version in TlsVersion if version not in (TlsVersion.SSL2, TlsVersion.TLS13))
NOT_ASKED: Unclear = (Reason.NOT_OBSERVED, "it was not asked")


class Unanswered(Exception):
    """There are no facts of a type: the reason, and what was tried."""

    def __init__(self, why: Unclear) -> None:
        super().__init__(why[1])
        self.why = why


def open_end(topics: Iterable[Topic]) -> Unclear | None:
    """Why one of these topics did not come to an end that a control stands behind; None where all did."""
    for topic in topics:
        if not topic.is_confirmed:
            return topic.unclear or NOT_ASKED
    return None


def open_version(detail: Detail, *versions: TlsVersion) -> Unclear | None:
    """Why one of these versions is neither accepted nor refused; None where each is one of them."""
    unsettled = detail.scan.unsettled()
    return next((unsettled[version] for version in versions if version in unsettled), None)


def unsettled(why: Unclear | None) -> Unsettled | None:
    return Unsettled(reason=why[0].word, detail=why[1]) if why else None


def second_round(detail: Detail) -> SecondPlan:
    """Raises Unanswered where it never came to that."""
    if detail.second is None:
        raise Unanswered(detail.trouble or NOT_ASKED)
    return detail.second


def answered(topic: Single) -> ServerHello:
    """The ServerHello to suites that were taken before. Raises Unanswered; INCONSISTENT where they are declined now."""
    if topic.hello is not None:
        return topic.hello
    if topic.closed:
        version = topic.offer.version.label
        raise Unanswered(
            (Reason.INCONSISTENT, f"suites of {version} were taken one by one, then met with {topic.closed}")
        )
    raise Unanswered(topic.unclear or NOT_ASKED)


def declined(topic: Topic) -> str:
    """How it was declined, in words. Raises Unanswered where no control stands behind it."""
    if topic.closed and topic.is_confirmed:
        return topic.closed
    raise Unanswered(topic.unclear or NOT_ASKED)
