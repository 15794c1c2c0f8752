"""Plain settings of a bucket: its block, website, region and class, and what of all that was hidden. Pure."""

from __future__ import annotations

from auditor.derive import Rows, Undecided, derive, derive_from_places
from auditor.facts import Declared
from auditor.facts.storage import (
    BlockLevel,
    BucketAcl,
    BucketEncryption,
    BucketPlace,
    BucketPolicy,
    BucketTags,
    Ownership,
    PartState,
    PublicAccessBlock,
    ServerKind,
)
from auditor.facts.storage_account import BucketOwner
from auditor.facts.storage_concluded import (
    BucketUnblocked,
    ClassUnnamed,
    Fault,
    ListsActive,
    PlacedOutside,
    SettingsHidden,
    WebsiteServed,
)
from auditor.facts.storage_settings import BucketLifecycle, BucketVersioning, BucketWebsite
from auditor.model import Reason, Sensitivity
from auditor.probe import Unseen
from checks.derivations.aws_regions import country_of
from checks.derivations.bucket_blocks import COMPATIBLE, lacking_flags, missing
from checks.derivations.weighing import LACKING, Scales, is_compatible, is_lacking, needed, reason_of, told

CORE = (BucketPolicy, PublicAccessBlock, BucketAcl, BucketEncryption, BucketVersioning, BucketLifecycle)
WORDS = dict(
    zip(
        (kind.__name__ for kind in CORE),
        (
            "bucket policy",
            "public access block",
            "access control list",
            "default encryption",
            "versioning",
            "lifecycle",
        ),
        strict=True,
    )
)
BY_INVENTORY = "the inventory names the kind of data"  # which is no sight of the bucket
NO_SWITCH = ("", Reason.NOT_IMPLEMENTED.word)


@derive(reads=(PublicAccessBlock, Declared), yields=BucketUnblocked)
def bucket_unblocked(block: PublicAccessBlock, declared: Declared) -> BucketUnblocked:
    """Flags that neither level sets: one full level is enough, and two halves make a whole."""
    at = block.observed_at
    if declared.intended_public:
        return BucketUnblocked(observed_at=at, idle="declared public in the inventory")
    if block.server is not ServerKind.AWS:
        return BucketUnblocked(observed_at=at, idle="on a compatible server the block is no proof of anything")
    lacking = missing(block.bucket, block.account)
    for level in (block.bucket, block.account):
        if lacking and level.state is PartState.UNSEEN:
            raise Undecided(reason_of(level.reason), level.detail)
    return BucketUnblocked(observed_at=at, faults=lacking_flags("public access block of bucket and account", lacking))


@derive_from_places(reads=(BucketAcl, BucketOwner), yields=ListsActive)
def lists_active(rows: Rows) -> ListsActive:
    if is_lacking(rows, BucketAcl):
        return ListsActive(observed_at=needed(rows, BucketOwner).observed_at, idle=LACKING)
    acl = needed(rows, BucketAcl)
    at = acl.observed_at
    if acl.ownership is Ownership.ENFORCED:
        return ListsActive(observed_at=at)
    without = (Ownership.NOT_SET, Ownership.UNSEEN)
    if acl.server is not ServerKind.AWS and acl.ownership in without and acl.ownership_reason in NO_SWITCH:
        return ListsActive(observed_at=at, idle=COMPATIBLE)
    if acl.ownership is Ownership.UNSEEN:
        raise Undecided(reason_of(acl.ownership_reason), acl.detail)
    return ListsActive(observed_at=at, faults=(Fault(where="Object Ownership", seen=acl.ownership.value),))


@derive_from_places(reads=(BucketWebsite, BucketOwner, Declared), yields=WebsiteServed)
def website_served(rows: Rows) -> WebsiteServed:
    declared = needed(rows, Declared)
    if is_lacking(rows, BucketWebsite):
        return WebsiteServed(observed_at=declared.observed_at, idle=LACKING)
    website = needed(rows, BucketWebsite)
    at = website.observed_at
    if declared.intended_public or declared.sensitivity is Sensitivity.PUBLIC:
        return WebsiteServed(observed_at=at, idle="everybody is meant to read it")
    if not website.is_present:
        return WebsiteServed(observed_at=at)
    if website.server is not ServerKind.AWS:
        raise Undecided(Reason.NOT_OBSERVED, "whether the website endpoint of this server speaks TLS")
    if website.redirects_to:
        note = Fault(where="website configuration", seen=f"every request is redirected to {website.redirects_to}")
        return WebsiteServed(observed_at=at, notes=(note,))
    return WebsiteServed(observed_at=at, faults=(Fault(where="website configuration", seen="a website endpoint"),))


@derive(reads=(BucketPlace, Declared), yields=PlacedOutside)
def placed_outside(place: BucketPlace, declared: Declared) -> PlacedOutside:
    """By the scope's countries, else by the system's own. Raises Undecided for a region that is not known here."""
    at, allowed = place.observed_at, declared.jurisdictions or tuple(filter(None, (declared.jurisdiction,)))
    if not allowed:
        return PlacedOutside(observed_at=at, idle="nobody declared where the data may lie")
    if place.server is not ServerKind.AWS:
        return PlacedOutside(observed_at=at, idle="a compatible server stands where its owner put it")
    region = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(place.location, place.location or "")
    country = country_of(region)
    if not country:
        raise Undecided(Reason.NOT_OBSERVED, f"in which country the region {region} lies")
    seen = Fault(where="location of the bucket", seen=f"{region}, in {country}")
    return PlacedOutside(observed_at=at, faults=() if country in allowed else (seen,))


@derive_from_places(reads=(*CORE, BucketOwner), yields=SettingsHidden)
def settings_hidden(rows: Rows) -> SettingsHidden:
    """What the credential may not read of a bucket that it may read something of.

    Where nothing at all could be read, nothing was judged, and nothing is: the question stays open.
    What a compatible server does not have it does not hide. AWS has all of it: its "not allowed" (405) is what a bucket
    of another account says of its policy.
    """
    scales, may_lack = Scales(), is_compatible(rows)
    looks = [told(rows, kind) for kind in CORE]
    times = [look.observed_at for look in looks if not isinstance(look, Unseen)]
    for look in looks:
        if isinstance(look, Unseen) and look.reason is Reason.ACCESS_DENIED and times:
            scales.fault(WORDS[look.facts_type.__name__], f"denied: {look.detail}")
        elif isinstance(look, Unseen):
            if not (may_lack and look.reason is Reason.NOT_IMPLEMENTED):
                scales.blind(look)
        else:
            _weigh_parts(scales, look, may_lack=may_lack)
    return scales.settled(SettingsHidden, max(times) if times else needed(rows, BucketPolicy).observed_at)


def _weigh_parts(scales: Scales, look: object, *, may_lack: bool) -> None:
    """Parts of an answer that were denied on their own."""
    parts: list[tuple[str, str, str]] = []
    if isinstance(look, PublicAccessBlock):
        levels: tuple[tuple[str, BlockLevel], ...] = (("bucket", look.bucket), ("account", look.account))
        parts = [(f"public access block of the {name}", level.reason, level.detail) for name, level in levels]
    if isinstance(look, BucketAcl):
        parts = [("Object Ownership", look.ownership_reason, look.detail), ("ACL", look.acl_reason, look.detail)]
    for where, reason, detail in parts:
        if reason_of(reason) is Reason.ACCESS_DENIED:
            scales.fault(where, f"denied: {detail}")
        elif reason and not (may_lack and reason_of(reason) is Reason.NOT_IMPLEMENTED):
            scales.doubt(reason_of(reason), f"{where}: {detail}")


@derive_from_places(reads=(BucketTags, Declared), yields=ClassUnnamed)
def class_unnamed(rows: Rows) -> ClassUnnamed:
    """The inventory's word, else the tag that the city uses for it."""
    declared, tags = needed(rows, Declared), told(rows, BucketTags)
    if declared.sensitivity is not Sensitivity.UNDECLARED:
        return ClassUnnamed(observed_at=declared.observed_at, idle=BY_INVENTORY)
    if isinstance(tags, Unseen):
        raise Undecided(tags.reason, tags.detail)
    if any(tag.key.strip().lower() == declared.class_tag.lower() and tag.value.strip() for tag in tags.tags):
        return ClassUnnamed(observed_at=tags.observed_at)
    fault = Fault(where="inventory and tags", seen="no data class")
    return ClassUnnamed(observed_at=tags.observed_at, faults=(fault,))


DERIVATIONS = (
    bucket_unblocked,
    lists_active,
    website_served,
    placed_outside,
    settings_hidden,
    class_unnamed,
)
