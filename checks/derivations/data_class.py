"""What a bucket's tag, its name and its objects say of its data, laid beside what the inventory declares."""

from __future__ import annotations

import re

from auditor.derive import Undecided, derive
from auditor.facts import Declared
from auditor.facts.data_class import ContentAgainstClass, NameAgainstClass, TagAgainstClass
from auditor.facts.macie import MacieAgainstClass, MacieResults
from auditor.facts.sampling import SampledContent
from auditor.facts.storage import BucketTags, Tag
from auditor.facts.storage_account import BucketOwner
from auditor.model import Reason, Sensitivity
from checks.derivations.weighing import reason_of

# What tags say by custom; the inventory's own words come first.
USUAL = {
    "public": Sensitivity.PUBLIC,
    "open": Sensitivity.PUBLIC,
    "internal": Sensitivity.INTERNAL,
    "private": Sensitivity.INTERNAL,
    "confidential": Sensitivity.CONFIDENTIAL,
    "sensitive": Sensitivity.CONFIDENTIAL,
    "pii": Sensitivity.CONFIDENTIAL,
    "restricted": Sensitivity.RESTRICTED,
    "phi": Sensitivity.RESTRICTED,
    "cjis": Sensitivity.RESTRICTED,
    "pci": Sensitivity.RESTRICTED,
}
SUSPECT = frozenset(
    {
        *("hr", "payroll", "personnel", "benefits", "ssn", "pii", "phi", "hipaa", "medical", "health", "patient"),
        *("police", "cjis", "court", "arrest", "juvenile", "bodycam", "immigration", "tax", "taxes", "payments"),
        *("311", "attachments", "backup", "backups", "dump", "dumps", "export", "exports", "snapshot", "passport"),
    }
)


@derive(reads=(SampledContent, Declared), yields=ContentAgainstClass)
def content_against_class(content: SampledContent, declared: Declared) -> ContentAgainstClass:
    """Undecided where nothing was recognised and some objects were refused: they may be those that hold it."""
    if content.unread and not content.found and not declared.sensitivity.is_sensitive:
        picked = f"{content.unread} of the {content.picked} objects that were picked"
        raise Undecided(reason_of(content.why_unread), f"what {picked} hold")
    return ContentAgainstClass(
        observed_at=content.observed_at,
        sensitivity=declared.sensitivity,
        read=content.read,
        listed=content.listed,
        found=content.found,
        why_not=content.why_not,
    )


@derive(reads=(BucketTags, Declared), yields=TagAgainstClass)
def tag_against_class(tags: BucketTags, declared: Declared) -> TagAgainstClass:
    """A tag that is not there says nothing: its absence is not "public".

    Keys of tags that differ in capitals are tags of their own. Of several the gravest counts; one that nobody can read
    may be graver than all others.
    """
    words = USUAL | {one.value.lower(): one.sensitivity for one in declared.class_values}
    said = {tag.value: words.get(tag.value.strip().lower()) for tag in tags.tags if _is_for_class(tag, declared)}
    known = {value: meaning for value, meaning in said.items() if meaning is not None}
    value = max(known, key=lambda one: known[one], default=None)
    unread = next((one for one in said if one not in known), None)
    if unread is not None and (value is None or known[value] <= declared.sensitivity):
        value = unread
    why_not = ""
    if value is None:
        why_not = f"the bucket has no tag {declared.class_tag}"
    elif value not in known:
        why_not = f"nobody said what the tag's value {value[:60]!r} means"
    return TagAgainstClass(
        observed_at=tags.observed_at,
        sensitivity=declared.sensitivity,
        tag=declared.class_tag,
        value=value or "",
        tagged=None if value is None else said[value],
        why_not=why_not,
    )


def _is_for_class(tag: Tag, declared: Declared) -> bool:
    return tag.key.strip().lower() == declared.class_tag.lower()


@derive(reads=(BucketOwner, Declared), yields=NameAgainstClass)
def name_against_class(owner: BucketOwner, declared: Declared) -> NameAgainstClass:
    """Undecided for facts of an older version, which do not have the name."""
    if not owner.bucket:
        raise Undecided(Reason.NOT_OBSERVED, "the bucket's name was not noted")
    words = re.split(r"[^a-z0-9]+", owner.bucket.lower())
    return NameAgainstClass(
        observed_at=owner.observed_at,
        sensitivity=declared.sensitivity,
        bucket=owner.bucket,
        words=tuple(sorted(SUSPECT.intersection(words))),
    )


@derive(reads=(MacieResults, Declared), yields=MacieAgainstClass)
def macie_against_class(told: MacieResults, declared: Declared) -> MacieAgainstClass:
    looked = f"last on {told.looked_at:%Y-%m-%d}" if told.looked_at else ""
    if looked and told.readable is not None and told.objects is not None:
        looked += f", and can read {told.readable} of {told.objects} objects"
    return MacieAgainstClass(
        observed_at=told.observed_at,
        sensitivity=declared.sensitivity,
        found=told.found,
        looked=looked,
        why_not=told.why_not,
    )


DERIVATIONS = (content_against_class, macie_against_class, tag_against_class, name_against_class)
