"""Counts old objects from the newest list that S3 Inventory wrote of a bucket, where there is one that can tell.

A list costs a few calls where asking for each object's headers would cost thousands, and its counts are exact, as of
the day on which it was made. Knows no rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.storage import ServerKind
from auditor.facts.storage_flows import InventoryExport
from auditor.facts.storage_objects import ObjectSource, OldObjects
from auditor.facts.storage_settings import VersioningState
from auditor.model import Asset, Reason
from auditor.probes.bucket_questions import Questions
from auditor.probes.object_list_rows import NEEDED, DataFile, Manifest, Tally, parse_manifest, tally
from auditor.reach import Reach

if TYPE_CHECKING:
    from auditor.reach.s3_account import AccountCalls
    from auditor.reach.s3_lists import ListReader

OLDEST = timedelta(days=9)  # weekly lists come on Sundays, and may take two days
AHEAD = timedelta(days=1)  # that a clock may be
MOST_BYTES = 268_435_456  # of all files of a list, packed
MOST_ROWS = 2_000_000
MANIFEST_BYTES = 1_048_576
CHECKSUM_BYTES = 1_024
TRIED = 3  # lists, from the newest: one that is just being written has no manifest yet
READABLE = "CSV"
DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}Z/")
A_BUCKET = re.compile(r"arn:[a-z0-9-]+:s3:::([a-z0-9][a-z0-9.-]{0,62})")


def old_objects(asset: Asset, reach: Reach) -> OldObjects | None:
    """None: no list is written that could tell. Raises Unreachable where there is one, and it could not be read."""
    account, questions = reach.account(), Questions(asset, reach)
    try:
        exports = [export for export in questions.inventories().exports if _tells(export)]
        if not all(export.covers_versions for export in exports):
            keeps_none = questions.versioning().status is VersioningState.OFF
            exports = [export for export in exports if export.covers_versions or keeps_none]
        own = {account.number(), asset.account or ""}
    except (Unreachable, ValueError):
        return None  # whoever may not read the configuration lists the objects themselves
    listing = _own_buckets(account)
    failure: Unreachable | None = None
    for export in exports:
        found = A_BUCKET.fullmatch(export.destination)
        owner = export.account or (account.number() if found and found[1] in listing else "")
        if found is None or not owner or owner not in own:
            continue  # what lies in a bucket of others is not the city's to read
        try:
            reader = reach.object_lists(found[1], owner=owner, region=listing.get(found[1], ""))
            return _counted(reader, export, asset, reach.now())
        except ValueError as refusal:
            failure = failure or Unreachable(Reason.MALFORMED, f"{asset.address}: {refusal}")
        except Unreachable as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return None


def _own_buckets(account: AccountCalls) -> Mapping[str, str]:
    """Name → region of the account's buckets; {} where they may not be listed."""
    try:
        return account.listing().regions
    except Unreachable:
        return {}


def _tells(export: InventoryExport) -> bool:
    return export.is_enabled and not export.source_prefix and set(NEEDED) <= set(export.fields)


def _counted(reader: ListReader, export: InventoryExport, asset: Asset, now: datetime) -> OldObjects:
    if export.format != READABLE:
        raise Unreachable(Reason.NOT_IMPLEMENTED, f"{asset.address}: lists of objects in {export.format} are not read")
    name = asset.address.removeprefix("s3://")
    home = "/".join(part for part in (export.prefix.strip("/"), name, export.id) if part) + "/"
    manifest = _newest(reader, home, now)
    _require_fitting(manifest, export, name, home)
    if sum(file.size for file in manifest.files) == 0:
        return _facts(Tally(), None, manifest.made, now)
    found, why, left = Tally(), None, MOST_BYTES
    for file in manifest.files:
        left -= file.size
        why = why or _added(found, reader, file, manifest.columns, left)
    if why and not found.counted:
        raise Unreachable(why, f"{asset.address}: the newest list of its objects")
    return _facts(found, why, manifest.made, now)


def _newest(reader: ListReader, home: str, now: datetime) -> Manifest:
    """The newest manifest. Raises Unreachable(OUTDATED) where there is none of the last days."""
    since = now - OLDEST
    folders = [
        folder for folder in reader.folders(home, f"{home}{since:%Y-%m-%d}") if DATED.fullmatch(folder[len(home) :])
    ]
    for folder in reversed(folders[-TRIED:]):
        body = reader.whole(f"{folder}manifest.json", MANIFEST_BYTES)
        checksum = reader.whole(f"{folder}manifest.checksum", CHECKSUM_BYTES) if body is not None else None
        if body is None or checksum is None:
            continue
        manifest = parse_manifest(body, checksum)
        if manifest.made > now + AHEAD:
            raise ValueError("the list of objects is of a day to come")
        if manifest.made >= since:
            return manifest
    raise Unreachable(Reason.OUTDATED, f"s3://{reader.bucket} holds no list of objects of the last {OLDEST.days} days")


def _require_fitting(manifest: Manifest, export: InventoryExport, name: str, home: str) -> None:
    """Raises ValueError for a list of something else, or one that leads elsewhere."""
    if (manifest.source, manifest.destination, manifest.format) != (name, export.destination, READABLE):
        raise ValueError("the list is of another bucket, or in another format, than its configuration says")
    if not set(NEEDED) <= set(manifest.columns) or len(set(manifest.columns)) < len(manifest.columns):
        raise ValueError("the list lacks a column, or has one twice")
    if export.covers_versions and "IsDeleteMarker" not in manifest.columns:
        raise ValueError("the list of versions does not say what is a mark of deletion")
    if not all(file.key.startswith(f"{home}data/") for file in manifest.files):
        raise ValueError("the list leads out of its folder")


def _added(found: Tally, reader: ListReader, file: DataFile, columns: tuple[str, ...], left: int) -> Reason | None:
    """Adds the counts of one file, whole or not at all, and says why not."""
    if left < 0:
        return Reason.BUDGET
    try:
        found.add(tally(reader.pieces(file.key, file.size), file.md5, columns, MOST_ROWS - found.counted))
    except Unreachable as failure:
        return failure.reason
    except OverflowError:
        return Reason.BUDGET
    except ValueError:
        return Reason.MALFORMED
    return None


def _facts(found: Tally, why: Reason | None, made: datetime, now: datetime) -> OldObjects:
    why = why or (Reason.MALFORMED if found.odd_old else Reason.INCONSISTENT if found.odd_new else None)
    return OldObjects(
        observed_at=now,
        server=ServerKind.AWS,
        source=ObjectSource.INVENTORY,
        counted=found.counted,
        old=found.old,
        headed=found.old - found.odd_old,
        without_encryption=found.plain,
        customer_key=found.customer_key,
        is_complete=not why,
        why_incomplete=why.word if why else "",
        as_of=made,
    )
