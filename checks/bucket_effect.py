"""Buckets in effect: what the server really gives to strangers, whatever its settings say. Knows facts only."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, check, failed, not_applicable, passed
from auditor.facts.storage_effect import PlainEffect, PublicEffect
from auditor.model import Evidence, Verdict

NOT_ALLOWED = "the inventory does not ask for it (probe_effective)"


@check(
    "bucket-effective-public",
    reads=PublicEffect,
    severity=CRITICAL,
    effort=1,
    controls=("NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 CA-2", "AWS FSBP S3.2"),
)
def effective_public(facts: PublicEffect) -> Verdict:
    """Strangers are served the bucket's content.

    Tried without any credential: the list of objects, and the headers of one object that the inventory names as
    `canary`. Settings are only a promise; on servers beside AWS some are stored and not kept.

    Why: Whatever the settings say, anybody on the network gets at the data, and the settings hide it from whoever
    checks only them.
    Fix: Take every statement for "*" out of the bucket's policy and every grant to everybody out of its list: `aws
    s3api delete-bucket-policy --endpoint-url SERVER --bucket BUCKET`, `aws s3api put-bucket-acl --endpoint-url SERVER
    --bucket BUCKET --acl private`. If that changes nothing, the server does not keep its settings: close its port to
    strangers, update it, or move the data.
    """
    if not facts.is_allowed:
        return not_applicable(NOT_ALLOWED)
    if facts.intended_public:
        return not_applicable("declared public in the inventory")
    if facts.served:
        return failed("A stranger was served.", *(Evidence(asked, "served", "denied") for asked in facts.served))
    rows = tuple(Evidence(asked, "denied", "denied") for asked in facts.denied)
    if not facts.has_canary:
        return not_applicable("no canary is declared, so only listing was tried, and denied", *rows)
    return passed("A stranger was denied the list of objects and the declared object.", *rows)


@check(
    "bucket-effective-plain-http",
    reads=PlainEffect,
    severity=HIGH,
    effort=2,
    controls=("NIST SP 800-53r5 SC-8", "NIST SP 800-53r5 CA-2", "AWS FSBP S3.5"),
)
def effective_plain_http(facts: PlainEffect) -> Verdict:
    """The storage server answers over plain HTTP.

    Seen without any doubt where the auditor's own questions go to an address without TLS; else tried where the
    inventory allows it, at the server's port 80.

    Why: Data, names of files and signatures of requests cross the network readable and changeable. On Ceph the usual
    policy against it ("Bool": aws:SecureTransport false) stops nothing.
    Fix: Give the server a certificate and close its plain port (Ceph: `ceph config set client.rgw rgw_frontends "beast
    ssl_port=443 ssl_certificate=FILE"`, without `port`, then restart the gateway), and name it to the auditor with
    https. In the policy use "BoolIfExists" instead of "Bool" for aws:SecureTransport (`aws s3api put-bucket-policy
    --endpoint-url SERVER --bucket BUCKET --policy file://policy.json`).
    """
    if facts.served:
        rows = (Evidence(asked, "answered without TLS", "refused, or sent to https") for asked in facts.served)
        return failed("The storage server answers over plain HTTP.", *rows)
    if facts.refused:
        rows = (Evidence(asked, "refused without TLS", "refused, or sent to https") for asked in facts.refused)
        return passed("Plain HTTP is refused where it was tried.", *rows)
    if not facts.is_allowed:
        return not_applicable(NOT_ALLOWED)
    return not_applicable("strangers are denied over TLS as well, so their question tells nothing of plain HTTP")


CHECKS = (effective_public, effective_plain_http)
