"""The servers themselves, beside what was recorded of them: run by `make test-liars` alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config

from auditor.rig.s3 import ACCESS_KEY, SECRET_KEY
from tests.rig.liars import RECORDINGS, S3RVERS_KEYS, answers_of, rclone, s3rver

pytestmark = pytest.mark.liars
OURS = (ACCESS_KEY, SECRET_KEY)


def shape(answers: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Of each answer the status and the names of its first elements: days and counts may differ."""
    return {
        name: (said["status"], " ".join(re.findall(r"<([A-Za-z]+)", said["body"])[:2]))
        for name, said in answers.items()
    }


@pytest.mark.parametrize(("name", "server", "keys"), [("rclone", rclone, OURS), ("s3rver", s3rver, S3RVERS_KEYS)])
def test_it_still_says_what_was_recorded(
    tmp_path: Path, name: str, server: Callable[[Path], AbstractContextManager[str]], keys: tuple[str, str]
) -> None:
    with server(tmp_path / name) as url:
        answers = answers_of(url, keys)
    assert shape(answers) == shape(json.loads((RECORDINGS / f"{name}.json").read_text())["answers"])


@contextmanager
def client(url: str, keys: tuple[str, str]) -> Iterator[Any]:
    session = Session(aws_access_key_id=keys[0], aws_secret_access_key=keys[1], region_name="us-east-1")
    made = session.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}, proxies={}))
    try:
        yield made
    finally:
        made.close()


def test_rclone_tells_of_encryption_that_it_does_not_do(tmp_path: Path) -> None:
    with rclone(tmp_path / "r") as url, client(url, OURS) as asking:
        asking.put_object(Bucket="bkt", Key="record", Body=b"readable", ServerSideEncryption="AES256")
        told = asking.head_object(Bucket="bkt", Key="record")
    assert told.get("ServerSideEncryption") == "AES256"
    assert (tmp_path / "r" / "bkt" / "record").read_bytes() == b"readable"


def test_neither_compares_an_expected_owner(tmp_path: Path) -> None:
    with rclone(tmp_path / "r") as url, client(url, OURS) as asking:
        asking.get_bucket_location(Bucket="bkt", ExpectedBucketOwner="000000000000")
    with s3rver(tmp_path / "s") as url, client(url, S3RVERS_KEYS) as asking:
        asking.get_bucket_location(Bucket="bkt", ExpectedBucketOwner="000000000000")
