"""A few objects are opened with a credential of their own; nothing of them stays, in facts, messages or logs."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from boto3.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.codec import plain
from auditor.errors import Unreachable
from auditor.facts.sampling import SampledContent
from auditor.model import Asset, Reason, Sampling
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.sampling.detectors import hits
from auditor.probes.sampling.picking import picked
from auditor.probes.sampling.probe import NOT_ASKED, SamplingProbe
from auditor.probes.sampling.reading import cells
from auditor.reach import Reaches
from auditor.reach.s3_objects import FIRST_BYTES, Stored
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import DENIED, Says, error
from auditor.rig.s3 import ACCESS_KEY, REGION, SECRET_KEY, BucketSeed, s3_server
from tests.probes.bucket_road import access_to

SSN = "219-09-9990"
CSV = f"name,SSN\nSomebody,{SSN}\n"
ASKED = Asset(id="b", kind="bucket", address="s3://b", system="s", sampling=Sampling(credential="sampler", objects=20))
REAL = "elm-objects"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def sampler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The credential that opens objects is the only one there is."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    keys = f"[sampler]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    (tmp_path / "credentials").write_text(keys)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    return iter(())


def sampled(url: str, asset: Asset = ASKED) -> Seen | Unseen:
    (sight,) = observe_with(SamplingProbe(), asset, Reaches(access_to(url)).of(asset))
    assert isinstance(sight, (Seen, Unseen))
    return sight


@pytest.mark.usefixtures("sampler")
def test_objects_of_a_real_server_are_opened_and_their_kinds_told() -> None:
    with s3_server([BucketSeed(name=REAL, tls_only=False)]) as url:
        session = Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION)
        client = session.client("s3", endpoint_url=url)
        client.put_object(Bucket=REAL, Key=f"people/{SSN}.csv", Body=CSV.encode())
        client.put_object(Bucket=REAL, Key="long.csv", Body=b"name,SSN\n" + b"x,123-45-6788\n" * 20_000)
        client.put_object(Bucket=REAL, Key="big.csv", Body=b"x" * 1_048_577)
        client.put_object(Bucket=REAL, Key="picture.png", Body=CSV.encode())
        client.put_object(Bucket=REAL, Key="noise.txt", Body=b"\0\1\2")
        client.close()
        sight = sampled(url, replace(ASKED, address=f"s3://{REAL}"))
    assert isinstance(sight, Seen)
    facts = sight.facts
    assert isinstance(facts, SampledContent)
    assert (facts.listed, facts.has_listed_all, facts.picked, facts.read) == (5, True, 3, 2)
    assert sorted((one.detector.value, one.column, one.amount.value) for one in facts.found) == [
        ("us-ssn", 1, "1-9"),
        ("us-ssn", 1, "100+"),
    ]
    assert not re.search(r"\d{3}-\d{2}-\d{4}|219099990|people", str(plain(facts)))


@pytest.mark.usefixtures("sampler")
@pytest.mark.parametrize("says", [DENIED, Says("<ListBucketResult>"), Says("<html/>"), Says("<a/>", 500)])
def test_a_list_that_was_not_seen_is_a_reason(says: Says) -> None:
    with hostile_s3(otherwise=says) as server:
        sight = sampled(server.url)
    assert isinstance(sight, Unseen)


LIST = "<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>"
ONE = f"<Contents><Key>{SSN}.csv</Key><Size>9</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"


@pytest.mark.usefixtures("sampler")
@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([Says(LIST.format(ONE)), DENIED], Reason.ACCESS_DENIED),
        ([Says(LIST.format(ONE)), Says("\0")], Reason.MALFORMED),
        ([Says(LIST.format(ONE.replace("<Size>9</Size>", "")))], Reason.MALFORMED),
    ],
)
def test_objects_that_were_not_read_are_a_reason_that_names_none(answers: list[Says], reason: Reason) -> None:
    with hostile_s3(lambda _, number: answers[min(number, len(answers)) - 1]) as server:
        sight = sampled(server.url)
    assert isinstance(sight, Unseen)
    assert sight.reason is reason
    assert SSN not in sight.detail


@pytest.mark.usefixtures("sampler")
@pytest.mark.parametrize(
    ("answer", "unread", "why"),
    [
        (DENIED, 1, "access_denied"),
        (error("ExpiredToken", 400), 1, "auth_failed"),
        (error("NoSuchKey", 404), 0, ""),  # gone since it was listed
        (error("InvalidObjectState", 403), 0, ""),  # in an archive, which nobody can open
        (Says("\0"), 0, ""),
    ],
)
def test_objects_that_could_not_be_opened_are_counted(answer: Says, unread: int, why: str) -> None:
    answers = [Says(LIST.format(ONE + ONE.replace(SSN, "other"))), Says("a,b\n1,2\n"), answer]
    with hostile_s3(lambda _, number: answers[min(number, len(answers)) - 1]) as server:
        sight = sampled(server.url)
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, SampledContent)
    assert (sight.facts.picked, sight.facts.read) == (2, 1)
    assert (sight.facts.unread, sight.facts.why_unread) == (unread, why)


def test_without_the_inventorys_word_nothing_is_asked() -> None:
    sight = sampled("http://127.0.0.1:1", replace(ASKED, sampling=None))
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, SampledContent)
    assert sight.facts.why_not == NOT_ASKED


@pytest.mark.usefixtures("sampler")
def test_an_empty_bucket_has_nothing_to_open() -> None:
    with hostile_s3(otherwise=Says(LIST.format(""))) as server:
        sight = sampled(server.url)
    assert isinstance(sight, Seen)
    assert isinstance(sight.facts, SampledContent)
    assert sight.facts.why_not


def stored(number: int, *, size: int = 10, name: str = "") -> Stored:
    return Stored(name or f"{number:04}.csv", size, NOW + timedelta(hours=number))


def test_newest_oldest_and_some_between_are_picked_the_same_each_time() -> None:
    objects = [stored(number) for number in range(100)]
    keys = [one.key for one in picked(objects, 20, "x")]
    assert len(set(keys)) == len(keys) == 20
    assert {"0000.csv", "0005.csv", "0099.csv", "0094.csv"} <= set(keys)
    assert keys == [one.key for one in picked(objects, 20, "x")] != [one.key for one in picked(objects, 20, "y")]
    assert [one.key for one in picked(objects, 1, "x")] == ["0099.csv"]
    odd = [stored(1, size=0), stored(2, size=2_000_000), stored(3, name="a.png"), stored(4, name="a/readme")]
    assert [one.key for one in picked(odd, 20, "x")] == ["a/readme"]


@settings(max_examples=25, deadline=None)
@given(
    value=st.from_regex(r"[1-8][0-9]{2}-(0[1-9]|[1-9][0-9])-[1-9][0-9]{3}", fullmatch=True),
    frame=st.sampled_from(["ssn,x\n{0},y\n", '{{"ssn": "{0}"}}', "ssn: {0}\n", '"{0}', "ssn;x\n{0};\x00\n", "{0}"]),
    noise=st.binary(max_size=30),
)
def test_nothing_that_was_read_is_left_anywhere(value: str, frame: str, noise: bytes) -> None:
    """Neither in what is kept, nor in a failure, nor in a log, nor on the terminal."""

    class Reader:
        name = "b"

        def listed(self) -> object:
            from auditor.reach.s3_objects import Shelf

            return Shelf((Stored(f"{value}.csv", 10, NOW), Stored("other.csv", 10, NOW)), is_whole=True)

        def first_bytes(self, one: Stored) -> bytes:
            if one.key == "other.csv":
                raise Unreachable(Reason.RESET, "s3://b get_object")
            return (frame.format(value).encode() + noise)[:FIRST_BYTES]

    class Reach:
        def now(self) -> datetime:
            return NOW

        def sampled_objects(self, _: Sampling) -> Reader:
            return Reader()

    out, log = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stdout(out), redirect_stderr(out):
            try:
                (sight,) = SamplingProbe().observe(ASKED, Reach())  # type: ignore[arg-type]
                said = repr(sight) + (str(plain(sight.facts)) if isinstance(sight, Seen) else sight.detail)
            except Unreachable as failure:
                said = repr(failure) + failure.detail
    finally:
        logging.getLogger().removeHandler(handler)
    everything = said + out.getvalue() + log.getvalue()
    assert value not in everything
    assert value.replace("-", "") not in everything
    assert value not in repr(hits(cells(frame.format(value).encode(), is_cut=False) or ()))
