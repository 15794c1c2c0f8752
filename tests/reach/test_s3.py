"""The storage calls by themselves: what is dialled, with whose credential, how often, and for how long."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.storage import PartState, PublicAccessBlock, ServerKind
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.reach import Fence, Limits, Reaches, Target
from auditor.reach.s3 import CALLS_PER_BUCKET, Storage, is_aws
from auditor.reach.s3_answers import plain_error, require_answer
from auditor.reach.s3_calls import Allowance, request_id_of
from auditor.reach.s3_errors import reason_of_error
from auditor.reach.s3_pages import Paging
from auditor.reach.s3_request import request_of
from auditor.reach.s3_wire import IDLE_IN_ALL, Wire
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import (
    ACCOUNT_ANSWERS,
    ALL_ANSWERS,
    DENIED,
    HEALTHY,
    NOT_CONFIGURED,
    Behaviour,
    OwnedByAnother,
    Says,
    error,
)
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import access_to, bucket, calls_of, credential, look, outcomes_of

__all__ = ["certified", "credential"]


OTHERS_ALONE = Says(
    "<ListAllMyBucketsResult><Buckets><Bucket><Name>c</Name></Bucket></Buckets></ListAllMyBucketsResult>"
)


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def block_of(said: list[Seen | Unseen]) -> PublicAccessBlock | Unseen:
    for one in said:
        if isinstance(one, Unseen) and one.facts_type is PublicAccessBlock:
            return one
        if isinstance(one, Seen) and isinstance(one.facts, PublicAccessBlock):
            return one.facts
    raise AssertionError("the probe said nothing of it")


def on_aws(says: dict[str, Behaviour], certified: tuple[ssl.SSLContext, Path]) -> tuple[list[Seen | Unseen], list[str]]:
    with hostile_s3(says, tls=certified[0]) as server:
        said = look(aws_at(server.url, certified[1]))
        return said, list(server.asked)


def test_without_an_endpoint_aws_is_dialled_though_no_suffix_names_it(
    certified: tuple[ssl.SSLContext, Path],
) -> None:
    said, asked = on_aws({}, certified)
    block = block_of(said)
    assert isinstance(block, PublicAccessBlock)
    assert (block.server, block.bucket.state, block.account.state) == (ServerKind.AWS, PartState.SET, PartState.SET)
    of_the_account = [name for name in asked if name not in HEALTHY]
    assert of_the_account == [
        *("identity", "buckets", "accountBlock", "DescribeKey", "GetKeyRotationStatus", "GetKeyPolicy", "ListGrants"),
        "accessPoints",
    ]
    assert len(asked) - len(of_the_account) == 12  # versions are kept, and there is a policy
    assert {outcome.value for outcome in outcomes_of(said).values()} == {"pass"}


def test_account_is_asked_once_in_a_run(certified: tuple[ssl.SSLContext, Path]) -> None:
    from auditor.probes.bucket import BucketProbe

    with hostile_s3(tls=certified[0]) as server:
        reaches = Reaches(aws_at(server.url, certified[1]))
        for _ in range(3):
            list(BucketProbe().observe(bucket(), reaches.of(bucket())))
        assert {server.asked.count(name) for name in ACCOUNT_ANSWERS} == {0, 1}
        assert reaches.storage().wire.connections <= 6  # kept alive: one per host


def test_account_block_closes_a_bucket_whose_own_block_is_denied(certified: tuple[ssl.SSLContext, Path]) -> None:
    public = Says('{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}')
    said, _ = on_aws({"publicAccessBlock": DENIED, "policy": public}, certified)
    assert outcomes_of(said)["bucket-public-policy"].value == "pass"
    absent = {**NOT_CONFIGURED, "policy": public, "accountBlock": NOT_CONFIGURED["publicAccessBlock"]}
    said, _ = on_aws(absent, certified)
    assert outcomes_of(said)["bucket-public-policy"].value == "fail"


@pytest.mark.parametrize("listed", [DENIED, OTHERS_ALONE], ids=["list denied", "not in the list"])
def test_block_of_our_account_says_nothing_of_a_strangers_bucket(
    listed: Behaviour, certified: tuple[ssl.SSLContext, Path]
) -> None:
    strangers: dict[str, Behaviour] = {
        name: OwnedByAnother(answer) for name, answer in HEALTHY.items() if isinstance(answer, Says) and name != "acl"
    }
    public = Says('{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}')
    absent = NOT_CONFIGURED["publicAccessBlock"]
    assert isinstance(absent, Says)
    said, _ = on_aws(
        {**strangers, "policy": OwnedByAnother(public), "publicAccessBlock": OwnedByAnother(absent), "buckets": listed},
        certified,
    )
    block = block_of(said)
    assert isinstance(block, PublicAccessBlock)
    assert (block.bucket.state, block.account.state) == (PartState.ABSENT, PartState.UNSEEN)
    assert outcomes_of(said)["bucket-public-policy"].value == "unknown"


@pytest.mark.parametrize("denied", ["identity", "accountBlock"])
def test_a_denied_account_leaves_the_bucket_level(denied: str, certified: tuple[ssl.SSLContext, Path]) -> None:
    said, _ = on_aws({denied: DENIED}, certified)
    block = block_of(said)
    assert isinstance(block, PublicAccessBlock)
    assert (block.bucket.state, block.account.state) == (PartState.SET, PartState.UNSEEN)


def test_missing_default_encryption_on_aws_is_an_anomaly(certified: tuple[ssl.SSLContext, Path]) -> None:
    said, _ = on_aws({"encryption": NOT_CONFIGURED["encryption"]}, certified)
    assert outcomes_of(said)["bucket-not-encrypted"].value == "unknown"


def test_a_region_redirect_is_followed_once_and_remembered(certified: tuple[ssl.SSLContext, Path]) -> None:
    moved = error("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-north-1"})

    def first_elsewhere(sub_resource: str, number: int) -> Behaviour:
        if sub_resource == "buckets":
            return DENIED  # so that the region is not known beforehand
        is_first = server.asked.count("location") == 1 and sub_resource == "location"
        return moved if is_first else ALL_ANSWERS[sub_resource]

    with hostile_s3(first_elsewhere, tls=certified[0]) as server:
        said = look(aws_at(server.url, certified[1]))
        assert server.asked.count("location") == 2
        assert server.asked.count("policy") == 1
    assert {outcome.value for outcome in outcomes_of(said).values()} == {"pass"}


def test_an_untrusted_certificate_gets_no_request(certified: tuple[ssl.SSLContext, Path]) -> None:
    with hostile_s3(tls=certified[0]) as server:
        access = replace(aws_at(server.url, certified[1]), ca_file=None)
        said = look(access)
        assert server.asked == []
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.TLS_FAILED}


def test_excluded_server_is_never_touched() -> None:
    with hostile_s3() as server:
        said = look(replace(access_to(server.url), fence=Fence(excluded=frozenset({"127.0.0.1"}))))
        assert server.asked == []
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.OUT_OF_SCOPE}


def test_metadata_address_is_never_an_endpoint() -> None:
    said = look(access_to("http://169.254.169.254"))
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.PRIVATE_SPACE}


def test_environment_proxies_and_endpoints_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile_s3() as proxy, hostile_s3() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            monkeypatch.setenv(name, proxy.url)
        look(access_to(server.url))
        assert proxy.asked == []
        assert len(server.asked) == 14


def test_environment_endpoint_does_not_stand_in_for_aws(
    monkeypatch: pytest.MonkeyPatch, certified: tuple[ssl.SSLContext, Path]
) -> None:
    with hostile_s3() as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL", other.url)
        said, asked = on_aws({}, certified)
        assert other.asked == []
    assert asked.count("policy") == 1
    assert isinstance(block_of(said), PublicAccessBlock)


def test_credentials_come_from_a_named_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text("[audit]\naws_access_key_id = AKIAEXAMPLEEXAMPLE01\naws_secret_access_key = none\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    with hostile_s3() as server:
        storage = Storage(access_to(server.url))
        named = storage.bucket(replace(bucket(), credential="audit"))
        assert named.ask("get_bucket_tagging").value is not None
        with pytest.raises(Unreachable) as failure:
            storage.bucket(replace(bucket(), credential="nobody")).ask("get_bucket_tagging")
    assert failure.value.reason is Reason.NO_CREDENTIAL
    assert "no usable profile 'nobody'" in failure.value.detail


def test_a_profile_of_the_environment_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one who has set AWS_PROFILE is told to set it."""
    monkeypatch.setenv("AWS_PROFILE", "adit")
    with pytest.raises(Unreachable) as failure:
        Storage(access_to("http://127.0.0.1:1")).bucket(bucket()).ask("get_bucket_acl")
    assert failure.value.reason is Reason.NO_CREDENTIAL
    assert failure.value.detail.endswith(
        "; the AWS files hold no profile 'adit', which the environment names (AWS_PROFILE)"
    )


@pytest.mark.parametrize(
    "profile",
    [
        "credential_process = /bin/false",
        "role_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Ec2InstanceMetadata",
        "role_arn = arn:aws:iam::123456789012:role/x\ncredential_source = EcsContainer",
        "sso_start_url = https://sso.example\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = x",
    ],
)
def test_no_program_role_or_metadata_is_asked_for_credentials(
    profile: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    config = tmp_path / "config"
    config.write_text(f"[profile audit]\n{profile}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with hostile_s3() as server, hostile_s3() as metadata:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", metadata.url)
        with pytest.raises(Unreachable) as failure:
            Storage(access_to(server.url)).bucket(replace(bucket(), credential="audit")).ask("get_bucket_acl")
        assert server.asked == []
        assert metadata.asked == []
    assert failure.value.reason is Reason.NO_CREDENTIAL


def test_metadata_service_is_asked_only_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1")
    with hostile_s3(otherwise=error("NotHere", 404)) as metadata:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
        for allowed in (False, True):
            storage = Storage(replace(access_to("http://127.0.0.1:1"), metadata_allowed=allowed))
            with pytest.raises(Unreachable) as failure:
                storage.bucket(bucket()).ask("get_bucket_acl")
            assert failure.value.reason is Reason.NO_CREDENTIAL
            assert bool(metadata.asked) is allowed


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
