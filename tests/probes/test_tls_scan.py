"""The conversation with one endpoint, driven with made-up answers: what it may conclude from any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.model import Reason
from auditor.probes.client_hello import WIRE, offered_suites
from auditor.probes.server_hello import Alert, Answer, ServerHello, Silence, Ssl2Hello
from auditor.probes.tls_meaning import CLOSED_AS_A_REFUSAL, Question, closing, version_shown
from auditor.probes.tls_scan import Pause, Scan

NOW = datetime(2026, 5, 4, tzinfo=UTC)
V = TlsVersion
MODERN = frozenset({V.TLS12, V.TLS13})
Transcript = list[tuple[Question, Answer]]


def hold(server: Callable[[Question, int], Answer]) -> tuple[Scan, Transcript]:
    """A whole conversation. `server(question, n)` gives the n-th answer, n from 0."""
    scan, transcript = Scan(), Transcript()
    talk = scan.talk()
    step = next(talk, None)
    while step is not None:
        answer = None
        if isinstance(step, Question):
            answer = server(step, len(transcript))
            transcript.append((step, answer))
        try:
            step = talk.send(answer)
        except StopIteration:
            step = None
    return scan, transcript


def accept(question: Question) -> Answer:
    if question.version is V.SSL2:
        return Ssl2Hello(3)
    return ServerHello(WIRE[question.version], offered_suites(question.version, second=question.second)[0])


def serving(accepted: frozenset[V], **others: list[Answer]) -> Callable[[Question, int], Answer]:
    """Accepts some versions; `others`: the answers for one version in turn (the last one stays). All else: alert 70."""
    lists = {V[name]: list(answers) for name, answers in others.items()}

    def server(question: Question, _: int) -> Answer:
        answers = lists.get(question.version)
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        return accept(question) if question.version in accepted else Alert(70)

    return server


def facts_of(server: Callable[[Question, int], Answer]) -> TlsVersions:
    return hold(server)[0].facts(NOW)


def standing(facts: TlsVersions, version: V) -> str:
    """accepted, refused, or the reason's word."""
    if version in facts.accepted:
        return "accepted"
    return next((row.reason for row in facts.unknown if row.version is version), "refused")


TIMEOUT = Silence(Reason.TIMEOUT, "t")
CLOSED = Silence(Reason.CLOSED, "c")
RESET = Silence(Reason.RESET, "r")
TEN = ServerHello(0x0301, 0x002F)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Alert(40)], "refused"),
        ([Alert(47)], "refused"),
        ([Alert(70)], "refused"),
        ([Alert(71)], "refused"),
        ([Alert(86)], "refused"),
        ([Alert(109)], "refused"),
        ([ServerHello(0x0301, 0x002F)], "refused"),
        ([ServerHello(0x7F1C, 0x1301)], "malformed"),  # of a draft
        ([ServerHello(0x0304, 0x1301)], "malformed"),  # newer than asked
        ([ServerHello(0x0300, 0xFAFA)], "refused"),
        ([Alert(80), Alert(80)], "refused"),
        ([Alert(80), Alert(70)], "refused"),
        ([Alert(80), TIMEOUT], "timeout"),
        ([Alert(80), CLOSED, Alert(80), CLOSED], "closed"),
        ([Alert(80), ServerHello(0x0302, 0x002F)], "accepted"),
        ([Alert(49)], "tls_failed"),
        ([Alert(90)], "tls_failed"),
        ([Alert(112)], "tls_failed"),
        ([TIMEOUT], "timeout"),
        ([RESET], "reset"),
        ([CLOSED], "closed"),
        ([Silence(Reason.NOT_TLS, "HTTP")], "not_tls"),
        ([Silence(Reason.REFUSED, "no", dialled=False)], "refused_"),
        ([TIMEOUT, Alert(70)], "refused"),
        ([TIMEOUT, ServerHello(0x0302, 0x002F)], "accepted"),
        ([ServerHello(0x0302, 0x1301)], "malformed"),
        ([ServerHello(0x0302, 0xC02F)], "malformed"),
    ],
)
def test_what_one_version_makes_of_its_answers(answers: list[Answer], expected: str) -> None:
    facts = facts_of(serving(MODERN, TLS11=answers))
    if expected == "refused_":  # a refused connection is no refused version
        assert [row.reason for row in facts.unknown if row.version is V.TLS11] == ["refused"]
    else:
        assert standing(facts, V.TLS11) == expected
    assert facts.accepted >= MODERN


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([CLOSED, CLOSED], "refused"),
        ([RESET, CLOSED], "refused"),
        ([Alert(10)], "refused"),
        ([Alert(22)], "refused"),
        ([Alert(50)], "refused"),
        ([Alert(70)], "refused"),
        ([TEN], "refused"),
        ([Alert(80), Alert(80)], "refused"),
        ([CLOSED, Alert(70)], "refused"),
        ([Alert(49)], "tls_failed"),
        ([TIMEOUT], "timeout"),
        ([CLOSED, TIMEOUT], "timeout"),
        ([TIMEOUT, CLOSED, TIMEOUT], "timeout"),
        ([Silence(Reason.NOT_TLS, "HTTP")], "not_tls"),
        ([Silence(Reason.RESET, "r", dialled=False)], "reset"),
        ([CLOSED, Ssl2Hello(1)], "accepted"),
        ([Ssl2Hello(0)], "tls_failed"),
    ],
)
def test_ssl2_is_refused_by_an_alert_or_by_closing_twice(answers: list[Answer], expected: str) -> None:
    assert standing(facts_of(serving(MODERN, SSL2=answers)), V.SSL2) == expected


@pytest.mark.parametrize("doubtful", [40, 47, 109])
def test_tls13_is_asked_again_with_a_key_share_before_an_alert_refuses_it(doubtful: int) -> None:
    only12 = frozenset({V.TLS12})
    assert standing(facts_of(serving(only12, TLS13=[Alert(doubtful)])), V.TLS13) == "refused"
    with_share = ServerHello(0x0304, 0x1301)
    assert standing(facts_of(serving(only12, TLS13=[Alert(doubtful), with_share])), V.TLS13) == "accepted"


def test_an_older_version_shown_on_the_way_is_accepted_and_not_asked_for() -> None:
    scan, transcript = hold(serving(frozenset(), TLS13=[ServerHello(0x0303, 0xC02F)]))
    facts = scan.facts(NOW)
    assert facts.accepted == {V.TLS12}
    assert standing(facts, V.TLS13) == "refused"
    assert V.TLS12 not in {question.version for question, _ in transcript}


def test_a_modern_host_costs_eight_connections() -> None:
    assert len(hold(serving(MODERN))[1]) == 8
    assert len(hold(serving(MODERN, SSL2=[CLOSED]))[1]) == 9


@pytest.mark.parametrize(
    ("control", "reason"), [(Alert(80), "throttled"), (TIMEOUT, "throttled"), (Alert(70), "inconsistent")]
)
def test_refusals_are_void_when_the_control_fails_and_positives_stay(control: Answer, reason: str) -> None:
    def server(question: Question, n: int) -> Answer:
        return accept(question) if n < 3 else control if question.version is V.TLS13 else Alert(70)

    facts = facts_of(server)
    assert facts.accepted == {V.TLS13, V.TLS12, V.TLS11}
    assert {row.reason for row in facts.unknown} == {reason}
    assert not facts.refused
    assert not facts.control_held


def test_refusals_before_a_control_that_held_stay() -> None:
    truth = serving(MODERN)
    facts = facts_of(lambda question, n: truth(question, n) if n < 5 else TIMEOUT)
    assert {row.version for row in facts.refused} == {V.TLS10, V.TLS11}
    assert {row.version: row.reason for row in facts.unknown} == {V.SSL2: "throttled", V.SSL3: "throttled"}


def test_a_control_that_recovers_lets_void_refusals_be_asked_again() -> None:
    bad = frozenset({*MODERN, V.TLS10})
    truth = serving(bad)
    failing = {2: Alert(70), 3: Alert(70), 4: TIMEOUT}
    facts = facts_of(lambda question, n: failing.get(n) or truth(question, n))
    assert facts.accepted == bad
    assert {row.version for row in facts.refused} == set(V) - bad
    assert not facts.control_held


@pytest.mark.parametrize("contrary", [Alert(70), Alert(40), ServerHello(0x0303, 0xC02F), ServerHello(0x0304, 0x1303)])
def test_a_control_that_got_a_contrary_answer_once_leaves_no_version_refused(contrary: Answer) -> None:
    """It recovers: there are two servers, or more, and nobody knows which of them refused."""
    truth, asked = serving(MODERN), 0

    def server(question: Question, n: int) -> Answer:
        nonlocal asked
        asked += question.version is V.TLS13
        return contrary if question.version is V.TLS13 and asked == 2 else truth(question, n)

    facts = facts_of(server)
    assert facts.accepted == MODERN
    assert not facts.refused
    assert not facts.control_held
    assert {row.reason for row in facts.unknown} == {"inconsistent"}


def test_a_control_that_gets_another_version_makes_refusals_inconsistent() -> None:
    controls = [ServerHello(0x0304, 0x1301), ServerHello(0x0303, 0xC02F)]
    facts = facts_of(serving(MODERN, TLS13=controls))
    assert facts.accepted == MODERN
    assert {row.reason for row in facts.unknown} == {"inconsistent"}


@pytest.mark.parametrize("limit", [Reason.BUDGET, Reason.DEADLINE])
@pytest.mark.parametrize("count", range(1, 8))
def test_our_own_limits_end_the_conversation_at_once(limit: Reason, count: int) -> None:
    truth = serving(MODERN)
    scan, transcript = hold(lambda question, n: truth(question, n) if n < count else Silence(limit, "spent"))
    assert len(transcript) <= count + 1
    facts = scan.facts(NOW)
    assert {row.reason for row in facts.unknown} == {limit.word}
    assert {row.version for row in facts.refused} <= {V.TLS10, V.TLS11}


@pytest.mark.parametrize(
    ("answer", "reason", "questions"),
    [
        (Silence(Reason.REFUSED, "no", dialled=False), Reason.REFUSED, 1),
        (Silence(Reason.NO_ROUTE, "no", dialled=False), Reason.NO_ROUTE, 1),
        (Silence(Reason.BUDGET, "spent", dialled=False), Reason.BUDGET, 1),
        (TIMEOUT, Reason.TIMEOUT, 3),
        (Silence(Reason.NOT_TLS, "HTTP"), Reason.NOT_TLS, 3),
        (Silence(Reason.TOO_LONG, "much"), Reason.TOO_LONG, 3),
        (CLOSED, Reason.CLOSED, 7),
        (RESET, Reason.RESET, 7),
        (Alert(70), Reason.TLS_FAILED, 7),  # TLS 1.2 in two wordings
        (Alert(49), Reason.TLS_FAILED, 6),
    ],
)
def test_without_any_server_hello_nothing_was_seen(answer: Answer, reason: Reason, questions: int) -> None:
    scan, transcript = hold(lambda question, n: answer)
    assert scan.control is None
    assert scan.nothing_seen()[0] is reason
    assert len(transcript) == questions
    with pytest.raises(ValueError, match="no version"):
        scan.facts(NOW)


SUITES = st.sampled_from([0x1301, 0xC02F, 0xC013, 0x002F, 0x000A])
SILENCES = st.sampled_from(
    [Reason.TIMEOUT, Reason.RESET, Reason.CLOSED, Reason.NOT_TLS, Reason.TRUNCATED, Reason.REFUSED, Reason.BUDGET]
)
ANSWERS = st.one_of(
    st.builds(ServerHello, st.sampled_from([*list(WIRE.values())[1:], 0x7F1C]), SUITES),
    st.builds(Alert, st.sampled_from([0, 10, 40, 47, 49, 50, 70, 80, 90, 109, 112])),
    st.builds(Silence, SILENCES, st.just("x"), st.booleans()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ANSWERS, min_size=45, max_size=45), st.sets(st.integers(0, 44)), st.sampled_from([MODERN, set(V)]))
def test_whatever_is_answered_only_what_was_said_and_confirmed_is_concluded(
    noise: list[Answer], honest: set[int], truth: frozenset[V]
) -> None:
    """A server that answers honestly on some connections and anything on the others."""
    server = serving(frozenset(truth))
    scan, transcript = hold(lambda question, n: server(question, n) if n in honest else noise[n])
    assert len(transcript) <= 42
    if scan.control is None:
        assert not any(version_shown(question, answer) for question, answer in transcript)
        assert isinstance(scan.nothing_seen()[0], Reason)
        return
    facts = scan.facts(NOW)
    shown = {version_shown(question, answer) for question, answer in transcript} - {None}
    assert facts.accepted == shown
    control = scan.control
    holds = [
        n
        for n, (question, answer) in enumerate(transcript)
        if question == control.question and version_shown(question, answer) is control.version
    ]
    for row in facts.refused:
        said = [
            n
            for n, (question, answer) in enumerate(transcript)
            if question.version is row.version and not question.is_impossible
        ]
        explicit = [n for n in said if not isinstance(transcript[n][1], Silence)]
        if row.version is V.SSL2 and not explicit:
            explicit = said[1:]
        if row.answer == CLOSED_AS_A_REFUSAL:
            ways = {closing(transcript[n][1]) for n in said}
            impossible = [answer for question, answer in transcript if question.is_impossible]
            assert len(said) >= 3
            assert ways == set(map(closing, impossible)) != {None}
            explicit = said
        assert any(at < held for at in explicit for held in holds)


def test_a_pause_comes_before_every_retry() -> None:
    scan = Scan()
    server = serving(MODERN, TLS11=[TIMEOUT])
    talk = scan.talk()
    step = next(talk)
    seen: list[str] = []
    while True:
        seen.append("pause" if isinstance(step, Pause) else step.version.value)
        try:
            step = talk.send(None if isinstance(step, Pause) else server(step, 0))
        except StopIteration:
            break
    assert seen[-3:] == ["pause", "tls1.1", "tls1.3"]
    assert seen.count("pause") == 1
