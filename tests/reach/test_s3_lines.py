"""Answers, connections and error codes of the storage road: what is kept, shared, bounded and refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach import Limits, Target
from auditor.reach.s3 import CALLS_PER_BUCKET, Storage, is_aws
from auditor.reach.s3_answers import plain_error, require_answer
from auditor.reach.s3_calls import Allowance, request_id_of
from auditor.reach.s3_errors import reason_of_error
from auditor.reach.s3_pages import Paging
from auditor.reach.s3_request import request_of
from auditor.reach.s3_wire import IDLE_IN_ALL, Wire
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import (
    DENIED,
    NOT_CONFIGURED,
)
from tests.probes.aws_road import certified
from tests.probes.bucket_road import access_to, bucket, calls_of, credential

__all__ = ["certified", "credential"]


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def test_answers_keep_the_request_id_and_tell_absent_from_present() -> None:
    with hostile_s3({"policy": NOT_CONFIGURED["policy"]}) as server:
        calls = calls_of(server.url)
        absent = calls.ask("get_bucket_policy", absent="NoSuchBucketPolicy")
        assert (absent.value, absent.request_id) == (None, "RIG1")
        with pytest.raises(Unreachable) as failure:
            calls.ask("get_bucket_policy", absent="NoSuchTagSet")
        assert failure.value.reason is Reason.MALFORMED
        assert calls.calls == 2


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("4442587FB7D0A2F9", "4442587FB7D0A2F9"),
        ("tx00000-0a1b_2c/3d+4e==", "tx00000-0a1b_2c/3d+4e=="),
        ("a" * 128, "a" * 128),
        ("a" * 129, ""),
        ("", ""),
        ("Ann Lee 555-0100", ""),
        ("id: password", ""),
        ("<script>", ""),
        ("\x1b[2J", ""),
        ("caf\xe9", ""),
        ("RIG1\n", ""),
    ],
)
@pytest.mark.parametrize(
    "place", [lambda said: {"RequestId": said}, lambda said: {"HTTPHeaders": {"x-amz-request-id": said}}]
)
def test_nothing_but_an_id_is_kept_as_the_id_of_a_request(
    place: Callable[[str], dict[str, object]], said: str, kept: str
) -> None:
    assert request_id_of({"ResponseMetadata": place(said)}) == kept


def test_a_failure_names_bucket_and_call_and_no_secret() -> None:
    with hostile_s3({"policy": DENIED}) as server, pytest.raises(Unreachable) as failure:
        calls_of(server.url).ask("get_bucket_policy")
    assert failure.value.detail == "s3://b get_bucket_policy (AccessDenied)"


def test_calls_per_bucket_are_bounded() -> None:
    with hostile_s3() as server:
        calls = calls_of(server.url)
        for _ in range(CALLS_PER_BUCKET):
            calls.ask("get_bucket_tagging")
        with pytest.raises(Unreachable) as failure:
            calls.ask("get_bucket_tagging")
        assert len(server.asked) == CALLS_PER_BUCKET
    assert failure.value.reason is Reason.BUDGET


def test_time_per_bucket_is_bounded() -> None:
    allowance = Allowance(Limits(host_s=0.01, operation_s=5), "b", calls=9, retries=0)
    allowance.begin()
    assert allowance.spend() <= time.monotonic() + 0.01
    time.sleep(0.02)
    with pytest.raises(Unreachable) as failure:
        allowance.begin()
    assert failure.value.reason is Reason.DEADLINE


def test_connections_to_buckets_that_nobody_asks_any_more_are_let_go() -> None:
    """At AWS each bucket has a host of its own: of ten thousand not one connection each may stay open."""
    with hostile_s3() as server:
        target = Target("127.0.0.1", int(server.url.rpartition(":")[2]))
        hosts = [f"b{number}.s3.example" for number in range(IDLE_IN_ALL + 40)]
        wire = Wire(replace(access_to(None), connect_to={(host, 80): (target,) for host in hosts}))
        for host in [*hosts, hosts[-1]]:
            wire.exchange(request_of("GET", f"http://{host}/?tagging", ()), time.monotonic() + 5, 9_999)
        assert wire.idle == IDLE_IN_ALL
        assert wire.connections == len(hosts)  # the youngest was used again


def test_connections_are_kept_and_shared_between_threads() -> None:
    with hostile_s3() as server:
        storage = Storage(access_to(server.url))
        failures: list[Unreachable] = []

        def ask() -> None:
            try:
                for _ in range(5):
                    storage.bucket(bucket()).ask("get_bucket_tagging")
            except Unreachable as failure:
                failures.append(failure)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(server.asked) == 20
        assert storage.wire.connections <= 4


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://s3.eu-west-1.amazonaws.com", True),
        ("https://bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com", True),
        ("https://s3.cn-north-1.amazonaws.com.cn", True),
        ("https://s3.amazonaws.com", True),
        ("https://s3-fips.dualstack.us-gov-west-1.amazonaws.com", True),
        ("https://s3-us-west-2.amazonaws.com", True),
        ("https://vpce-1a2b-c3.s3.us-gov-east-1.vpce.amazonaws.com", True),
        ("https://s3-accelerate.dualstack.amazonaws.com", True),
        ("http://storage-12345.us-east-1.elb.amazonaws.com", False),  # anybody's own server behind a balancer
        ("http://s3-12345.us-east-1.elb.amazonaws.com", False),
        ("http://s3.us-east-1.elb.amazonaws.com:9000", False),
        ("http://ec2-192-0-2-1.compute-1.amazonaws.com:9000", False),
        ("https://a1b2c3.execute-api.us-east-1.amazonaws.com", False),
        ("https://minio.s3.us-east-1.amazonaws.com", False),
        ("https://s3.city.example", False),
        ("https://amazonaws.com.city.example", False),
        ("https://notamazonaws.com", False),
    ],
)
def test_aws_is_known_by_its_own_names(url: str, ours: bool) -> None:
    assert is_aws(url) is ours


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("AccessDenied", 403, Reason.ACCESS_DENIED),
        ("", 403, Reason.ACCESS_DENIED),
        ("SlowDown", 503, Reason.THROTTLED),
        ("RequestLimitExceeded", 400, Reason.THROTTLED),
        ("NoSuchBucket", 404, Reason.GONE),
        ("", 404, Reason.MALFORMED),
        ("NoSuchBucketPolicy", 404, Reason.MALFORMED),
        ("NotImplemented", 501, Reason.NOT_IMPLEMENTED),
        ("", 500, Reason.MALFORMED),
        ("InvalidAccessKeyId", 403, Reason.AUTH_FAILED),
        ("OptInRequired", 401, Reason.AUTH_FAILED),
        ("Blocked", 403, Reason.ACCESS_DENIED),
        ("Unavailable", 503, Reason.THROTTLED),
        ("InvalidSnapshot.NotFound", 400, Reason.GONE),
    ],
)
def test_error_codes_have_one_reason(code: str, status: int, reason: Reason) -> None:
    assert reason_of_error(code, status) is reason


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("GetBucketAcl", b"<ListBucketResult/>"),
        ("GetBucketAcl", b""),
        ("GetBucketAcl", b"{}"),
        ("GetBucketPolicy", b"<ListBucketResult/>"),
        ("GetBucketPolicy", b""),
        ("GetBucketPolicy", b'["Statement"]'),
        ("ListBuckets", b"<ListBucketResult/>"),
        ("ListParts", b"<ListPartsResult/>"),
        ("DescribeKey", b"<KeyMetadata/>"),
        ("DescribeKey", b"[]"),
        ("DescribeKey", b'{"KeyMetadata": null}'),
        ("DescribeKey", b"[" * 100_000),
        ("GetKeyPolicy", b'{"Policy": 1}'),
        ("GetKeyRotationStatus", b'{"KeyRotationEnabled": "true"}'),
        ("ListGrants", b'{"Grants": {}}'),
        ("ListTableBuckets", b'{"tableBuckets": {}}'),
        ("DescribeOrganization", b"\xff\xfe{}"),
        ("GetBucketPolicyStatus", b"<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>"),
        ("GetBucketPolicyStatus", b"<PolicyStatus><IsPublic> true </IsPublic></PolicyStatus>"),
        ("GetBucketPolicyStatus", b"<PolicyStatus><IsPublic/></PolicyStatus>"),
        ("GetBucketPolicyStatus", b"<PolicyStatus><IsPublic>1<b/></IsPublic></PolicyStatus>"),
        (
            "GetBucketLifecycleConfiguration",
            b"<LifecycleConfiguration><Rule><Filter><ArchiveZone/></Filter></Rule></LifecycleConfiguration>",
        ),
        (
            "GetBucketLifecycleConfiguration",
            b"<LifecycleConfiguration xmlns='x'><Rule><Filter><And><Prefix/><Flag>x</Flag></And></Filter></Rule>"
            b"</LifecycleConfiguration>",
        ),
        ("ListObjectVersions", b"<ListVersionsResult xmlns='x'><IsTruncated>True</IsTruncated></ListVersionsResult>"),
    ],
)
def test_an_answer_to_another_question_is_refused(operation: str, body: bytes) -> None:
    with pytest.raises(Unreachable) as failure:
        require_answer(operation, body, "a.example")
    assert failure.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(("said", "promises"), [({}, False), ({"More": False}, False), ({"More": True}, True)])
def test_a_page_says_whether_there_is_another(said: dict[str, object], promises: bool) -> None:
    assert bool(Paging(("Next",), ("From",), flag="More").next_of({"Next": "x", **said})) is promises


@pytest.mark.parametrize("said", ["true", "True", 1, []])
def test_a_page_that_says_something_odd_is_not_the_last(said: object) -> None:
    with pytest.raises(Unreachable) as failure:
        Paging(("Next",), ("From",), flag="More").next_of({"Next": "x", "More": said})
    assert failure.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<ListBucketResult/>", "a list of its objects, as servers do that do not know the question"),
        (b"<html/>", "a 'html' element"),
        (b"no", "something other than XML"),
    ],
)
def test_what_came_instead_is_told_in_words(body: bytes, words: str) -> None:
    with pytest.raises(Unreachable) as failure:
        require_answer("GetBucketEncryption", body, "bucket b")
    assert failure.value.detail == f"bucket b answered GetBucketEncryption with {words}"


def test_an_error_keeps_code_and_region_only() -> None:
    body = b"<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region><HostId>x</HostId></Error>"
    assert plain_error("GetBucketAcl", body, 301) == (
        b"<ErrorResponse><Error><Code>PermanentRedirect</Code><Message/><Region>eu-west-1</Region></Error>"
        b"<RequestId/></ErrorResponse>"
    )
    of_ec2 = b"<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors><RequestID>x</RequestID></Response>"
    assert b"<Code>RequestExpired</Code>" in plain_error("DescribeVolumes", of_ec2, 400)
    assert b"<Code>400</Code>" in plain_error(
        "DescribeVolumes", b"<Response><Code>RequestExpired</Code></Response>", 400
    )
    assert b"<Code>404</Code>" in plain_error("GetBucketAcl", b"<html><Code>NoSuchBucketPolicy</Code></html>", 404)


def test_importing_reach_imports_no_sdk() -> None:
    import subprocess
    import sys

    script = "import sys, auditor.reach; sys.exit(any(n in sys.modules for n in ('boto3', 'botocore', 'paramiko')))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
