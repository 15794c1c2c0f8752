"""Opens a few objects of a bucket with a credential of its own, where the inventory asks for it. Must not judge.

What is read lives in memory until its kinds are told. Nothing of it goes into facts, messages or files.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.errors import Unreachable
from auditor.facts.base import Facts
from auditor.facts.sampling import Amount, Detected, SampledContent
from auditor.model import Asset, Reason, Sampling, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.sampling.picking import picked
from auditor.probes.sampling.reading import Cell, cells
from auditor.reach import Reach
from auditor.reach.s3_objects import FIRST_BYTES, ObjectReader, Stored

NOT_ASKED = "the inventory does not ask to look into its objects"
NOT_THERE = frozenset({Reason.GONE, Reason.MALFORMED})  # deleted since it was listed, or in an archive
NOTHING = "none of the listed objects is a small text"


class SamplingProbe:
    """What kinds of personal data lie in it?"""

    kind: ClassVar[str] = "bucket"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (SampledContent,)

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        """Raises Unreachable where the objects could not be listed."""
        if asset.sampling is None:
            yield Seen(SampledContent(observed_at=reach.now(), why_not=NOT_ASKED))
            return
        reader = reach.sampled_objects(asset.sampling)
        try:
            yield Seen(_sampled(reader, asset.sampling, reach))
        except ValueError as refusal:
            yield Unseen(SampledContent, "", Reason.MALFORMED, f"{asset.address}: {refusal}")

    def plan(self, asset: Asset) -> Iterable[str]:
        if asset.sampling is not None:
            yield f"api s3:ListObjectsV2 {asset.address}, with the credential {asset.sampling.credential}"
            yield f"api s3:GetObject {asset.address}, the first 64 KiB of at most {asset.sampling.objects} objects"


def _sampled(reader: ObjectReader, sampling: Sampling, reach: Reach) -> SampledContent:
    """Raises Unreachable: the list was not seen, or not one object could be read, or the calls ran out."""
    now = reach.now()
    shelf = reader.listed()
    chosen = picked(shelf.objects, sampling.objects, f"{reader.name} {now:%G-%V}")
    if not chosen:
        return SampledContent(
            observed_at=now, listed=len(shelf.objects), has_listed_all=shelf.is_whole, why_not=NOTHING
        )
    salt = secrets.token_bytes(16)
    found: list[Detected] = []
    unread: list[Reason] = []
    read, failure = (
        0,
        Unreachable(Reason.MALFORMED, f"s3://{reader.name}: none of its objects can be read as text"),
    )
    for stored in chosen:
        try:
            content = reader.first_bytes(stored)
        except Unreachable as error:
            failure = error
            unread += [error.reason] if error.reason not in NOT_THERE else []
            continue
        seen = cells(content, is_cut=len(content) == FIRST_BYTES)
        if seen is None:
            continue
        read += 1
        found += _told(stored, salt, seen)
    if not read:
        raise failure
    return SampledContent(
        observed_at=now,
        listed=len(shelf.objects),
        has_listed_all=shelf.is_whole,
        picked=len(chosen),
        read=read,
        unread=len(unread),
        why_unread=unread[0].word if unread else "",
        found=tuple(sorted(found, key=lambda one: (one.detector, one.object, one.column))),
    )


def _told(stored: Stored, salt: bytes, seen: Iterable[Cell]) -> Iterator[Detected]:
    from auditor.probes.sampling.detectors import hits  # noqa: PLC0415 - few runs open an object

    for hit in hits(seen):
        yield Detected(
            detector=hit.detector,
            object=hashlib.blake2b(stored.key.encode("utf-8", "replace"), key=salt, digest_size=6).hexdigest(),
            modified=stored.modified,
            size=stored.size,
            column=hit.column,
            has_label=hit.has_label,
            amount=Amount.of(hit.count),
        )
