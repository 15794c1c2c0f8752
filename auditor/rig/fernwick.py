"""What each asset of the example city (`inventory.yaml`) is like, good and bad. Data; knows nobody who looks."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import MappingProxyType

from auditor.rig.aws_account import CloudSeed, snapshot, volume
from auditor.rig.s3 import BucketSeed, public_read_statement

YEAR = "max-age=31536000; includeSubDomains"
HALF_A_YEAR = "max-age=15552000"


class Paper(Enum):
    """The certificate that a site shows."""

    GOOD = "good"
    EXPIRED = "expired"
    SELF_SIGNED = "self-signed"
    INCOMPLETE = "incomplete"
    OTHER_NAME = "other name"
    NEARLY_OVER = "nearly over"
    SHARED_KEY = "shared key"  # an RSA key that stands at several places


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSite:
    """One name with its HTTPS and plain HTTP listeners. A port of None is closed."""

    paper: Paper = Paper.GOOD
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    hsts: str | None = YEAR
    https: bool = True
    plain_http: str = "redirect"  # redirect | content | closed
    serves: int | None = None  # connections before the listener stops answering; None: never stops
    ciphers: str = ""  # up to TLS 1.2, by OpenSSL's names; "": the rig's own
    forgotten: ssl.TLSVersion | None = (
        None  # the oldest version of a second machine behind the name; None: there is none
    )
    speaks_ssl2: bool = False


DAYS_EXPIRED = timedelta(days=12)
DAYS_LEFT = timedelta(days=25)  # of ninety
BESIDE_GOOD_ONES = "ECDHE+AESGCM:ECDHE+CHACHA20:AES128-SHA:@SECLEVEL=1"

WEB: Mapping[str, WebSite] = MappingProxyType(
    {
        "www.fernwick.example:443": WebSite(),
        "catalogue.fernwick-library.example:443": WebSite(hsts=HALF_A_YEAR),
        "rooms.fernwick-library.example:443": WebSite(newest=ssl.TLSVersion.TLSv1_2),
        "events.fernwick.example:443": WebSite(hsts=None),
        "trails.fernwick.example:443": WebSite(paper=Paper.INCOMPLETE),
        "archive.fernwick.example:443": WebSite(oldest=ssl.TLSVersion.TLSv1),
        "permits.fernwick.example:443": WebSite(oldest=ssl.TLSVersion.TLSv1),
        "pay.fernwick.example:443": WebSite(paper=Paper.EXPIRED),
        "outages.fernwick.example:443": WebSite(paper=Paper.SELF_SIGNED),
        "clinic.fernwick.example:443": WebSite(),
        "dispatch.fernwick.example:8443": WebSite(plain_http="closed", serves=3),
        "evidence.fernwick.example:443": WebSite(),
        "parking.fernwick.example:443": WebSite(https=False, plain_http="content"),
        "pools.fernwick.example:443": WebSite(forgotten=ssl.TLSVersion.TLSv1),
        "camps.fernwick.example:443": WebSite(paper=Paper.NEARLY_OVER, ciphers=BESIDE_GOOD_ONES),
        "dogs.fernwick.example:443": WebSite(paper=Paper.OTHER_NAME),
        "fishing.fernwick.example:443": WebSite(paper=Paper.SHARED_KEY),
        "photos.fernwick.example:443": WebSite(),
        "scanner.fernwick.example:443": WebSite(paper=Paper.SHARED_KEY, plain_http="closed", speaks_ssl2=True),
    }
)

# IMAP ports. Does it take passwords before TLS?
MAILBOXES: Mapping[str, bool] = MappingProxyType({"mail.fernwick.example:143": True})

# The recording that each server replays; None: nothing listens there.
SERVERS: Mapping[str, str | None] = MappingProxyType(
    {
        "payroll-db.fernwick.example:22": "plainswap",
        "clinic-db.fernwick.example:22": "luks",
        "192.0.2.40:2222": None,
        "evidence-nas.fernwick.example:22": "plain",
    }
)

ACCOUNT = "123456789012"
CLOUD_REGION = "us-east-2"
CITYS_KEY = "arn:aws:kms:us-east-2:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
VENDORS_KEY = "arn:aws:kms:us-east-2:555555555555:key/5b7c9d1e-2f3a-4b5c-8d6e-7f8091a2b3c4"
BUCKETS = (
    BucketSeed(region=CLOUD_REGION, name="fernwick-clinic-uploads", algorithm="aws:kms", key_id=CITYS_KEY),
    BucketSeed(
        region=CLOUD_REGION,
        name="fernwick-evidence-media",
        algorithm="aws:kms",
        key_id=CITYS_KEY,
        blocks=False,
        statements=(public_read_statement("fernwick-evidence-media"),),
    ),
    BucketSeed(region=CLOUD_REGION, name="fernwick-backups", algorithm="aws:kms", key_id=CITYS_KEY, tls_only=False),
    BucketSeed(
        region=CLOUD_REGION,
        name="fernwick-open-data",
        blocks=False,
        statements=(public_read_statement("fernwick-open-data"),),
    ),
    BucketSeed(region=CLOUD_REGION, name="fernwick-pharmacy-orders", algorithm="aws:kms", key_id=VENDORS_KEY),
    BucketSeed(region=CLOUD_REGION, name="fernwick-court-exchange"),
)
BUCKET_NAMES = tuple(seed.name for seed in BUCKETS)
# The key service tells of the city's own key alone; one bucket was closed to the auditor's credential.
PHOTOS = "photos.fernwick.example"  # the name of the site, and of somebody else's bucket behind it
CLOUD = CloudSeed(
    regions=(CLOUD_REGION,),
    managers={CITYS_KEY: "CUSTOMER"},
    denied=frozenset({"fernwick-court-exchange", PHOTOS}),
    tables={
        (CLOUD_REGION, "DescribeVolumes"): (volume("vol-0a1b2c3d4e5f60718", key=CITYS_KEY),),
        (CLOUD_REGION, "DescribeSnapshots"): (snapshot("snap-0f1e2d3c4b5a69788"),),  # of before anybody asked for keys
        (CLOUD_REGION, "GetEbsEncryptionByDefault"): ({},),
    },
)
ALIASES: Mapping[str, str] = MappingProxyType({PHOTOS: f"{PHOTOS}.s3.{CLOUD_REGION}.amazonaws.com"})


def nearly_over() -> tuple[datetime, datetime]:
    """First and last instant of a certificate of ninety days that nobody has renewed."""
    last = datetime.now(UTC) + DAYS_LEFT
    return last - timedelta(days=90), last


def expired_at() -> datetime:
    """When the expired certificate ended: always some days ago."""
    return datetime.now(UTC) - DAYS_EXPIRED
