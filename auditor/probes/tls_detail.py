"""The second conversation with an endpoint that speaks TLS: suites, groups, primes, signatures, options.

No I/O: `talk` is a generator that asks up to two hellos at a time and is sent their answers. What was accepted is
believed at once; what was declined only once the control hello, which was answered before, is answered alike again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from auditor.model import Reason
from auditor.probes.leaves_shown import LeavesMet
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Answer, ServerHello, Silence
from auditor.probes.tls_closings import VOID, Closings
from auditor.probes.tls_meaning import Question, contradicts, words
from auditor.probes.tls_plan import FirstPlan, SecondPlan
from auditor.probes.tls_said import OUR_LIMITS, Shown
from auditor.probes.tls_scan import Pause, Scan
from auditor.probes.tls_topics import Topic, Unclear

AT_ONCE = 2  # hellos under way
CONTROLS = 6  # of all hellos, kept for repeating the control
SECOND_ROUND = 10  # of all hellos, kept for the second round: as many as a server takes that has every suite
PATIENCE = 6  # hellos that cost time and got no answer, before the conversation is given up
QUICK = frozenset({Reason.CLOSED, Reason.RESET, Reason.REFUSED})  # silences that cost no time
HOPELESS = OUR_LIMITS | {Reason.INCONSISTENT}  # nothing that one more try would settle

Hellos = tuple[Question | Offer, ...]
Answers = tuple[Answer, ...]
Talk = Generator[Hellos | Pause, Answers | None, None]


class Detail:
    """One endpoint, after its `scan`. Drive `talk` to its end; then `first` and `second` hold what was found.

    `inconsistent`: how it is known that not all hellos met the same server; None where nothing shows it.

    `most`: how many hellos may be asked.
    `protocols`: what is spoken inside of TLS there, if it is known; ALPN offers it.
    `is_thorough`: ask what no check needs, too: each prime group of TLS 1.3, and signatures over SHA-224.
    """

    def __init__(self, scan: Scan, *, most: int, is_thorough: bool = False, protocols: tuple[bytes, ...] = ()) -> None:
        self.scan = scan
        self.asked = 0
        self.first = FirstPlan(scan, is_thorough=is_thorough)
        self.second: SecondPlan | None = None
        self.trouble: Unclear | None = scan.trouble
        self.inconsistent: Unclear | None = None
        self._most = most
        self._protocols = protocols
        self._recovered = False
        self._wasted = 0
        self._allowed = 0
        self._at_once = AT_ONCE
        self._is_spent = False
        self._is_calm = True  # was every hello answered?
        self.leaves = LeavesMet()
        self._closings = Closings()
        self._contradiction: Unclear | None = None  # of the control
        self._coming: SecondPlan | None = None  # begun beside the control that ends the first round

    def talk(self) -> Talk:
        control = self.scan.standing
        if control is None or self.trouble:
            self._give_up(self.first.topics)
            return
        yield from self._run(self.first.topics, control, allowed=self._most - CONTROLS - SECOND_ROUND)
        for version in self.first.late:
            self.scan.accept_late(version)
        self.second = self._coming or self._plan_second()
        if self.trouble:
            self._give_up(self.second.topics)
        else:
            is_begun = self.second is self._coming
            yield from self._run(self.second.topics, control, allowed=self._most - CONTROLS, is_begun=is_begun)
        self._void_contradictions()
        self._void_closings()

    def _plan_second(self) -> SecondPlan:
        return SecondPlan(self.first, protocols=self._protocols)

    def _run(self, topics: Sequence[Topic], control: Shown, *, allowed: int, is_begun: bool = False) -> Talk:
        """All of a round; then once more, alone and after a pause, what got no clear answer.

        `allowed`: how many hellos may have been asked at the end of it, controls aside. `is_begun`: some were already.
        """
        self._allowed, self._is_spent = allowed, False
        while self._may_ask() and (is_begun or any(topic.question() for topic in topics)):
            is_begun = False
            is_silent = yield from self._drain(topics)
            yield from self._confirm(topics, control, doubts=is_silent)
        unclear = [topic for topic in topics if topic.unclear and topic.unclear[0] not in HOPELESS]
        if unclear and self._may_ask():
            yield Pause()
            for topic in unclear:
                yield from self._again(topic)
            yield from self._confirm(topics, control, doubts=not self._closings.is_steady)
        if self.trouble or self._is_spent:
            self._give_up(topics)

    def _again(self, topic: Topic) -> Talk:
        """Ask once more what got no clear answer, and go on from there."""
        goes_on = True
        while goes_on and self._may_ask():
            is_declined = False
            if topic.closing:
                is_declined = yield from self._closings.settle(topic, self._ask_alone)
            else:
                topic.retry()
                topic.shorten()
            yield from self._drain([topic])
            goes_on = is_declined and topic.closing is not None

    @property
    def _topics(self) -> tuple[Topic, ...]:
        return (*self.first.topics, *(self.second.topics if self.second else ()))

    def _void_contradictions(self) -> None:
        """Not all hellos met the same server: what was declined, or made out of one answer, is void.

        What was taken stays, and so does a version that was shown.
        """
        self.inconsistent = why = next(self._contradictions(), None)
        if why is None:
            return
        for topic in self._topics:
            if topic.shown_instead:
                self.scan.accept_late(topic.shown_instead)
            if not (topic.unclear and topic.unclear[0] is Reason.INCONSISTENT):
                topic.distrust(why)
        self.scan.distrust_refusals(why)

    def _contradictions(self) -> Iterator[Unclear]:
        """How it is known, the plainest first."""
        yield from filter(None, (self._contradiction, self.scan.inconsistent))
        yield from (one.unclear for one in self._topics if one.unclear and one.unclear[0] is Reason.INCONSISTENT)
        for topic in (self.second.options, self.second.preference) if self.second else ():
            if topic is not None and topic.closed and topic.is_confirmed and not topic.is_answered:
                version = topic.offer.version.label
                yield (
                    Reason.INCONSISTENT,
                    f"suites of {version} were taken one by one, and then met with {topic.closed}",
                )

    def _void_closings(self) -> None:
        """A hello that is answered was closed on too, at some time: what rests on closes alone is void."""
        if self._closings.is_steady and not self._recovered:
            return
        self.scan.distrust_closings(VOID)
        for topic in self._topics:
            topic.distrust_closings(VOID)

    def _may_ask(self) -> bool:
        return not (self.trouble or self._is_spent)

    def _drain(self, topics: Sequence[Topic]) -> Generator[Hellos | Pause, Answers | None, bool]:
        """Ask until every topic has come to an end, two at a time, each on a connection of its own.

        Where one of two is answered and the other runs into silence, the server may serve one at a time: then so be it.
        True: what was asked last ran into silence. That costs time, so the control has to tell whether to go on.
        """
        going_on = list(topics)
        while self._may_ask():
            asking = _next_of(going_on, self._at_once)
            if not asking:
                return False
            if self.asked + len(asking) > self._allowed:
                self._is_spent = True
                return False
            answers = yield from self._ask(*(hello for _, hello in asking))
            for (topic, _), answer in zip(asking, answers, strict=False):
                topic.take(answer)
            if self._notice_silence(answers):
                return True
        return False

    def _notice_silence(self, answers: Answers) -> bool:
        """Did any of what was asked at once run into silence?"""
        silent = [answer for answer in answers if isinstance(answer, Silence) and answer.reason not in QUICK]
        if not silent:
            return False
        self._at_once = 1 if len(silent) < len(answers) else self._at_once
        self._wasted += len(silent)
        if self._wasted > PATIENCE and not self.trouble:
            self.trouble = (Reason.TIMEOUT, f"{self._wasted} hellos got no answer in time")
        return True

    def _confirm(self, topics: Sequence[Topic], control: Shown, *, doubts: bool = False) -> Talk:
        """Repeat the control. Where it fails but holds again after a pause, the void ends are asked for once more.

        `doubts`: repeat it even where nothing waits to be confirmed.
        """
        for _ in range(2):
            open_ends = [topic for topic in topics if topic.closed and not topic.is_confirmed]
            if not (open_ends or doubts) or self.trouble:
                return
            ahead = self._ahead()
            answers = yield from self._ask(control.question, *(hello for _, hello in ahead))
            if _is_alike(answers[0], control):
                for topic in open_ends:
                    topic.is_confirmed = True
                for topic, _ in ahead:
                    topic.take(answers[1])
                    self._notice_silence(answers)
                return
            self._coming = None
            self._notice_contradiction(answers[0], control)
            if self.trouble or self._recovered:
                break
            self._recovered = True
            yield Pause()
            answers = yield from self._ask(control.question)
            if not _is_alike(answers[0], control):
                self._notice_contradiction(answers[0], control)
                break
            for topic in open_ends:
                topic.reopen()
            yield from self._drain(topics)
        throttled = Reason.THROTTLED, f"the control hello now {words(answers[0])}"
        self.trouble = self.trouble or self._contradiction or throttled

    def _notice_contradiction(self, answer: Answer, control: Shown) -> None:
        """Keep a plain answer that the control hello got, and that is not the one before."""
        if contradicts(answer) and not self._contradiction:
            detail = f"the control hello {words(control.hello)}, and later {words(answer)}"
            self._contradiction = (Reason.INCONSISTENT, detail)

    def _ahead(self) -> list[tuple[Topic, Offer]]:
        """What the second round begins with, where all of the first is settled but for the control: else nothing.

        It goes out beside the control. Where that fails, its answer is left aside, and the round planned anew. Whoever
        has once said nothing is not asked two things for that.
        """
        is_settled = self._is_calm and all(topic.closed for topic in self.first.topics)
        if self.second or self._coming or not is_settled or self.asked >= self._allowed:
            return []
        self._coming = self._plan_second()
        return _next_of(list(self._coming.topics), 1)

    def _ask(self, *hellos: Question | Offer) -> Generator[Hellos | Pause, Answers | None, Answers]:
        self.asked += len(hellos)
        self._closings.is_fresh = False
        answers = yield hellos
        if answers is None:
            raise ValueError("hellos want answers")
        for hello, answer in zip(hellos, answers, strict=False):
            self.leaves.note(hello, answer)
            if isinstance(answer, Silence):
                self._is_calm = False
                if answer.reason in OUR_LIMITS:
                    self.trouble = (answer.reason, answer.detail)
        return answers

    def _ask_alone(self, hello: Offer) -> Generator[Hellos | Pause, Answers | None, Answer]:
        if self.trouble:
            return Silence(*self.trouble, dialled=False)
        if self.asked >= self._allowed:
            self._is_spent = True
            return Silence(*self._spent, dialled=False)
        return (yield from self._ask(hello))[0]

    @property
    def _spent(self) -> Unclear:
        return Reason.BUDGET, f"the {self._most} hellos for one address were spent"

    def _give_up(self, topics: Sequence[Topic]) -> None:
        why = self.trouble or (
            self._spent if self._is_spent else (Reason.TLS_FAILED, "no version but SSL 2.0 is accepted")
        )
        for topic in topics:
            topic.give_up(why)


def _next_of(going_on: list[Topic], at_once: int) -> list[tuple[Topic, Offer]]:
    """What to ask next, of the first that ask anything; those that ask nothing more are left out from now on.

    Whoever waits for others is asked once they ask nothing more: what they are told it need not ask.
    """
    asking: list[tuple[Topic, Offer]] = []
    waiting: list[Topic] = []
    for topics in (going_on[:], waiting):
        if asking:
            break
        for topic in topics:
            if len(asking) == at_once:
                return asking
            if topics is not waiting and topic.is_waiting:
                waiting.append(topic)
            elif (hello := topic.question()) is None:
                going_on.remove(topic)
            else:
                asking.append((topic, hello))
    return asking


def _is_alike(answer: Answer, control: Shown) -> bool:
    first = control.hello
    return answer == first and isinstance(answer, ServerHello) and answer.group == first.group
