"""Whom outside the city a bucket lets in by name, and where its content goes by itself."""

from __future__ import annotations

from auditor.check import CRITICAL, DEEP, HIGH, LOW, MEDIUM, ONLINE, check
from auditor.facts.storage_concluded import (
    CopiesOutside,
    DeputiesUnbound,
    DestinationsGone,
    OpenToNetworks,
    OrphansNamed,
    SharedOutside,
    TracesOutside,
)
from auditor.model import Verdict
from checks.concluded import verdict


@check(
    "bucket-shared-outside",
    reads=SharedOutside,
    severity=HIGH,
    effort=2,
    controls=("AWS FSBP S3.6", "NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 AC-21"),
)
def shared_outside(facts: SharedOutside) -> Verdict:
    """The bucket lets in accounts that are neither the city's own nor registered.

    By its policy, by its list, or by access points where the policy leaves the choice to them. A resource control
    policy of the organisation may keep them out all the same: a member account cannot read one. Whom S3 Access Grants
    let in is not looked at: `account-access-grants-unread` says where there are any. A compatible server's policy is
    judged by its text, and the evidence says so.

    Why: Residents' data goes to somebody with whom the city has no agreement, or none any more.
    Fix: Take the principal out of the bucket policy: in the S3 console open the bucket, "Permissions", "Bucket policy",
    "Edit", or `aws s3api put-bucket-policy --bucket BUCKET --policy file://policy.json`; out of its list with `aws
    s3api put-bucket-acl --bucket BUCKET --acl private`; out of an access point's policy with `aws s3control
    put-access-point-policy --account-id ACCOUNT --name NAME --policy file://policy.json`. If it is the city's own, list
    it in the inventory under `scope.aws_accounts`, `scope.aws_organisations` or `scope.aws_vpcs`; if an agreement lets
    it hold the data, register it with that agreement and its end. An origin access identity of CloudFront (`aws
    cloudfront list-cloud-front-origin-access-identities` lists the account's own, with their canonical ids) names no
    account: in the CloudFront console open the distribution, "Origins", "Edit", "Origin access control settings",
    "Create new OAC", and put the policy that it offers in the place of the identity's statement.
    """
    return verdict(
        facts,
        good="Policy, list and access points let in nobody outside by name who has no agreement; whether everybody may "
        "pass, `bucket-public-policy` and `bucket-public-acl` say.",
        bad="Somebody outside is let in.",
        wanted="the city's own accounts, or registered ones",
    )


@check(
    "bucket-open-to-network",
    reads=OpenToNetworks,
    severity=MEDIUM,
    effort=1,
    controls=("NIST SP 800-53r5 AC-3", "NIST SP 800-53r5 AC-6"),
)
def open_to_network(facts: OpenToNetworks) -> Verdict:
    """Everybody who calls from a network that is not the city's own is let into the bucket, without a login.

    Why: An address is no name: other customers of the same provider share it, and it changes hands.
    Fix: Ask for a login as well: in the S3 console open the bucket, "Permissions", "Bucket policy", "Edit", and put the
    accounts that may pass into "Principal" instead of "*" (`aws s3api put-bucket-policy --bucket BUCKET --policy
    file://policy.json`). If the network is the city's, list it under `scope.subnets` in the inventory.
    `aws:VpcSourceIp` alone is never enough, since anybody's VPC may use the same addresses: add `aws:SourceVpc`.
    """
    return verdict(
        facts,
        good="No address of others is enough to get in.",
        bad="An address of others is enough to get in.",
        wanted="a login, or the city's own network",
    )


@check(
    "bucket-service-unbound",
    reads=DeputiesUnbound,
    severity=MEDIUM,
    effort=1,
    controls=("AWS IAM User Guide, The confused deputy problem", "NIST SP 800-53r5 AC-3"),
)
def service_unbound(facts: DeputiesUnbound) -> Verdict:
    """A service of the provider is let into the bucket for whomever it acts.

    Why: Any other customer can tell the same service to write into the city's bucket or to read from it.
    Fix: Add a condition to the statement: "StringEquals": {"aws:SourceAccount": "ACCOUNT"}, or "ArnLike":
    {"aws:SourceArn": the ARN of the trail, distribution or bucket for which the service acts}. In the S3 console open
    the bucket, "Permissions", "Bucket policy", "Edit"; or `aws s3api put-bucket-policy --bucket BUCKET --policy
    file://policy.json`.
    """
    return verdict(
        facts,
        good="Every service that is let in is bound to an account or a source.",
        bad="A service is let in for whomever it acts.",
        wanted="a condition on aws:SourceAccount, aws:SourceArn or aws:SourceOrgID",
    )


@check(
    "bucket-orphaned-principal",
    reads=OrphansNamed,
    severity=LOW,
    effort=1,
    controls=("NIST SP 800-53r5 AC-2",),
)
def orphaned_principal(facts: OrphansNamed) -> Verdict:
    """The bucket policy names users or roles that do not exist any more.

    Why: Nobody knows who was meant, and so nobody notices when the statement means something else.
    Fix: Take the ids that begin with AIDA or AROA out of the bucket policy: in the S3 console open the bucket,
    "Permissions", "Bucket policy", "Edit"; or `aws s3api put-bucket-policy --bucket BUCKET --policy
    file://policy.json`.
    """
    return verdict(
        facts,
        good="Every principal in the policy exists.",
        bad="The policy names principals that do not exist any more.",
        wanted="principals that exist",
    )


@check(
    "bucket-copied-outside",
    reads=CopiesOutside,
    severity=CRITICAL,
    effort=2,
    controls=("NIST SP 800-53r5 AC-4", "NIST SP 800-53r5 SA-9"),
)
def copied_outside(facts: CopiesOutside) -> Verdict:
    """Everything that is written into the bucket is copied into another's account.

    Why: The copy lies where the city's policies, keys and deletions do not reach.
    Fix: `aws s3api delete-bucket-replication --bucket BUCKET`, and ask for the copies to be deleted. If the account is
    the city's own, list it under `scope.aws_accounts` in the inventory.
    """
    return verdict(
        facts,
        good="Nothing is copied into another's account.",
        bad="What is written is copied into another's account.",
        wanted="destinations and keys of the city's own accounts",
    )


@check(
    "bucket-traces-outside",
    reads=TracesOutside,
    severity=HIGH,
    effort=2,
    tier=DEEP,
    controls=("NIST SP 800-53r5 AC-4", "NIST SP 800-53r5 AU-9"),
)
def traces_outside(facts: TracesOutside) -> Verdict:
    """Lists of the bucket's objects or messages about them go to another's account.

    Why: The names of files say much: who applied for what, and when.
    Fix: `aws s3api delete-bucket-inventory-configuration --bucket BUCKET --id ID`, and take the topic, queue or
    function out of `aws s3api put-bucket-notification-configuration`. If the account is the city's own, list it under
    `scope.aws_accounts` in the inventory.
    """
    return verdict(
        facts,
        good="No list of objects and no message about them goes to another's account.",
        bad="Lists of objects or messages about them go to another's account.",
        wanted="destinations of the city's own accounts",
    )


@check(
    "bucket-destination-dangling",
    reads=DestinationsGone,
    severity=HIGH,
    tier=ONLINE,
    effort=1,
    controls=("NIST SP 800-53r5 CM-8", "NIST SP 800-53r5 AU-9"),
)
def destination_dangling(facts: DestinationsGone) -> Verdict:
    """Copies, logs or lists of a bucket are sent to a bucket that does not exist.

    Why: Copies and logs that everybody counts on are lost, and whoever makes a bucket of that name may get them.
    Fix: In the S3 console open the bucket: replication rules and inventory configurations stand under "Management", the
    access log under "Properties". Name a bucket of the city's own there, or delete the rule
    (`aws s3api delete-bucket-replication --bucket BUCKET`, or `delete-bucket-inventory-configuration` with `--id ID`).
    """
    return verdict(
        facts,
        good="Every bucket that copies, logs and lists go to exists.",
        bad="A bucket that copies, logs or lists go to does not exist.",
        wanted="a bucket of the city's own",
    )


CHECKS = (
    shared_outside,
    open_to_network,
    service_unbound,
    orphaned_principal,
    copied_outside,
    traces_outside,
    destination_dangling,
)
