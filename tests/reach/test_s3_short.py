"""The short way of a question about a bucket: it asks, and is answered, as the SDK would be."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.s3 import Storage
from auditor.reach.s3_actions import NIGHTLY
from auditor.reach.s3_calls import Allowance, Question
from auditor.reach.s3_carry import Carrier
from auditor.reach.s3_plain import Exchanged
from auditor.reach.s3_request import Request
from auditor.reach.s3_short import PLAIN, Form, ShortWay, form_of
from auditor.reach.s3_wire import Wire
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ALL_ANSWERS, HEALTHY, NOT_CONFIGURED, Behaviour, Says, error
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import access_to, bucket, credential, look

__all__ = ["certified", "credential"]

QUESTIONS = {
    "get_bucket_acl": "acl",
    "get_bucket_encryption": "encryption",
    "get_bucket_lifecycle_configuration": "lifecycle",
    "get_bucket_location": "location",
    "get_bucket_logging": "logging",
    "get_bucket_ownership_controls": "ownershipControls",
    "get_bucket_policy": "policy",
    "get_bucket_policy_status": "policyStatus",
    "get_bucket_replication": "replication",
    "get_bucket_tagging": "tagging",
    "get_bucket_versioning": "versioning",
    "get_bucket_website": "website",
    "get_object_lock_configuration": "object-lock",
    "get_public_access_block": "publicAccessBlock",
}
OWNER = "123456789012"
STORAGES = {True: Storage(access_to("http://127.0.0.1:7480")), False: Storage(access_to(None))}  # False: of AWS
REGIONS = [
    region
    for partition in ("aws", "aws-cn", "aws-us-gov")
    for region in Session().get_available_regions("s3", partition)
]
METADATA = {"ResponseMetadata"}
STRANGE: dict[str, Says] = {
    "denied": error("AccessDenied", 403),
    "broken": error("InternalError", 500),
    "of another id": Says("<Error><Code>NoSuchTagSet</Code></Error>", 404, {"x-amzn-requestid": "A1"}),
    "seen of another id": Says("<LocationConstraint>EU</LocationConstraint>", 200, {"x-amzn-requestid": "A1"}),
    "nowhere": Says("<LocationConstraint/>"),
    "a choice": error("NoSuchTagSet", 300),
    "moved along": error("NoSuchTagSet", 304),
    "told twice": Says("<Error><Code>NoSuchTagSet</Code></Error>", 404, {"X-Amz-Request-Id": "A2"}),
    "unavailable": Says("", 501),
    "a page": Says("<html/>", 404),
    "signed wrongly": error("AuthorizationHeaderMalformed", 400),
    "a listing": Says("<ListBucketResult/>"),
    "nothing": Says(""),
    "no document": Says(b"\xff<a>"),
    "nested": Says("<Error>" * 400 + "</Error>" * 400, 403),
    "no content": Says("", 204),
}
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]", fullmatch=True).filter(PLAIN.fullmatch)


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


def allowance(storage: Storage) -> Allowance:
    return Allowance(storage.access.limits, "b", calls=9, retries=0)


def of(method: str, **parameters: str) -> Question:
    return Question(service="s3", method=method, parameters={"Bucket": "b", **parameters}, region="eu-west-1")


def short_of(storage: Storage) -> ShortWay:
    return storage._short_way(storage.client("s3", None, "eu-west-1"), None)


def written(
    storage: Storage, method: str, name: str, owner: str = "", region: str = "eu-west-1"
) -> tuple[str, Form | None]:
    """The address that the SDK writes for a bucket, and the form that is read from it."""
    client = storage.client("s3", None, region)
    more = {"ExpectedBucketOwner": owner} if owner else {}
    request = storage.carrier.written(lambda: getattr(client, method)(Bucket=name, **more))
    assert request is not None
    return request.url, form_of(request, name, owner)


def by_path(method: str, name: str, region: str, *, dualstack: bool = False) -> str:
    """The address that the SDK writes where it is told to put names in the path."""
    config = Config(s3={"addressing_style": "path"}, use_dualstack_endpoint=dualstack)
    client, carrier = Session().client("s3", region_name=region, config=config), STORAGES[False].carrier
    client.meta.events.register("before-send.s3", carrier.before_send)
    request = carrier.written(lambda: getattr(client, method)(Bucket=name))
    assert request is not None
    return request.url


@pytest.mark.parametrize("is_aws", [False, True])
@pytest.mark.parametrize("owner", ["", OWNER])
@pytest.mark.parametrize("method", QUESTIONS)
def test_each_question_of_a_night_has_a_form(method: str, owner: str, is_aws: bool) -> None:
    storage = STORAGES[not is_aws]
    url, form = written(storage, method, "an-example", owner)
    assert form is not None
    assert (form.region, form.service, form.by_path) == ("eu-west-1", "s3", True)
    expected = by_path(method, "an-example", "eu-west-1") if is_aws else url
    assert form.url(form.asked("an-example", owner)) == expected
    assert storage.wire.exchanges == 0


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("dualstack", [False, True])
def test_in_each_region_of_aws_the_name_stands_in_the_path(
    region: str, dualstack: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All buckets of a region share their connections."""
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", str(dualstack).lower())
    _, form = written(Storage(access_to(None)), "get_bucket_acl", "an-example", region=region)
    assert form is not None
    assert form.by_path
    expected = by_path("get_bucket_acl", "an-example", region, dualstack=dualstack)
    assert form.url(form.asked("an-example", "")) == expected


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3-fips.us-east-1.amazonaws.com",
        "https://bucket.vpce-0123-abcd.s3.us-east-1.vpce.amazonaws.com",
        "https://s3.eu-west-1.amazonaws.com.city.example",
    ],
)
def test_at_any_other_endpoint_the_name_stands_where_the_sdk_puts_it(endpoint: str) -> None:
    url, form = written(Storage(access_to(endpoint)), "get_bucket_acl", "an-example")
    assert form is not None
    assert form.url(form.asked("an-example", "")) == url


def test_the_questions_above_are_those_of_a_night() -> None:
    asked = {name.removeprefix("s3:") for name in NIGHTLY if name.startswith("s3:Get")}
    mapped = STORAGES[False].client("s3", None, "eu-west-1").meta.method_to_api_mapping
    assert {mapped[method] for method in QUESTIONS} == asked


@settings(max_examples=12, deadline=None)
@given(name=NAMES, is_aws=st.booleans())
def test_any_plain_name_stands_where_the_sdk_puts_it(name: str, is_aws: bool) -> None:
    storage = STORAGES[not is_aws]
    _, form = written(storage, "get_bucket_acl", "an-example", OWNER)
    url = by_path("get_bucket_acl", name, "eu-west-1") if is_aws else written(storage, "get_bucket_acl", name)[0]
    assert form is not None
    assert form.url(form.asked(name, OWNER)) == url


@pytest.mark.parametrize(
    "name",
    [
        *(
            "with.dots",
            "Upper",
            "under_score",
            "-a-b",
            "a-b-",
            "a--b",
            "x" * 64,
            "a/b",
            "a?acl",
            "a#b",
            "b\n",
            "b%2f",
            "",
        ),
        *("elm--use1-az4--x-s3", "door-abc123-s3alias", "elm-bucket--op-s3", "xn--elm", "arn:aws:s3:::b", "é"),
    ],
)
def test_an_odd_name_is_left_to_the_sdk(name: str) -> None:
    short = short_of(STORAGES[False])
    assert short.answer(replace(of("get_bucket_acl"), parameters={"Bucket": name})) is None


@pytest.mark.parametrize(
    "question",
    [
        replace(of("get_bucket_acl"), service="s3control"),
        of("get_bucket_acl", ExpectedBucketOwner="elm"),
        of("get_bucket_acl", ExpectedBucketOwner="123456789012\n"),
        of("list_bucket_inventory_configurations", ContinuationToken="t"),
        of("head_object", Key="k"),
        of("head_bucket"),
    ],
)
def test_whatever_is_out_of_the_ordinary_is_left_to_the_sdk(question: Question) -> None:
    storage = STORAGES[False]
    assert short_of(storage).answer(question) is None
    assert storage.wire.exchanges == 0


@pytest.mark.parametrize(
    "words",
    [
        *("s3 =\n  signature_version = s3", "s3 =\n  payload_signing_enabled = false"),
        "s3 =\n  use_accelerate_endpoint = true\n  addressing_style = virtual",
        "use_fips_endpoint = true",
    ],
)
def test_what_the_users_files_say_holds(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(f"[default]\n{words}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    url, form = written(Storage(access_to(None)), "get_bucket_acl", "an-example")
    in_path = "https://s3.eu-west-1.amazonaws.com/an-example?acl"
    usual = "https://an-example.s3.eu-west-1.amazonaws.com/?acl"
    assert form is None or form.url(form.asked("an-example", "")) == (in_path if url == usual else url)


class Told(Wire):
    """A wire at whose other end one answer is given to whatever is asked."""

    def __init__(self, said: Behaviour) -> None:
        assert isinstance(said, Says)
        body = said.body.encode() if isinstance(said.body, str) else said.body
        headers = {"x-amz-request-id": "RIG1", **said.headers}
        self._told = Exchanged(said.status, tuple(headers.items()), body)
        self.exchanges = 0

    def exchange(self, *_: object) -> Exchanged:
        self.exchanges += 1
        return self._told


def values_of(said: Behaviour, method: str, *, is_short: bool) -> tuple[object, ...]:
    """What the SDK's client and the short way give for the same answer."""
    storage = STORAGES[True]
    storage.carrier.wire = wire = Told(said)
    short_of(storage)._elsewhere = set() if is_short else {"b"}
    calls = storage.bucket(bucket())
    calls.region = "eu-west-1"
    try:
        answer = calls.ask(method, absent="NoSuchTagSet")
    except Unreachable as failure:
        return failure.reason, failure.detail, wire.exchanges
    value = None if answer.value is None else {name: answer.value[name] for name in answer.value.keys() - METADATA}
    return value, answer.request_id, wire.exchanges


@pytest.mark.parametrize("method", QUESTIONS)
@pytest.mark.parametrize(
    "says",
    [
        HEALTHY,
        {**HEALTHY, **NOT_CONFIGURED},
        *(dict.fromkeys(HEALTHY, says) for says in STRANGE.values()),
    ],
    ids=["healthy", "absent", *STRANGE],
)
def test_an_answer_is_read_as_the_sdk_reads_it(method: str, says: Mapping[str, Behaviour]) -> None:
    said = says[QUESTIONS[method]]
    assert values_of(said, method, is_short=True) == values_of(said, method, is_short=False)


@pytest.mark.parametrize(
    "moved",
    [
        error("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-north-1"}),
        error("TemporaryRedirect", 307, **{"x-amz-bucket-region": "eu-north-1"}),
        Says(
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>no</Message><Region>eu-north-1</Region></Error>",
            400,
        ),
    ],
)
def test_a_bucket_that_lies_elsewhere_is_the_sdks_from_then_on(
    moved: Says, certified: tuple[ssl.SSLContext, Path]
) -> None:
    def by_host(sub_resource: str, number: int) -> Behaviour:
        return moved if number <= 2 else ALL_ANSWERS[sub_resource]

    with hostile_s3(by_host, tls=certified[0]) as server:
        storage = Storage(aws_at(server.url, certified[1]))
        calls = storage.bucket(bucket())
        calls.region = "eu-west-1"
        assert calls.ask("get_bucket_acl").value
        assert calls.calls == 3  # ours, the SDK's, and where it was sent
        assert calls.ask("get_bucket_tagging").value
        assert calls.calls == 4
        assert dict(storage.asked) == {"s3:GetBucketAcl": 3, "s3:GetBucketTagging": 1}


def test_buckets_of_a_region_share_their_connection(certified: tuple[ssl.SSLContext, Path]) -> None:
    with hostile_s3(tls=certified[0]) as server:
        storage = Storage(aws_at(server.url, certified[1]))
        for name in ("elm-permits", "elm-records", "elm-uploads"):
            calls = storage.bucket(bucket(name))
            calls.region = "eu-west-1"
            assert calls.ask("get_bucket_acl").value
    assert (storage.wire.connections, storage.wire.exchanges) == (1, 3)


def test_a_bucket_that_is_sent_away_is_asked_by_a_host_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were names in the path refused one day, the SDK's usual way is left."""
    storage = Storage(access_to(None))
    asked: list[str] = []

    def refused(request: Request, *_: object) -> Exchanged:
        asked.append(f"{request.host}: {request.data.decode().partition(' HTTP')[0]}")
        return Exchanged(301, (), b"<Error><Code>PermanentRedirect</Code></Error>")

    monkeypatch.setattr(storage.wire, "exchange", refused)
    calls = storage.bucket(bucket("elm-permits"))
    calls.region = "eu-west-1"
    with pytest.raises(Unreachable):
        calls.ask("get_bucket_acl")
    assert asked[:2] == [
        "s3.eu-west-1.amazonaws.com: GET /elm-permits?acl",
        "elm-permits.s3.eu-west-1.amazonaws.com: GET /?acl",
    ]


def test_a_credential_is_asked_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been renewed, or have come to its end."""
    with hostile_s3() as server:
        storage = Storage(access_to(server.url))
        sent: list[dict[str, str]] = []
        exchange = storage.wire.exchange

        def heard(request: Request, *rest: Any) -> Exchanged:
            lines = request.data.decode().splitlines()[1:]
            sent.append(dict(line.split(": ", 1) for line in lines if line))
            return exchange(request, *rest)

        monkeypatch.setattr(storage.wire, "exchange", heard)
        short = short_of(storage)
        for token in ("first", "second"):
            short._credentials = Credentials("AKIAEXAMPLEEXAMPLE00", "an-example-and-no-secret", token)
            with storage.carrier.during(allowance(storage)):
                assert short.answer(of("get_bucket_acl"))
    assert [headers["x-amz-security-token"] for headers in sent] == ["first", "second"]
    assert sent[0]["authorization"] != sent[1]["authorization"]


@pytest.mark.parametrize("half", [Credentials("", "an-example-and-no-secret"), Credentials("AKIA", "")])
def test_half_a_credential_is_none(half: Credentials) -> None:
    storage = Storage(access_to("http://127.0.0.1:1"))
    short_of(storage)._credentials = half
    calls = storage.bucket(bucket())
    calls.region = "eu-west-1"
    with pytest.raises(Unreachable) as failure:
        calls.ask("get_bucket_acl")
    assert failure.value.reason is Reason.NO_CREDENTIAL
    assert storage.wire.exchanges == 0


def test_a_usual_bucket_of_aws_is_asked_the_short_way(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's own way for each question would make ten thousand buckets take twice as long."""
    by_the_sdk: list[str] = []
    before_send = Carrier.before_send

    def told(carrier: Carrier, request: AWSPreparedRequest, event_name: str, **more: object) -> AWSResponse:
        before = carrier.wire.exchanges
        try:
            return before_send(carrier, request, event_name, **more)
        finally:
            by_the_sdk.extend([event_name] * (carrier.wire.exchanges - before))

    monkeypatch.setattr(Carrier, "before_send", told)
    with hostile_s3(tls=certified[0]) as server:
        look(aws_at(server.url, certified[1]))
        asked = [name for name in server.asked if name in HEALTHY]
    of_buckets = [name for name in by_the_sdk if name.startswith("before-send.s3.")]
    assert of_buckets == ["before-send.s3.ListBuckets"]
    assert len(asked) == 12
