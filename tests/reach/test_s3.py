"""The storage calls by themselves: what is dialled, with whose credential, how often, and for how long."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.facts.storage import PartState, PublicAccessBlock, ServerKind
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.reach import Fence, Reaches
from auditor.reach.s3 import Storage
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
from tests.probes.bucket_road import access_to, bucket, credential, look, outcomes_of

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
