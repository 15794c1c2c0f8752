"""Our signature of a question without a body, beside the SDK's own."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from auditor.reach.s3_signing import MOST_KEYS, Credential, Signer, Unsigned

NOW = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
SIGNER = Signer()  # shared, so that a key which is kept for one question is not taken for another's
WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", fullmatch=True)
MOMENTS = st.integers(1_600_000_000, 4_000_000_000).map(lambda told: datetime.fromtimestamp(told, UTC))


def of_the_sdk(credential: ReadOnlyCredentials, region: str, url: str, owner: str, at: datetime) -> dict[str, str]:
    request = AWSRequest("GET", url, headers={"x-amz-expected-bucket-owner": owner} if owner else {})
    with patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        S3SigV4Auth(credential, "s3", region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def ours(credential: Credential, region: str, asked: Unsigned, at: datetime) -> dict[str, str]:
    return dict(SIGNER.headers(credential, region, "s3", asked, at.timestamp()))


@given(
    access=WORDS,
    secret=WORDS,
    token=st.none() | st.just("") | WORDS,
    region=st.sampled_from(["us-east-1", "eu-west-1", "cn-north-1"]) | NAMES,
    name=NAMES,
    owner=st.just("") | st.from_regex(r"[0-9]{12}", fullmatch=True),
    question=st.sampled_from(["policy", "acl", "policyStatus", "object-lock", "publicAccessBlock"]),
    by_path=st.booleans(),
    port=st.sampled_from(["", ":8443", ":1"]),
    at=MOMENTS,
)
def test_signature_is_the_sdks_own(
    access: str,
    secret: str,
    token: str | None,
    region: str,
    name: str,
    owner: str,
    question: str,
    by_path: bool,
    port: str,
    at: datetime,
) -> None:
    host = f"s3.{region}.example{port}" if by_path else f"{name}.s3.{region}.example{port}"
    path = f"/{name}" if by_path else "/"
    headers = (("x-amz-expected-bucket-owner", owner),) if owner else ()
    theirs = of_the_sdk(
        ReadOnlyCredentials(access, secret, token), region, f"https://{host}{path}?{question}", owner, at
    )
    credential = Credential(access, secret, token)
    assert ours(credential, region, Unsigned(host, path, f"{question}=", headers), at) == theirs


def test_keys_that_are_kept_are_few_and_each_its_own() -> None:
    signer, asked = Signer(), Unsigned("b.example", "/", "acl=", ())
    signatures = set()
    for number in range(MOST_KEYS * 2 + 1):
        credential = Credential("AKID", f"secret {number}", None)  # one name, many secrets
        signatures.add(dict(signer.headers(credential, "eu-west-1", "s3", asked, NOW.timestamp()))["authorization"])
        assert len(signer._keys) <= MOST_KEYS
    assert len(signatures) == MOST_KEYS * 2 + 1
