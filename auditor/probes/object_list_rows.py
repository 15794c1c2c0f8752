"""The files of one S3 Inventory list → counts. Pure, bounded, and without keeping one object's name.

Every function raises ValueError for content of another shape. The layout is that of the S3 User Guide ("Locating your
inventory list"): a manifest in JSON, and data files in gzipped CSV without a header.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from auditor.facts.storage_objects import ENCRYPTED_SINCE
from auditor.probes.answer_shapes import mapping, rows, text
from auditor.records import dataclass

LINE_LIMIT = 65_536  # characters; a key has at most 1,024 bytes
OUT_AT_ONCE = 1_048_576  # bytes that a piece may grow to before they are read
GZIP = 31  # zlib's word for it
MD5 = re.compile(r"[0-9a-fA-F]{32}")
NEEDED = ("LastModifiedDate", "EncryptionStatus")
ENCRYPTED = frozenset({"SSE-S3", "SSE-KMS", "DSSE-KMS"})
PLAIN, CUSTOMER_KEY = "NOT-SSE", "SSE-C"


@dataclass(frozen=True, slots=True)
class DataFile:
    key: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one list says of itself. `format`: CSV, ORC, Parquet; only the first can be read."""

    made: datetime  # UTC
    source: str
    destination: str  # ARN
    format: str
    columns: tuple[str, ...]
    files: tuple[DataFile, ...]


@dataclass(slots=True)
class Tally:
    """Counts over some rows. `odd`: old ones of whose encryption a word speaks that nobody documents, and newer ones
    without any, which AWS does not have."""

    counted: int = 0
    old: int = 0
    plain: int = 0
    customer_key: int = 0
    odd_old: int = 0
    odd_new: int = 0

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def parse_manifest(body: bytes, checksum: bytes) -> Manifest:
    """`checksum`: the content of manifest.checksum, the MD5 of the manifest in hexadecimal digits."""
    if hashlib.md5(body, usedforsecurity=False).hexdigest() != checksum.decode("ascii", "replace").strip().lower():
        raise ValueError("the list's manifest and its checksum contradict each other")
    try:
        said = mapping(json.loads(body), "the manifest")
    except RecursionError as error:
        raise ValueError("the manifest nests too deeply") from error
    columns = tuple(column.strip() for column in text(said.get("fileSchema"), "the list's columns").split(","))
    return Manifest(
        made=_instant(text(said.get("creationTimestamp"), "the list's date")),
        source=text(said.get("sourceBucket"), "the list's bucket"),
        destination=text(said.get("destinationBucket"), "the list's destination"),
        format=text(said.get("fileFormat"), "the list's format"),
        columns=columns,
        files=tuple(_file(row) for row in rows(said.get("files"), "the list's files")),
    )


def _file(row: object) -> DataFile:
    said = mapping(row, "a list's file")
    size, md5 = said.get("size"), text(said.get("MD5checksum"), "a file's checksum")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1 or not MD5.fullmatch(md5):
        raise ValueError("a list's file has no size or no checksum")
    return DataFile(text(said.get("key"), "a file's key"), size, md5.lower())


def _instant(milliseconds: str) -> datetime:
    if not re.fullmatch(r"[0-9]{1,14}", milliseconds):
        raise ValueError("the list's date is none")
    return datetime.fromtimestamp(int(milliseconds) / 1_000, UTC)


def tally(pieces: Iterable[bytes], md5: str, columns: tuple[str, ...], most_rows: int) -> Tally:
    """Of one file. Raises OverflowError where it has more rows than allowed."""
    digest = hashlib.md5(usedforsecurity=False)
    found = Tally()
    try:
        for row in csv.reader(_lines(_unpacked(_digested(pieces, digest))), strict=True):
            if len(row) != len(columns):
                raise ValueError("a row of the list has not as many columns as it says")
            if found.counted >= most_rows:
                raise OverflowError(most_rows)
            _weigh(found, row, columns)
    except (csv.Error, zlib.error) as error:
        raise ValueError(f"a file of the list cannot be read ({type(error).__name__})") from None
    if digest.hexdigest() != md5:
        raise ValueError("a file of the list and its checksum contradict each other")
    return found


def _digested(pieces: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Never more than `OUT_AT_ONCE` bytes at a time, whatever a piece unpacks to."""
    unpacking = zlib.decompressobj(GZIP)
    for piece in pieces:
        rest = piece
        while rest:
            if unpacking.eof:  # a file may be several, one behind the other
                unpacking = zlib.decompressobj(GZIP)
            yield unpacking.decompress(rest, OUT_AT_ONCE)
            rest = unpacking.unused_data if unpacking.eof else unpacking.unconsumed_tail
    if not unpacking.eof:
        raise ValueError("a file of the list ends early")


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Keys are URL-encoded, so no row holds a line break."""
    begun = b""
    for chunk in chunks:
        *whole, begun = (begun + chunk).split(b"\n")
        if len(begun) > LINE_LIMIT:
            raise ValueError("a row of the list is too long")
        for line in whole:
            yield line.decode("utf-8", "replace")
    if begun:
        yield begun.decode("utf-8", "replace")


def _weigh(found: Tally, row: list[str], columns: tuple[str, ...]) -> None:
    said = dict(zip(columns, row, strict=True))
    if said.get("IsDeleteMarker", "").lower() == "true":
        return
    found.counted += 1
    modified = datetime.fromisoformat(said["LastModifiedDate"])
    if modified.tzinfo is None:
        raise ValueError("an object's date has no zone")
    status = said["EncryptionStatus"]
    if modified >= ENCRYPTED_SINCE:
        found.odd_new += status == PLAIN
        return
    found.old += 1
    found.plain += status == PLAIN
    found.customer_key += status == CUSTOMER_KEY
    found.odd_old += status not in ENCRYPTED and status not in (PLAIN, CUSTOMER_KEY)
