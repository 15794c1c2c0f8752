"""The promise beside every letter, kept on real servers: do what is printed, and the promised letter is there.

Each thing is graded, every step to its next letter is done as the check's Fix says, and it is graded again, until
nothing is left to do. Every step is needed as well: all but one never reach the promised letter.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.model import Grade, Letter, Outcome, Report, Sensitivity, Step, StepKind, Tier
from auditor.rig.s3 import KEY_ID, BucketSeed, public_read_statement, rig_client, s3_server
from tests.faithful_store import be_faithful
from tests.promises.buckets import Bucket
from tests.promises.road import Faulty, grade_in, is_undone
from tests.promises.servers import Server
from tests.promises.web import WebService

CONFIDENTIAL = Sensitivity.CONFIDENTIAL
DAY = "max-age=86400"
HALF_A_YEAR = "max-age=15552000"


LISTS = frozenset({"bucket-public-acl", "bucket-acl-public-write"})


def climb(thing: Faulty, *, ask_more: bool) -> list[Letter]:
    """Keep promise after promise; the letters on the way. `ask_more`: up to A+, with the deep tier."""
    grade = grade_in(thing.report())
    letters = [grade.letters.measured]
    while grade.next is not None and (ask_more or not _asks(grade)):
        promised, steps = grade.next.letter, grade.next.steps
        for left_out in steps if len(steps) > 1 else ():
            others = done(thing, tuple(step for step in steps if step != left_out)).report()
            healed = not is_undone(others, left_out)  # one change may fix two things
            # On a compatible server, which may store a flag and not obey it, a fix can put a public list out of sight.
            hidden = left_out.check in LISTS and _is_unseen(others, left_out)
            assert healed or hidden or grade_in(others).letters.measured < promised, f"{promised} without {left_out}"
        thing = done(thing, steps)
        grade = grade_in(thing.report())
        assert grade.letters.measured >= promised, f"{promised} was promised for {steps}"
        letters.append(grade.letters.measured)
    return letters


def done(thing: Faulty, steps: tuple[Step, ...]) -> Faulty:
    for step in steps:
        thing = thing.fixed(step)
    return thing


def _is_unseen(report: Report, step: Step) -> bool:
    place = (step.check, step.locus)
    return any(one.outcome is Outcome.UNKNOWN for one in report.findings if (one.check, one.locus) == place)


def _asks(grade: Grade) -> bool:
    return grade.next is not None and any(step.kind is StepKind.ASK for step in grade.next.steps)


WEB = {
    "hsts missing": (WebService(hsts=None), "B A"),
    "hsts missing, confidential": (WebService(hsts=None, sensitivity=CONFIDENTIAL), "C A"),
    "hsts of a day": (WebService(hsts=DAY), "B A"),
    "TLS 1.0": (WebService(protocols="TLSv1 TLSv1.2 TLSv1.3"), "C A"),
    "TLS 1.0, confidential": (WebService(protocols="TLSv1 TLSv1.2 TLSv1.3", sensitivity=CONFIDENTIAL), "D A"),
    "TLS 1.0 and no HSTS": (WebService(protocols="TLSv1 TLSv1.2 TLSv1.3", hsts=None), "C B A"),
    "TLS 1.0 and content over http": (WebService(protocols="TLSv1 TLSv1.2 TLSv1.3", plain_http="content"), "C A"),
    "content over http": (WebService(plain_http="content"), "C A"),
    "no redirect": (WebService(plain_http="not found"), "B A"),
    "no redirect and no HSTS": (WebService(plain_http="not found", hsts=None), "B A"),
    "downgrade": (WebService(leads_to="http://promises.rig.example/plain"), "C A"),
    "expired": (WebService(is_expired=True), "F A"),
    "self-signed": (WebService(is_self_signed=True), "F A"),
    "wrong name": (WebService(is_for="other.rig.example"), "F A"),
    "expired for a wrong name": (WebService(is_expired=True, is_for="other.rig.example"), "F A"),
    "all that is wrong with paper": (
        WebService(is_expired=True, is_for="other.rig.example", is_self_signed=True),
        "F A",
    ),
    "weak key": (WebService(has_weak_key=True), "B A"),
    "incomplete chain": (WebService(sends_chain=False), "B A"),
    "incomplete chain with a weak key": (WebService(sends_chain=False, has_weak_key=True), "B A"),
    "no https": (WebService(speaks_https=False, plain_http="content"), "F C A"),
}


@pytest.mark.parametrize(("thing", "way"), WEB.values(), ids=WEB)
def test_a_web_service_gets_the_letters_that_it_is_promised(thing: WebService, way: str) -> None:
    assert " ".join(map(str, climb(thing, ask_more=False))) == way


def test_a_web_service_climbs_up_to_the_best_letter() -> None:
    """The last step asks the deep and online tiers; it needs the deep environment (`make deep`)."""
    thing = WebService(hsts=HALF_A_YEAR, tiers=frozenset({Tier.NIGHTLY}))
    assert " ".join(map(str, climb(thing, ask_more=True))) == "A A+"


SERVERS = {
    "plain": (Server(has_plain_disk=True, swap="plain"), "C A A+"),
    "plain, confidential": (Server(has_plain_disk=True, swap="plain", sensitivity=CONFIDENTIAL), "D A A+"),
    "plain swap": (Server(swap="plain"), "C A A+"),
    "silent": (Server(is_up=False), "NG A A+"),
    "silent and plain": (Server(has_plain_disk=True, swap="plain", is_up=False), "NG C A A+"),
}


@pytest.mark.parametrize(("thing", "way"), SERVERS.values(), ids=SERVERS)
def test_a_server_gets_the_letters_that_it_is_promised(thing: Server, way: str) -> None:
    thing = Server(**{name: getattr(thing, name) for name in thing.__slots__} | {"tiers": frozenset({Tier.NIGHTLY})})
    assert " ".join(map(str, climb(thing, ask_more=True))) == way


@pytest.fixture(scope="module")
def storage() -> Iterator[tuple[str, object]]:
    """An S3 server, and a client that may write there."""
    with s3_server() as url, pytest.MonkeyPatch.context() as patch:
        be_faithful(patch)
        client = rig_client(url)
        yield url, client
        client.close()


@pytest.fixture(autouse=True)
def credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an-example-and-no-secret")


GOOD = BucketSeed(name="", algorithm="aws:kms", key_id=KEY_ID)
OPEN = {"blocks": False, "statements": (public_read_statement("BUCKET"),)}
ANYTHING = {"blocks": False, "statements": (public_read_statement("BUCKET", "s3:*Object"),)}
LISTED = {"blocks": False, "ownership": "ObjectWriter", "public_permissions": ("READ",)}
BUCKETS = {
    "public policy": ({}, OPEN, "F A A+"),
    "public list": ({}, LISTED, "F A A+"),
    "public policy and list": ({}, OPEN | LISTED, "F A A+"),
    "the public may write": ({"intended_public": True}, ANYTHING, "F A A+"),
    "plain http": ({}, {"tls_only": False}, "B A A+"),
    "not encrypted": ({}, {"algorithm": None, "key_id": None}, "C A A+"),
    "everything": ({}, OPEN | {"algorithm": None, "key_id": None, "tls_only": False}, "F C B A A+"),
}


@pytest.mark.parametrize(("declared", "faults", "way"), BUCKETS.values(), ids=BUCKETS)
def test_a_bucket_gets_the_letters_that_it_is_promised(
    storage: tuple[str, object], declared: dict[str, object], faults: dict[str, object], way: str
) -> None:
    seed = BucketSeed(**{name: getattr(GOOD, name) for name in BucketSeed.__slots__} | faults)  # type: ignore[arg-type]
    thing = Bucket(url=storage[0], client=storage[1], seed=seed, tiers=frozenset({Tier.NIGHTLY}), **declared)  # type: ignore[arg-type]
    assert " ".join(map(str, climb(thing, ask_more=True))) == way
