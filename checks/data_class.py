"""The rules for what a bucket holds: do its objects, its tag and its name agree with what the inventory declares?"""

from __future__ import annotations

from auditor.check import CRITICAL, DEEP, HIGH, LOW, check, failed, not_applicable, passed
from auditor.facts.data_class import ContentAgainstClass, NameAgainstClass, TagAgainstClass
from auditor.facts.macie import MacieAgainstClass
from auditor.facts.sampling import Detected
from auditor.model import Evidence, Sensitivity, Verdict

SHOWN = 5
ALREADY = "the data is graded as sensitive already"
NO_SUSPICION = "nothing in the bucket's name sounds like sensitive data"  # which is no evidence that it holds none


@check(
    "bucket-class-mismatch",
    reads=ContentAgainstClass,
    severity=CRITICAL,
    effort=3,
    controls=("NIST SP 800-53r5 RA-2", "CIS AWS Foundations 5.0 2.1.3"),
)
def class_mismatch(facts: ContentAgainstClass) -> Verdict:
    """Personal data was recognised in a bucket that is declared to hold public or internal data.

    A few small text objects are opened, and only where the inventory asks for it. Kinds are kept, never a value.

    Why: The bucket is protected, shared and graded as if nobody could be harmed by a leak, and residents can.
    Fix: Find the objects by date and size (`aws s3api list-objects-v2 --bucket BUCKET --query
    'Contents[].[LastModified,Size,Key]'`), move them to a bucket for such data, and see who put them here; or declare
    the right data classes in the inventory.
    """
    if facts.why_not:
        return not_applicable(facts.why_not)
    if facts.sensitivity.is_sensitive:
        return not_applicable(ALREADY)
    if not facts.found:
        looked = Evidence("objects", f"{facts.read} opened, of {facts.listed} listed", "nothing recognised")
        return passed("In the objects that were opened no personal data was recognised.", looked)
    return failed("Personal data was recognised in objects.", *(_row(one) for one in facts.found[:SHOWN]))


@check(
    "bucket-macie-above-class",
    reads=MacieAgainstClass,
    severity=CRITICAL,
    effort=3,
    tier=DEEP,
    controls=("NIST SP 800-53r5 RA-2", "CIS AWS Foundations 5.0 2.1.3"),
)
def macie_above_class(facts: MacieAgainstClass) -> Verdict:
    """Amazon Macie found sensitive data in a bucket that is declared to hold public or internal data.

    Asked where the account uses Macie. Counts of findings by kind are kept, never what was found.

    Why: The bucket is protected, shared and graded as if nobody could be harmed by a leak, and residents can.
    Fix: In the Macie console choose "Findings", "By bucket", and open those of this one (`aws macie2 list-findings
    --finding-criteria '{"criterion":{"resourcesAffected.s3Bucket.name":{"eq":["BUCKET"]}}}'`). Move the objects to a
    bucket for such data, or declare the right data classes in the inventory. What is no such data, archive in Macie.
    """
    if facts.why_not and not facts.found:
        return not_applicable(facts.why_not)
    if facts.sensitivity.is_sensitive:
        return not_applicable(ALREADY)
    if not facts.found:
        return passed("Macie looked, and found nothing.", Evidence("Macie", f"looked {facts.looked}", "no finding"))
    found = (Evidence(f"Macie, {one.category}", f"{one.objects} objects", "none") for one in facts.found)
    return failed("Macie found sensitive data in objects.", *found)


@check(
    "bucket-tag-above-class",
    reads=TagAgainstClass,
    severity=HIGH,
    effort=1,
    controls=("NIST SP 800-53r5 RA-2",),
)
def tag_above_class(facts: TagAgainstClass) -> Verdict:
    """The bucket's own tag says that its data is more sensitive than the inventory declares.

    Why: Whoever tagged the bucket knew something that the inventory does not: it is graded too gently.
    Fix: Give the system or the bucket the right `data_classes` in the inventory; if the tag is wrong, change it with
    `aws s3api put-bucket-tagging`.
    """
    if facts.tagged is None:
        return not_applicable(facts.why_not)
    if facts.sensitivity is Sensitivity.UNDECLARED:
        return not_applicable("the inventory declares nothing, and another check says so")
    row = Evidence(
        f"tag {facts.tag}", f"{facts.value}, which is {facts.tagged.word}", f"{facts.sensitivity.word} at most"
    )
    if facts.tagged > facts.sensitivity:
        return failed(f"The tag says {facts.tagged.word}, the inventory {facts.sensitivity.word}.", row)
    return passed("The inventory declares what the tag says, or more.", row)


@check(
    "bucket-name-suspect",
    reads=NameAgainstClass,
    severity=LOW,
    effort=1,
    controls=("NIST SP 800-53r5 RA-2",),
)
def name_suspect(facts: NameAgainstClass) -> Verdict:
    """The bucket's name sounds like sensitive data, and it is declared to hold public or internal data.

    A suspicion and no more: nobody looked into it.

    Why: Copies and exports of sensitive systems are often put into a bucket that nobody thought of classifying.
    Fix: Ask its owner what it holds (`aws s3api get-bucket-tagging --bucket BUCKET` may name one), and give it the
    right `data_classes` in the inventory; if they are right, waive this check for it.
    """
    if facts.sensitivity.is_sensitive:
        return not_applicable(ALREADY)
    if not facts.words:
        return not_applicable(NO_SUSPICION)
    row = Evidence("name of the bucket", ", ".join(facts.words), "a name that fits its declared data")
    return failed(f"Suspected by its name, {facts.bucket}: declared as {facts.sensitivity.word}.", row)


def _row(one: Detected) -> Evidence:
    how = "with a label" if one.has_label else "by number and shape"
    where = f"object of {one.modified:%Y-%m-%d %H:%M:%S} UTC, {one.size} bytes, column {one.column + 1}"
    return Evidence(where, f"{one.detector}: {one.amount}, {how}", "none")


CHECKS = (class_mismatch, macie_above_class, tag_above_class, name_suspect)
