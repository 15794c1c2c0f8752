"""A bucket on a loopback S3 server with faults; the fixes are the printed `aws` commands, carried out word by word."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Self

from auditor.model import Asset, Report, Sensitivity, Step, StepKind, Tier
from auditor.reach import Access, Reaches
from auditor.rig.s3 import KEY_ID, BucketSeed, plant
from tests.promises.road import QUICK, parts, printed, report_of

NUMBERS = itertools.count(1)
LOGS = "promised-logs"
# The server speaks no TLS, and answers a question about events by another name than the interface's.
OF_THE_RIG = frozenset({"bucket-effective-plain-http", "bucket-traces-outside"})
LISTED = re.compile(r"(\w+)=\[\{(.*)\}\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """`url`: the S3 server; `client`: one that may write there. `done`: the checks whose Fix was carried out."""

    url: str
    client: Any
    seed: BucketSeed
    intended_public: bool = False
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    tiers: frozenset[Tier] = frozenset({Tier.NIGHTLY, Tier.ONLINE})
    done: tuple[str, ...] = field(default=())

    def report(self) -> Report:
        """Of a bucket that is made for it, and fixed as the commands say."""
        name = f"promise-{next(NUMBERS)}"
        plant(self.url, [_renamed(self.seed, name)])
        for check in self.done:
            _carry_out(self.client, check, name)
        asset = Asset(
            id="a",
            kind="bucket",
            address=f"s3://{name}",
            system="",
            tiers=self.tiers,
            sensitivity=self.sensitivity,
            intended_public=self.intended_public,
        )
        return report_of(asset, _reaches(self.url), without=OF_THE_RIG)

    def fixed(self, step: Step) -> Self:
        if step.kind is StepKind.ASK:
            return replace(self, tiers=frozenset(Tier))
        return replace(self, done=(*self.done, step.check))


@cache
def _reaches(url: str) -> Reaches:
    """One for all gradings: to make the SDK's clients takes longer than to ask them."""
    return Reaches(Access(limits=QUICK, endpoint_url=url))


def _renamed(seed: BucketSeed, name: str) -> BucketSeed:
    statements = json.loads(json.dumps([dict(one) for one in seed.statements]).replace("BUCKET", name))
    return replace(seed, name=name, statements=tuple(statements))


def _carry_out(client: Any, check: str, name: str) -> None:
    """Do what the Fix of a check says to a bucket."""
    if check == "bucket-plain-http":
        _add_statement(client, name)
    elif check == "bucket-public-write":
        _take_writing_away(client, name)
    else:
        if check == "bucket-no-access-log":
            _make_bucket_of_logs(client)
        if check == "bucket-public-policy":
            _remove_public_statements(client, name)
        commands = re.findall(r"`aws s3api ([^`]*)`", parts().by_id[check].fix)
        assert commands, f"the Fix of {check} prints no command"
        # "A, after B": the lists are turned off last.
        for command in sorted(commands, key=lambda text: "ownership" in text):
            _run(client, shlex.split(command), name)


def _run(client: Any, words: list[str], name: str) -> None:
    """One `aws s3api` command: operation and parameters are those of the SDK, in kebab-case."""
    operation, *rest = words
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    assert options.pop("--bucket") == "BUCKET"
    options.pop("--endpoint-url", None)
    arguments = {_parameter(option): _value(text) for option, text in options.items()}
    getattr(client, operation.replace("-", "_"))(Bucket=name, **arguments)


def _parameter(option: str) -> str:
    """--ownership-controls → OwnershipControls."""
    words = option.removeprefix("--").split("-")
    return "".join("ACL" if word == "acl" else word.capitalize() for word in words)


def _value(text: str) -> object:
    """JSON, the command line's shorthand (`a=true,b=false`; `Rules=[{a=b}]`), or a word."""
    if text.startswith("{"):
        return json.loads(text.replace("KEY-ARN", KEY_ID).replace("LOGS", LOGS))
    if listed := LISTED.fullmatch(text):
        return {listed[1]: [_value(listed[2])]}
    if "=" not in text:
        return text
    pairs = dict(pair.split("=", 1) for pair in text.split(","))
    return {key: word == "true" if word in ("true", "false") else word for key, word in pairs.items()}


def _add_statement(client: Any, name: str) -> None:
    """The statement that the Fix spells out: its fields are read from there; the resources it describes in words."""
    fields = printed("bucket-plain-http", r'("Effect".*?), "Resource"')
    condition = printed("bucket-plain-http", r'("Condition": \{.*\})')
    statement = json.loads("{" + fields + ", " + condition + "}")
    statement["Resource"] = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    _put_statements(client, name, [*_statements(client, name), statement])


def _make_bucket_of_logs(client: Any) -> None:
    """The bucket that the Fix calls LOGS, into which the provider may write its logs."""
    if LOGS in {one["Name"] for one in client.list_buckets()["Buckets"]}:
        return
    client.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LOGS}/*",
    }
    _put_statements(client, LOGS, [statement])


def _remove_public_statements(client: Any, name: str) -> None:
    printed("bucket-public-policy", "Remove the statement from the bucket policy")
    kept = [one for one in _statements(client, name) if one["Effect"] == "Deny"]
    if kept:
        _put_statements(client, name, kept)
    else:
        client.delete_bucket_policy(Bucket=name)


def _take_writing_away(client: Any, name: str) -> None:
    """Leave reading to the public, as the Fix says, through the API call that it names."""
    printed("bucket-public-write", "`aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json`")
    kept = [one | {"Action": "s3:GetObject"} if one["Effect"] == "Allow" else one for one in _statements(client, name)]
    _put_statements(client, name, kept)


def _statements(client: Any, name: str) -> list[dict[str, Any]]:
    try:
        policy = client.get_bucket_policy(Bucket=name)["Policy"]
    except client.exceptions.ClientError:
        return []
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return statements


def _put_statements(client: Any, name: str, statements: list[dict[str, Any]]) -> None:
    client.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
