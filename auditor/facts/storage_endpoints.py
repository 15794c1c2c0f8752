"""Names and addresses of storage providers: does one lead to a bucket, and to which? Asks nobody, knows no owner.

`storage_endpoints.txt` has a row for every form, under the provider's document that describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from auditor.facts.base import Plain
from auditor.records import dataclass

LONGEST = 2_048  # characters of an address that are looked at
ROW = re.compile(r"(?P<provider>\S+)\s+(?P<form>\S+)\s+(?P<pattern>\S+)(?P<marks>.*)")
PIECES = {
    "bucket": r"[a-z0-9](?:[a-z0-9._-]{0,220}[a-z0-9])?",
    "label": r"[a-z0-9_~-]+",
    "region": r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}",
    "account": r"[0-9]{12}",
    "hex": r"[0-9a-f]{32}",
    "number": r"[0-9]+",
    "any": r"[a-z0-9._-]+",
}
KEPT = frozenset({"bucket", "region", "account"})
# How the regions of each partition of AWS begin (botocore's partitions.json); all others are "aws".
PARTITIONS = {
    "us-gov-": "aws-us-gov",
    "cn-": "aws-cn",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}
HOLE = re.compile(r"\{(\w+)\}")


class Provider(StrEnum):
    AWS = "aws"
    AZURE = "azure"
    GOOGLE = "google"
    FIREBASE = "firebase"
    R2 = "r2"
    SPACES = "spaces"
    WASABI = "wasabi"
    BACKBLAZE = "backblaze"
    LINODE = "linode"
    OCI = "oci"
    OSS = "oss"
    SCALEWAY = "scaleway"
    OVH = "ovh"
    HETZNER = "hetzner"
    IBM = "ibm"
    VULTR = "vultr"
    EXOSCALE = "exoscale"
    TENCENT = "tencent"


class Form(StrEnum):
    """How a provider's name or address says which bucket is meant."""

    HOST = "host"
    PATH = "path"
    WEBSITE = "website"
    ACCELERATE = "accelerate"
    PRIVATE = "private"  # reached from a private network alone
    DOOR = "door"  # an access point, or a public name of its own
    REGION_DOOR = "region-door"  # an access point for several regions
    BY_NAME = "by-name"
    UNREAD = "unread"  # it is storage; of which bucket, this table cannot tell


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageEndpoint(Plain):
    """A provider's storage. `bucket` "": the name does not say which, or says a door and not the bucket behind it.

    `by_host`: the bucket that answers is named like the host that was asked, so a name that leads here decides which.
    """

    provider: Provider
    form: Form
    bucket: str = ""
    region: str = ""
    account: str = ""
    by_host: bool = False
    takes_own_certificate: bool = True  # False: HTTPS under a name of one's own cannot work here
    has_https: bool = True

    @property
    def partition(self) -> str:
        """Of AWS; "" elsewhere. The name of a bucket is taken once in each partition, and accounts lie in one."""
        return partition_of(self.region) if self.provider is Provider.AWS else ""


@dataclass(frozen=True, slots=True)
class _Row:
    provider: Provider
    form: Form
    host: re.Pattern[str]
    path: re.Pattern[str] | None
    marks: frozenset[str]

    def read(self, host: str, path: str) -> StorageEndpoint | None:
        found = self.host.fullmatch(host)
        if not found:
            return None
        said = found.groupdict()
        if self.path:
            further = self.path.match(path)
            said |= further.groupdict() if further else {}
        return StorageEndpoint(
            provider=self.provider,
            form=self.form,
            bucket="" if "alias" in self.marks else said.get("bucket", ""),
            region=said.get("region", ""),
            account=said.get("account", ""),
            by_host="by-host" in self.marks,
            takes_own_certificate="no-own-certificate" not in self.marks,
            has_https="http-only" not in self.marks,
        )


def partition_of(region: str) -> str:
    """The partition of AWS that a region lies in; "" stands for a name without a region, which only "aws" has."""
    return next((name for start, name in PARTITIONS.items() if region.startswith(start)), "aws")


def storage_at(host: str, path: str = "") -> StorageEndpoint | None:
    """What a host, and a path on it, leads to; None: to nothing that the table knows as storage."""
    name = host.strip().rstrip(".").lower()[:LONGEST]
    if not _ends().search(name):
        return None
    way = _plain(path[:LONGEST])
    rows = [row for row in _rows() if row.host.fullmatch(name)]
    named = next((row for row in rows if row.path is None or row.path.match(way)), None)
    if named is None or named.form is Form.UNREAD:  # a path that names no bucket
        named = next((row for row in rows if "alias" not in row.marks), named)
    return named.read(name, way) if named else None


def storage_in(address: str) -> StorageEndpoint | None:
    """The same of an address: s3://bucket, gs://bucket, or http(s)://host/path. Nothing in it raises."""
    try:
        parts = urlsplit(address.strip()[:LONGEST])
        host, path = parts.hostname or "", parts.path
    except ValueError:
        return None
    if parts.scheme in ("s3", "gs"):
        provider = Provider.AWS if parts.scheme == "s3" else Provider.GOOGLE
        is_name = re.fullmatch(PIECES["bucket"], host)
        return StorageEndpoint(provider=provider, form=Form.HOST, bucket=host) if is_name else None
    return storage_at(host, path) if parts.scheme in ("http", "https", "") else None


def _plain(path: str) -> str:
    """In its own capitals: buckets that were made in us-east-1 before March 2018 may have some in their names."""
    return f"/{unquote(path, errors='replace').removeprefix('/')}"


@cache
def _rows() -> tuple[_Row, ...]:
    text = Path(__file__).with_name("storage_endpoints.txt").read_text(encoding="utf-8")
    return tuple(_read(text.splitlines()))


def _read(lines: list[str]) -> Iterator[_Row]:
    for line in lines:
        found = ROW.fullmatch(line)
        if not found or line.startswith("#"):
            continue
        host, slash, path = found["pattern"].partition("/")
        yield _Row(
            provider=Provider(found["provider"]),
            form=Form(found["form"]),
            host=re.compile(_pattern(host)),
            path=re.compile(rf"/{_pattern(path)}(?![^/?#])", re.IGNORECASE | re.ASCII) if slash else None,
            marks=frozenset(found["marks"].split()),
        )


def _pattern(text: str) -> str:
    """A pattern of the table as a regular expression; what is kept is a group of its name."""
    pieces = []
    for index, part in enumerate(HOLE.split(text)):
        is_hole = index % 2 == 1
        piece = PIECES[part] if is_hole else re.escape(part)
        pieces.append(f"(?P<{part}>{piece})" if is_hole and part in KEPT else piece)
    return "".join(pieces)


@cache
def _ends() -> re.Pattern[str]:
    """The last two labels of every row: most hosts of the world are none of them, and are told apart at once."""
    text = Path(__file__).with_name("storage_endpoints.txt").read_text(encoding="utf-8")
    found = (ROW.fullmatch(line) for line in text.splitlines() if not line.startswith("#"))
    hosts = {row["pattern"].partition("/")[0] for row in found if row}
    ends = sorted({".".join(host.rsplit(".", 2)[-2:]) for host in hosts})
    return re.compile(rf"(?:^|\.)(?:{'|'.join(map(re.escape, ends))})$")
