"""A real Ceph gateway, from the first question to the verdicts: its settings are not believed, its effects are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from auditor.facts.storage import BucketEncryption, PublicAccessBlock
from auditor.facts.storage_effect import Keeps
from auditor.facts.storage_flows import BucketReplication
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from auditor.reach import Access, Target
from auditor.reach.access import Limits
from tests.probes.bucket_road import NOW, credential, findings_of
from tests.probes.effect_road import PLAIN, PUBLIC, asked, judged, look, promise
from tests.rig.ceph import ACCESS_KEY, HOST, SECRET_KEY, Ceph
from tests.rig.test_ceph import ALL_FLAGS, ceph, make

__all__ = ["ceph", "credential"]

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
BOOL, IF_EXISTS = ({operator: {"aws:SecureTransport": "false"}} for operator in ("Bool", "BoolIfExists"))


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)


def over_tls(ceph: Ceph) -> Access:
    """As it should be set up: TLS at port 443, and the plain port that it also has at 80."""
    places = {(HOST, 443): (Target("127.0.0.1", ceph.tls_port),), (HOST, 80): (Target("127.0.0.1", ceph.plain_port),)}
    return Access(
        endpoint_url=f"https://{HOST}",
        connect_to=places,
        ca_file=ceph.roots,
        limits=Limits(operation_s=20.0, pause_s=0.01),
        clock=lambda: NOW,
    )


def seen(said: list[Seen | Unseen]) -> dict[str, Reason | None]:
    """By type of facts: None if seen, else the reason."""
    return {
        (one.facts_type if isinstance(one, Unseen) else type(one.facts)).__name__: one.reason
        if isinstance(one, Unseen)
        else None
        for one in said
    }


@pytest.mark.parametrize(
    ("name", "condition", "by_policy", "in_effect"),
    [("way-open", None, F, F), ("way-bool", BOOL, F, F), ("way-if-exists", IF_EXISTS, P, P)],
)
def test_the_usual_deny_of_plain_http_is_believed_only_in_the_form_that_works(
    ceph: Ceph, name: str, condition: dict[str, object] | None, by_policy: Outcome, in_effect: Outcome
) -> None:
    make(ceph, name, condition)
    said = look(over_tls(ceph), asked(name))
    assert findings_of(said, name=name)["bucket-plain-http"].outcome is by_policy
    assert judged(said)[PLAIN] is in_effect


def test_a_restriction_that_is_stored_and_not_kept_is_seen_in_effect(ceph: Ceph) -> None:
    client = make(ceph, "held-back")
    client.put_public_access_block(Bucket="held-back", PublicAccessBlockConfiguration=dict.fromkeys(ALL_FLAGS, True))
    said = look(over_tls(ceph), asked("held-back"))
    (block,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, PublicAccessBlock))
    assert block.bucket.restrict_buckets
    assert findings_of(said, name="held-back")["bucket-public-policy"].outcome is not P
    assert judged(said)[PUBLIC] is F
    assert judged(said, intended_public=True)[PUBLIC] is N
    assert judged(look(over_tls(ceph), asked("held-back", allowed=False)))[PUBLIC] is N


def test_a_private_bucket_denies_strangers_and_that_tells_nothing_of_plain_http(ceph: Ceph) -> None:
    make(ceph, "shut", public=False)
    assert judged(look(over_tls(ceph), asked("shut"))) == {PUBLIC: P, PLAIN: N}
    assert judged(look(over_tls(ceph), asked("shut", canary=""))) == {PUBLIC: N, PLAIN: N}


def test_a_server_whose_address_has_no_tls_answers_over_plain_http(ceph: Ceph) -> None:
    make(ceph, "no-tls", public=False)
    plain = replace(over_tls(ceph), endpoint_url=ceph.url)
    assert judged(look(plain, asked("no-tls", allowed=False))) == {PUBLIC: N, PLAIN: F}


def test_a_port_that_is_closed_to_plain_http_is_enough(ceph: Ceph) -> None:
    make(ceph, "tls-only")
    shut = replace(over_tls(ceph), connect_to={(HOST, 443): (Target("127.0.0.1", ceph.tls_port),), (HOST, 80): CLOSED})
    assert judged(look(shut, asked("tls-only"))) == {PUBLIC: F, PLAIN: P}


CLOSED = (Target("127.0.0.1", 1),)


def test_what_may_be_read_and_not_listed_is_served_all_the_same(ceph: Ceph) -> None:
    client = make(ceph, "no-canary")
    both = ["arn:aws:s3:::no-canary", "arn:aws:s3:::no-canary/*"]
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": both}
    client.put_bucket_policy(Bucket="no-canary", Policy=json.dumps({"Version": "2012-10-17", "Statement": [read]}))
    assert judged(look(over_tls(ceph), asked("no-canary")))[PUBLIC] is F
    make(ceph, "no-such-canary")
    listed = look(over_tls(ceph), asked("no-such-canary", canary="gone"))
    assert judged(listed)[PUBLIC] is F  # since it is listed


def test_a_listing_for_the_encryption_is_no_missing_encryption(ceph: Ceph) -> None:
    make(ceph, "enc", public=False)
    said = look(over_tls(ceph), asked("enc"))
    assert seen(said)[BucketEncryption.__name__] is Reason.MALFORMED
    assert findings_of(said, name="enc")["bucket-not-encrypted"].outcome is U


def test_a_bucket_without_a_replication_is_copied_nowhere(ceph: Ceph) -> None:
    make(ceph, "uncopied", public=False)
    assert seen(look(over_tls(ceph), asked("uncopied")))[BucketReplication.__name__] is None


def test_it_is_recognized_and_its_settings_are_no_evidence(ceph: Ceph) -> None:
    make(ceph, "who", public=False)
    found = promise(look(over_tls(ceph), asked("who")))
    assert found.name == "Ceph Object Gateway"
    assert (found.own_key, found.restrict_public) == (Keeps.SOME_RELEASES, Keeps.SOME_RELEASES)


def test_its_own_opinion_that_a_policy_is_not_public_is_never_believed(ceph: Ceph) -> None:
    client = make(ceph, "wide", public=False)
    both = ["arn:aws:s3:::wide", "arn:aws:s3:::wide/*"]
    wide = {"StringLike": {"aws:SourceVpc": "vpc-*"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": wide}
    client.put_bucket_policy(Bucket="wide", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert not client.get_bucket_policy_status(Bucket="wide")["PolicyStatus"]["IsPublic"]
    assert findings_of(look(over_tls(ceph), asked("wide")), name="wide")["bucket-public-policy"].outcome is F
