"""Does a server decline every suite that an attack needs? Asked by our own hellos, of every such suite there is.

The program of the deep environment offers the suites that its clients can speak, and takes an alert alone for a no. A
server may have others, and some close where others send an alert (docs/decisions/0016-refusals-by-closing.md).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.cipher_suites import CipherSuite, suite
from auditor.facts.tls import TlsVersion
from auditor.facts.vulnerabilities import PaddingAnswer, PaddingOracle, Robot, RobotAnswer
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.client_hello import GROUPS
from auditor.probes.deep_answers import VERSION_DECLINED, Attack, Conversation, Played
from auditor.probes.deep_facts import MAKERS, Scene, make_without_suites
from auditor.probes.deep_settle import OLD_VERSIONS
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Answer, Silence
from auditor.probes.tls import converse, scan_versions
from auditor.probes.tls_chunks import portions
from auditor.probes.tls_closings import VOID, Closings
from auditor.probes.tls_detail import Answers, Hellos
from auditor.probes.tls_hunts import SuiteHunt
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL
from auditor.probes.tls_plan import FirstPlan
from auditor.probes.tls_said import OUR_LIMITS, Shown
from auditor.probes.tls_scan import Pause
from auditor.probes.tls_topics import Unclear
from auditor.reach import Endpoint, Reach

# What the suites have that an attack is played over; those without a certificate are no resident's.
NEEDED: Mapping[Attack, Callable[[CipherSuite], bool]] = MappingProxyType(
    {
        Attack.PADDING: lambda one: one.is_cbc and (one.has_certificate or one.is_anonymous),
        Attack.ROBOT: lambda one: one.key_exchange == "RSA",
    }
)
ATTACK_OF: Mapping[type[Facts], Attack] = MappingProxyType({PaddingOracle: Attack.PADDING, Robot: Attack.ROBOT})
CLOSES = ("cut", "reset")  # words for a hello that was closed on
MOST_HELLOS = 8  # for one attack; where closes refuse, more
Talk = Generator[Hellos | Pause, Answers | None, None]


def with_our_hellos(
    sight: Seen | Unseen, played: Played | None, shown: Shown, endpoint: Endpoint, reach: Reach, *, may_ask: bool
) -> Seen | Unseen:
    """The sight of an attack whose hellos were declined, or closed on, as our own hellos settle it.

    `may_ask`: are there connections left for it? Where there are none, it is unseen.
    """
    kind = type(sight.facts) if isinstance(sight, Seen) else sight.facts_type
    attack = ATTACK_OF.get(kind)
    if attack is None or played is None or not _is_declined(sight, played, shown):
        return sight
    if not may_ask:
        return Unseen(kind, endpoint.locus, Reason.BUDGET, f"{endpoint.locus}: whether other suites are taken")
    try:
        how = how_declined(attack, shown, endpoint, reach)
    except Unreachable as error:
        return Unseen(kind, endpoint.locus, error.reason, f"{MAKERS[attack].what} {endpoint.locus}: {error.detail}")
    scene = Scene(endpoint, shown.version is TlsVersion.TLS13, reach.now())
    return Seen(make_without_suites(attack, how, played, scene), endpoint.locus)


def without_old_tls(
    played: dict[Attack, Played], endpoint: Endpoint, reach: Reach, *, speaks_13: bool
) -> dict[Attack, Played]:
    """What was played, told as of a server that has no TLS 1.2, where that is what all its closes mean.

    `speaks_13`: it answers TLS 1.3. Raises Unreachable where it is not settled what they mean.
    """
    rows = [row for one in played.values() for row in one.conversations]
    if not speaks_13 or not rows or any(row.answer not in CLOSES for row in rows):
        return played
    old_tls_declined(endpoint, reach)
    told = tuple(Conversation(version=version, answer=VERSION_DECLINED) for version in sorted(OLD_VERSIONS))
    return {attack: Played(one.tool, told) for attack, one in played.items()}


def _is_declined(sight: Seen | Unseen, played: Played, shown: Shown) -> bool:
    """Was nothing met but declines and closes, in the version that our own hello was answered in?"""
    if any(one.version is not shown.version for one in played.conversations):
        return False
    if isinstance(sight, Seen):
        return getattr(sight.facts, "answer", None) in (RobotAnswer.NO_RSA, PaddingAnswer.NO_CBC)
    return all(one.answer in CLOSES for one in played.conversations)


def how_declined(attack: Attack, shown: Shown, endpoint: Endpoint, reach: Reach) -> str:
    """How all suites that this attack needs are declined, in words. Raises Unreachable where they are not for certain.

    `shown`: a hello that is answered, in the version that the attack is played over.
    """

    def assure(hello: Offer) -> Offer:
        others = (one for one in hello.suites if one != shown.hello.suite)
        return hello.with_suites(shown.hello.suite, *others)

    needed = [tuple(one for one in some if NEEDED[attack](suite(one))) for some in portions(shown.version)]
    if shown.version not in OLD_VERSIONS:
        raise Unreachable(Reason.NOT_OBSERVED, f"no hello of TLS 1.2 or older was answered by {endpoint.locus}")
    hunts = [
        SuiteHunt(Offer(version=shown.version, suites=suites, groups=GROUPS), assure=assure)
        for suites in needed
        if suites
    ]
    return all_declined(hunts, endpoint, reach)


def old_tls_declined(endpoint: Endpoint, reach: Reach) -> None:
    """Raises Unreachable where TLS 1.2 and older are not all refused for certain, 1.2 with every suite that there is.

    The hellos of the older ones name nearly all that those versions have.
    """
    scan = scan_versions(endpoint, reach)
    for version in OLD_VERSIONS:
        if version in scan.accepted:
            raise Unreachable(Reason.INCONSISTENT, f"{version.label} was closed on, and accepted")
        if version not in scan.refused:
            raise Unreachable(*scan.unsettled()[version])
    plan = FirstPlan(scan)
    if hunts := plan.hunts.get(TlsVersion.TLS12):
        all_declined(hunts, endpoint, reach)


def all_declined(hunts: list[SuiteHunt], endpoint: Endpoint, reach: Reach) -> str:
    """How everything that these would find is declined. Raises Unreachable where something is taken, or unclear.

    Nothing that was asked for was declined: without `hunts` it raises ValueError.
    """
    if not hunts:
        raise ValueError("nothing is asked for")
    asking = _Asking(hunts)
    converse(asking.talk(), endpoint, reach)
    if asking.taken:
        name = suite(asking.taken).name
        raise Unreachable(Reason.NOT_OBSERVED, f"the server takes {name}, which this test's own client does not speak")
    if asking.unclear:
        raise Unreachable(*asking.unclear)
    return "; ".join(dict.fromkeys(asking.how))


class _Asking:
    """The conversation. A decline counts when it comes twice, to a hello and to the same in other words."""

    def __init__(self, hunts: list[SuiteHunt]) -> None:
        self.taken = 0
        self.unclear: Unclear | None = None
        self.how: list[str] = []
        self._hunts = hunts
        self._closings = Closings()

    def talk(self) -> Talk:
        for hunt in self._hunts:
            yield from self._settle(hunt)
            if self.taken or self.unclear:
                return
        if not self._closings.is_steady:
            self.unclear = VOID

    def _settle(self, hunt: SuiteHunt) -> Talk:
        yield from self._ask_of(hunt)
        is_closed_on, is_declined = hunt.closing is not None, bool(hunt.closed)
        if is_closed_on:
            yield from self._settle_closes(hunt)
        elif hunt.closed or (hunt.unclear and hunt.unclear[0] not in OUR_LIMITS):
            yield Pause()
            hunt.reopen()
            hunt.retry()
            yield from self._ask_of(hunt)
        if hunt.found:
            self.taken = hunt.found[0]
        elif hunt.closed and (hunt.closed == CLOSED_AS_A_REFUSAL if is_closed_on else is_declined):
            self.how.append(hunt.closed)
        else:
            self.unclear = hunt.unclear or (Reason.INCONSISTENT, f"a hello got no answer, and then {hunt.closed}")

    def _settle_closes(self, hunt: SuiteHunt) -> Talk:
        """By the rule of decision 0016; what was too long to be answered is asked in portions."""
        while hunt.closing:
            yield Pause()
            if not (yield from self._closings.settle(hunt, self._ask)):
                return
            yield from self._ask_of(hunt)

    def _ask_of(self, hunt: SuiteHunt) -> Talk:
        """Until one of it is taken, all of it is declined, or it is unclear."""
        while not hunt.found and (hello := hunt.question()) is not None:
            hunt.take((yield from self._ask(hello)))

    def _ask(self, hello: Offer) -> Generator[Hellos | Pause, Answers | None, Answer]:
        answers = yield (hello,)
        self._closings.is_fresh = False
        return answers[0] if answers else Silence(Reason.INTERRUPTED, "it was not asked", dialled=False)
