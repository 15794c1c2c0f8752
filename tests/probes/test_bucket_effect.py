"""What scripted servers tell a stranger: an answer, a denial, or nothing that could be called health."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.codec import decode, encode
from auditor.facts.storage_effect import BucketServer, Effect, EffectiveAccess
from auditor.model import Asset, Outcome, Reason
from auditor.probe import Seen, Unseen
from auditor.probes.bucket_effect import BucketEffectProbe
from auditor.reach import Access, Reaches
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import DENIED, HTML, LISTING, SLOW_DOWN, Behaviour, Drops, Says, error
from tests.probes.bucket_road import access_to, credential
from tests.probes.effect_road import PLAIN, PUBLIC, asked, judged, promise

__all__ = ["credential"]

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
OBJECT = Says("", headers={"ETag": '"e"'})
ERROR_OF_RCLONE = error("UnsupportedAlgorithm", 400)
TO_TLS = Says("", 301, {"Location": "https://elsewhere.example/"})


def look(access: Access, asset: Asset) -> list[Seen | Unseen]:
    """Of this probe alone."""
    probe = BucketEffectProbe()
    return [one for one in probe.observe(asset, Reaches(access).of(asset)) if isinstance(one, (Seen, Unseen))]


def in_turn(*behaviours: Behaviour) -> Callable[[str, int], Behaviour]:
    """The server's greeting, then listing, reading, plain listing, plain reading. The last one stays."""
    return lambda sub_resource, number: behaviours[min(number, len(behaviours)) - 1]


@pytest.mark.parametrize(
    ("listing", "reading", "effects", "outcome"),
    [
        (Says(LISTING), OBJECT, (Effect.SERVED, Effect.SERVED), F),
        (DENIED, OBJECT, (Effect.DENIED, Effect.SERVED), F),
        (SLOW_DOWN, OBJECT, (Effect.UNSEEN, Effect.SERVED), F),
        (DENIED, DENIED, (Effect.DENIED, Effect.DENIED), P),
        (ERROR_OF_RCLONE, ERROR_OF_RCLONE, (Effect.DENIED, Effect.UNSEEN), U),  # HEAD tells no code
        (DENIED, error("NoSuchKey", 404), (Effect.DENIED, Effect.NOT_THERE), U),
        (DENIED, Says(""), (Effect.DENIED, Effect.UNSEEN), U),  # no tag: a page that answers everything
        (Says(HTML), DENIED, (Effect.UNSEEN, Effect.DENIED), U),
        (Says(HTML, 403), Says(HTML, 403), (Effect.UNSEEN, Effect.DENIED), U),  # something on the way, not the server
        (Says("", 403), Says("", 403), (Effect.UNSEEN, Effect.DENIED), U),
        (Says("", 401), DENIED, (Effect.UNSEEN, Effect.DENIED), U),
        (error("AccountProblem", 403), DENIED, (Effect.DENIED, Effect.DENIED), P),
        (Says(""), DENIED, (Effect.UNSEEN, Effect.DENIED), U),
        (SLOW_DOWN, DENIED, (Effect.UNSEEN, Effect.DENIED), U),
        (error("NoSuchBucket", 404), DENIED, (Effect.UNSEEN, Effect.DENIED), U),
        (TO_TLS, TO_TLS, (Effect.SENT_AWAY, Effect.SENT_AWAY), U),
        (Says('<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult/>'), DENIED, (Effect.UNSEEN, Effect.DENIED), U),
    ],
)
def test_only_a_plain_answer_is_one(
    listing: Behaviour, reading: Behaviour, effects: tuple[Effect, Effect], outcome: Outcome
) -> None:
    with hostile_s3(in_turn(Says(LISTING), listing, reading, DENIED)) as server:
        said = look(access_to(server.url), asked())
    (facts,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, EffectiveAccess))
    assert (facts.listing.effect, facts.reading.effect) == effects
    assert judged(said)[PUBLIC] is outcome
    assert [decode(encode(one.facts), BucketEffectProbe.yields) for one in said if isinstance(one, Seen)] == [
        one.facts for one in said if isinstance(one, Seen)
    ]


@pytest.mark.parametrize("behaviour", [Says(HTML), SLOW_DOWN, Drops(), Says("<a>", 500), Says(b"\xff\xfe"), TO_TLS])
def test_a_server_that_only_misbehaves_passes_nothing(behaviour: Behaviour) -> None:
    with hostile_s3(otherwise=behaviour) as server:
        said = look(access_to(server.url), asked())
    assert set(judged(said).values()) == ({U} if behaviour != TO_TLS else {U, P})


def test_a_door_before_the_server_that_refuses_plain_http_refuses_it() -> None:
    """Whoever it is that says no there: nothing is served."""
    with hostile_s3(in_turn(Says(LISTING), Says(LISTING), OBJECT, Says(HTML, 403), Says(HTML, 403))) as server:
        said = look(access_to(server.url), asked())
    (facts,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, EffectiveAccess))
    assert (facts.plain_listing.effect, facts.plain_reading.effect) == (Effect.DENIED, Effect.DENIED)


def test_a_server_that_is_down_is_not_closed_to_plain_http() -> None:
    with hostile_s3() as server:
        url = server.url
    said = look(access_to(url), asked())
    assert judged(said) == {PUBLIC: U, PLAIN: U}
    assert [one.reason for one in said if isinstance(one, Unseen)] == [Reason.REFUSED]


def test_nothing_is_asked_of_a_bucket_where_the_inventory_does_not_allow_it() -> None:
    with hostile_s3() as server:
        said = look(access_to(server.url), asked(allowed=False))
        assert server.asked == ["buckets"]  # the server's own greeting
    assert judged(said) == {PUBLIC: N, PLAIN: N}
    assert not any("canary" in line for line in BucketEffectProbe().plan(asked(allowed=False)))
    assert any("canary" in line for line in BucketEffectProbe().plan(asked()))


def test_nothing_is_asked_of_aws_where_the_inventory_does_not_allow_it() -> None:
    reaches = Reaches(access_to(None))
    asset = asked(allowed=False)
    said = [one for one in BucketEffectProbe().observe(asset, reaches.of(asset)) if isinstance(one, (Seen, Unseen))]
    assert judged(said) == {PUBLIC: N, PLAIN: N}
    assert promise(said).name == "Amazon S3"
    assert reaches.storage().wire.exchanges == 0


@pytest.mark.parametrize(
    ("greeting", "name"),
    [
        (error("UnsupportedAlgorithm", 400), "rclone serve s3"),
        (Says("<ListAllMyBucketsResult/>", headers={"Server": "Werkzeug/3.1 Python/3.11"}), "moto"),
        (error("AccessDenied", 403, Server="MinIO"), "MinIO"),
        (error("AccessDenied", 403, Server="MinIOx"), ""),
        (error("AccessDenied", 403), ""),
        (
            error("AccessDenied", 403, **{"x-amz-request-id": "tx00000f4e3972840273889-006b0d4506-100b-default"}),
            "Ceph Object Gateway",
        ),
        (Says("<ListAllMyBucketsResult><Owner><ID>123456789000</ID></Owner></ListAllMyBucketsResult>"), "S3rver"),
        (Says("<ListAllMyBucketsResult><Owner><ID>1234567890001</ID></Owner></ListAllMyBucketsResult>"), ""),
        (Says(HTML), ""),
        (Says(b"\xff" * 900, headers={"Server": "x" * 900}), ""),
    ],
)
def test_servers_are_recognized_by_what_they_tell_strangers(greeting: Says, name: str) -> None:
    with hostile_s3(otherwise=greeting) as server:
        said = look(access_to(server.url), asked(allowed=False))
    assert promise(said).name == name
    (facts,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, BucketServer))
    assert facts.is_plain
    assert max(len(text) for text in (facts.header, facts.message, facts.owner)) <= 256


def test_no_credential_is_sent(tmp_path: Path, credential: None) -> None:
    with hostile_s3() as server:
        look(access_to(server.url), asked())
        assert len(server.asked) == 5
