"""Old objects counted from the lists that S3 Inventory writes: believed while they are young, whole and untouched."""

from __future__ import annotations

import gzip
import hashlib
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from auditor.facts.storage_objects import ObjectSource, OldObjects
from auditor.model import Reason
from auditor.observe import observe_with
from auditor.probe import Observation, Seen, Unseen
from auditor.probes import object_lists
from auditor.probes.old_objects import OldObjectsProbe
from auditor.reach import Fence, Reaches
from auditor.rig.hostile_s3 import HostileS3, hostile_s3
from auditor.rig.hostile_s3_answers import ALL_ANSWERS, DENIED, Behaviour, Says, error
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import NOW, bucket, credential

__all__ = ["certified", "credential"]

Certified = tuple[ssl.SSLContext, Path]
OLD, NEW = "2022-12-31T23:59:59.000Z", "2024-06-01T00:00:00.000Z"
VERSIONS = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, EncryptionStatus"
CURRENT = "Bucket, Key, Size, LastModifiedDate, EncryptionStatus"
OFF = Says("<VersioningConfiguration/>")
EMPTY = Says("<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>")


@pytest.fixture(autouse=True)
def _credential(credential: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@dataclass(frozen=True)
class Stored(Says):
    """A bucket of the city's: its folders and its objects, to whoever names its owner."""

    objects: Mapping[str, bytes] = field(default_factory=dict)

    def play(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        if handler.headers.get("x-amz-expected-bucket-owner") != "123456789012":
            DENIED.play(handler, stopped)
            return
        parts = urlsplit(handler.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        key = unquote(parts.path).removeprefix("/b").removeprefix("/")
        if "list-type" in asked:
            self._list(asked).play(handler, stopped)
        elif key not in self.objects:
            error("NoSuchKey", 404).play(handler, stopped)
        else:
            first, _, last = handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
            content = self.objects[key][int(first) : int(last) + 1 if last else None]
            Says(content, 206 if last else 200).play(handler, stopped)

    def _list(self, asked: Mapping[str, str]) -> Says:
        prefix, depth = asked["prefix"], asked["prefix"].count("/") + 1
        below = {"/".join(key.split("/")[:depth]) + "/" for key in self.objects if key.startswith(prefix)}
        rows = "".join(
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            for name in sorted(below)
            if name > asked["start-after"]
        )
        return Says(f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>")


def configured(**said: str) -> Says:
    words = {"destination": "arn:aws:s3:::b", "account": "123456789012", "format": "CSV", "enabled": "true"}
    words |= {"versions": "All", "filter": "", "prefix": "lists", "fields": "LastModifiedDate EncryptionStatus", **said}
    fields = "".join(f"<Field>{name}</Field>" for name in words["fields"].split())
    account = f"<AccountId>{words['account']}</AccountId>" if words["account"] else ""
    target = f"<Bucket>{words['destination']}</Bucket>{account}<Format>{words['format']}</Format>"
    return Says(
        "<ListInventoryConfigurationsResult><IsTruncated>false</IsTruncated><InventoryConfiguration>"
        f"<Destination><S3BucketDestination>{target}<Prefix>{words['prefix']}</Prefix></S3BucketDestination>"
        f"</Destination><IsEnabled>{words['enabled']}</IsEnabled>{words['filter']}<Id>weekly</Id>"
        f"<IncludedObjectVersions>{words['versions']}</IncludedObjectVersions><OptionalFields>{fields}</OptionalFields>"
        "<Schedule><Frequency>Weekly</Frequency></Schedule></InventoryConfiguration>"
        "</ListInventoryConfigurationsResult>"
    )


def row(date: str, encryption: str, *, marker: bool = False, columns: str = VERSIONS) -> str:
    told = {"Bucket": "b", "Key": "ann%20lee%2C.pdf", "VersionId": "v", "IsLatest": "true", "Size": "9"}
    told |= {"IsDeleteMarker": str(marker).lower(), "LastModifiedDate": date, "EncryptionStatus": encryption}
    return ",".join(f'"{told[name]}"' for name in columns.split(", "))


def listed(
    *rows: str, columns: str = VERSIONS, age_days: float = 1.0, packed: bytes | None = None, **said: object
) -> Stored:
    """One list of a day, as S3 writes it. `said`: what the manifest says instead."""
    made = NOW - timedelta(days=age_days)
    content = gzip.compress("\n".join(rows).encode(), mtime=0) if packed is None else packed
    home = "lists/b/weekly/"
    file = {"key": f"{home}data/1.csv.gz", "size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()}
    told = {
        "sourceBucket": "b",
        "destinationBucket": "arn:aws:s3:::b",
        "version": "2016-11-30",
        "creationTimestamp": str(int(made.timestamp() * 1000)),
        "fileFormat": "CSV",
        "fileSchema": columns,
        "files": [file],
        **said,
    }
    manifest = json.dumps(told).encode()
    folder = f"{home}{made:%Y-%m-%dT%H-%MZ}/"
    checksum = hashlib.md5(manifest).hexdigest().encode() + b"\n"
    return Stored(
        objects={f"{folder}manifest.json": manifest, f"{folder}manifest.checksum": checksum, str(file["key"]): content}
    )


class Played:
    """One server and one run for all tests here: what it answers is set before each look."""

    def __init__(self, anchor: Path) -> None:
        self.answers: Mapping[str, Behaviour] = {}
        self.anchor = anchor
        self.reaches: Reaches | None = None
        self.server: HostileS3 | None = None

    def look(self, answers: Mapping[str, Behaviour]) -> tuple[Observation, list[str]]:
        assert self.server is not None
        self.answers, asset = answers, bucket()
        self.server.asked.clear()
        self.reaches = self.reaches or Reaches(aws_at(self.server.url, self.anchor))
        (said,) = observe_with(OldObjectsProbe(), asset, self.reaches.of(asset))
        return said, list(self.server.asked)


@pytest.fixture(scope="module")
def played(certified: Certified) -> Iterator[Played]:
    made = Played(certified[1])
    with hostile_s3(lambda asked, _: made.answers.get(asked) or ALL_ANSWERS[asked], tls=certified[0]) as made.server:
        yield made


def observe(played: Played, shelf: Behaviour, **says: Behaviour) -> tuple[Observation, list[str]]:
    said, asked = played.look({"inventory": configured(), "versions": EMPTY, "": shelf, **says})
    assert "ann" not in repr(said)
    return said, asked


def counted(played: Played, shelf: Behaviour, **says: Behaviour) -> OldObjects:
    said, asked = observe(played, shelf, **says)
    assert isinstance(said, Seen), said
    assert isinstance(said.facts, OldObjects)
    assert ("versions" in asked) is (said.facts.source is ObjectSource.LIST)
    return said.facts


def test_a_list_tells_exactly(played: Played) -> None:
    rows = [row(OLD, "NOT-SSE"), row(OLD, "SSE-KMS"), row(OLD, "DSSE-KMS"), row(OLD, "SSE-C"), row(NEW, "SSE-S3")]
    facts = counted(played, listed(*rows, row(OLD, "", marker=True)))
    assert facts.source is ObjectSource.INVENTORY
    assert (facts.counted, facts.old, facts.headed) == (5, 4, 4)
    assert (facts.without_encryption, facts.customer_key, facts.is_complete) == (1, 1, True)
    assert facts.as_of == NOW - timedelta(days=1)


def test_a_list_without_a_row_tells_of_an_empty_bucket(played: Played) -> None:
    facts = counted(played, listed(files=[]))
    assert (facts.source, facts.counted, facts.is_complete) == (ObjectSource.INVENTORY, 0, True)


def test_the_newest_whole_list_counts(played: Played) -> None:
    older = listed(row(OLD, "NOT-SSE"), age_days=2)
    begun = Stored(objects={**older.objects, "lists/b/weekly/2026-11-20T23-00Z/begun": b""})
    assert counted(played, begun).without_encryption == 1
    both = Stored(objects={**older.objects, **listed(row(OLD, "SSE-S3")).objects})
    assert counted(played, both).without_encryption == 0


@pytest.mark.parametrize("days", [9.0, 0.0, -0.9])
def test_a_list_is_believed_for_nine_days(days: float, played: Played) -> None:
    assert counted(played, listed(row(OLD, "SSE-S3"), age_days=days)).source is ObjectSource.INVENTORY


CURRENT_ONLY = configured(versions="Current")


@pytest.mark.parametrize(("versioning", "source"), [(OFF, ObjectSource.INVENTORY), (None, ObjectSource.LIST)])
def test_a_list_of_what_is_current_tells_where_no_versions_are_kept(
    versioning: Says | None, source: ObjectSource, played: Played
) -> None:
    shelf = listed(row(OLD, "SSE-S3", columns=CURRENT), columns=CURRENT)
    says = {"versioning": versioning} if versioning else {}
    assert counted(played, shelf, inventory=CURRENT_ONLY, **says).source is source


UNFIT = {
    "another's bucket": configured(account="999999999999"),
    "no account, and not in our list": configured(account="", destination="arn:aws:s3:::elsewhere"),
    "switched off": configured(enabled="false"),
    "of a part": configured(filter="<Filter><Prefix>a/</Prefix></Filter>"),
    "without the encryption": configured(fields="LastModifiedDate Size"),
    "none": Says(
        "<ListInventoryConfigurationsResult><IsTruncated>false</IsTruncated></ListInventoryConfigurationsResult>"
    ),
    "denied": DENIED,
}


@pytest.mark.parametrize("inventory", UNFIT.values(), ids=UNFIT)
def test_where_no_list_can_tell_the_objects_are_listed(inventory: Behaviour, played: Played) -> None:
    assert counted(played, listed(row(OLD, "NOT-SSE")), inventory=inventory).source is ObjectSource.LIST


def spoilt(shelf: Stored, ending: str, content: bytes | None) -> Stored:
    """One object of it with another content, or without it."""
    kept = {key: one for key, one in shelf.objects.items() if not key.endswith(ending)}
    changed = {key: content for key in shelf.objects if key.endswith(ending) and content is not None}
    return replace(shelf, objects={**kept, **changed})


SHELF = listed(row(OLD, "NOT-SSE"))
BOMB = gzip.compress(b"x" * 4_000_000, mtime=0)
UNREAD: dict[str, tuple[Behaviour, Reason]] = {
    "too old": (listed(row(OLD, "SSE-S3"), age_days=9.1), Reason.OUTDATED),
    "none yet": (Stored(), Reason.OUTDATED),
    "no manifest": (spoilt(SHELF, "manifest.json", None), Reason.OUTDATED),
    "no checksum": (spoilt(SHELF, ".checksum", None), Reason.OUTDATED),
    "another checksum": (spoilt(SHELF, ".checksum", b"0" * 32), Reason.MALFORMED),
    "checksum of bytes": (spoilt(SHELF, ".checksum", b"\xff\xfe"), Reason.MALFORMED),
    "of a day to come": (listed(row(OLD, "SSE-S3"), age_days=-1.5), Reason.MALFORMED),
    "without a date": (listed(creationTimestamp="soon"), Reason.MALFORMED),
    "of another bucket": (listed(sourceBucket="c"), Reason.MALFORMED),
    "for another destination": (listed(destinationBucket="arn:aws:s3:::c"), Reason.MALFORMED),
    "without a column": (listed(fileSchema="Bucket, Key, IsDeleteMarker"), Reason.MALFORMED),
    "a column twice": (listed(fileSchema=f"{VERSIONS}, EncryptionStatus"), Reason.MALFORMED),
    "without marks of deletion": (listed(fileSchema=CURRENT), Reason.MALFORMED),
    "files that are none": (listed(files=7), Reason.MALFORMED),
    "out of its folder": (
        listed(files=[{"key": "payroll/ann.csv.gz", "size": 9, "MD5checksum": "0" * 32}]),
        Reason.MALFORMED,
    ),
    "file that is not there": (spoilt(SHELF, ".csv.gz", None), Reason.MALFORMED),
    "file that was changed": (
        spoilt(SHELF, ".csv.gz", SHELF.objects["lists/b/weekly/data/1.csv.gz"][:-1] + b"!"),
        Reason.MALFORMED,
    ),
    "file that is shorter": (spoilt(SHELF, ".csv.gz", b"x"), Reason.TRUNCATED),
    "not gzip": (listed(packed=b"ann,lee\n"), Reason.MALFORMED),
    "gzip that ends early": (listed(packed=gzip.compress(b"a" * 99)[:-9]), Reason.MALFORMED),
    "a bomb": (listed(packed=BOMB), Reason.MALFORMED),
    "rows of another width": (listed('"ann","lee"'), Reason.MALFORMED),
    "a date that is none": (listed(row("ann", "SSE-S3")), Reason.MALFORMED),
    "a date without a zone": (listed(row("2022-01-01T00:00:00", "SSE-S3")), Reason.MALFORMED),
    "quotes that never end": (listed('"ann'), Reason.MALFORMED),
    "denied": (DENIED, Reason.ACCESS_DENIED),
    "a page of HTML": (Says("<html/>"), Reason.MALFORMED),
}


@pytest.mark.parametrize(("shelf", "reason"), UNREAD.values(), ids=UNREAD)
def test_a_list_that_cannot_be_believed_counts_nothing(shelf: Behaviour, reason: Reason, played: Played) -> None:
    """Then the objects are listed; where that is denied too, the list's own reason is told."""
    said, _ = observe(played, shelf, versions=DENIED)
    assert isinstance(said, Unseen), said
    assert said.reason is reason
    assert counted(played, shelf).source is ObjectSource.LIST


@pytest.mark.parametrize("shape", ["ORC", "Parquet"])
def test_other_formats_are_not_read(shape: str, played: Played) -> None:
    said, _ = observe(played, listed(fileFormat=shape), inventory=configured(format=shape), versions=DENIED)
    assert isinstance(said, Unseen)
    assert said.reason is Reason.NOT_IMPLEMENTED


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row(OLD, "SSE-S3"), row(OLD, "SSE-MARS")], "malformed"),
        ([row(OLD, "SSE-S3"), row(OLD, "")], "malformed"),
        ([row(OLD, "SSE-S3"), row(NEW, "NOT-SSE")], "inconsistent"),
    ],
)
def test_words_that_nobody_documents_leave_it_open(rows: list[str], reason: str, played: Played) -> None:
    facts = counted(played, listed(*rows))
    assert (facts.is_complete, facts.why_incomplete, facts.without_encryption) == (False, reason, 0)


def test_beyond_the_bounds_the_counts_are_floors(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would go beyond them counts as a whole, or not at all."""
    packed = [
        gzip.compress("\n".join(rows).encode(), mtime=0) for rows in ([row(OLD, "NOT-SSE")], [row(OLD, "SSE-S3")] * 3)
    ]
    content = {f"lists/b/weekly/data/{number}.csv.gz": one for number, one in enumerate(packed, 1)}
    files = [
        {"key": key, "size": len(one), "MD5checksum": hashlib.md5(one).hexdigest()} for key, one in content.items()
    ]
    shelf = listed(files=files)
    shelf = replace(shelf, objects={**shelf.objects, **content})
    for name, most in (("MOST_ROWS", 3), ("MOST_BYTES", len(packed[0]))):
        with monkeypatch.context() as patched:
            patched.setattr(object_lists, name, most)
            facts = counted(played, shelf)
        assert (facts.counted, facts.without_encryption, facts.why_incomplete) == (1, 1, "budget")
    assert counted(played, shelf).counted == 4


def test_a_destination_that_the_inventory_excludes_is_never_read(certified: Certified) -> None:
    with hostile_s3({"inventory": configured(), "": SHELF, "versions": DENIED}, tls=certified[0]) as server:
        access = replace(aws_at(server.url, certified[1]), fence=Fence(excluded=frozenset({"b"})))
        (said,) = observe_with(OldObjectsProbe(), bucket(), Reaches(access).of(bucket()))
        assert "" not in server.asked
    assert isinstance(said, Unseen)
    assert said.reason is Reason.OUT_OF_SCOPE
