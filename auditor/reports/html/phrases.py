"""The plain words of the pages: how grave, how much work, how often asked, and why something was not seen."""

from __future__ import annotations

from auditor.model import Reason, Sensitivity, Severity, Tier
from auditor.records import dataclass

GRAVITY = {
    Severity.CRITICAL: "There is no working protection, or it can be broken today.",
    Severity.HIGH: "The protection is outdated or easy to get around.",
    Severity.MEDIUM: "A rule that must be kept is not kept.",
    Severity.LOW: "A last improvement is missing. Only A+ is lost.",
}
EFFORT = {1: "one setting", 2: "a certificate or name entry", 3: "a planned change", 5: "a migration", 8: "a contract"}
ASKED = {
    Tier.NIGHTLY: "every night",
    Tier.DEEP: "in the weekly deep look, where the inventory asks for it",
    Tier.PRIVILEGED: "with an administrator's rights, where the inventory asks for it",
    Tier.ONLINE: "with the help of outside services, where the inventory asks for it",
}
DATA = {
    Sensitivity.PUBLIC: "public",
    Sensitivity.INTERNAL: "internal",
    Sensitivity.UNDECLARED: "not declared, so graded as confidential",
    Sensitivity.CONFIDENTIAL: "confidential",
    Sensitivity.RESTRICTED: "restricted",
}
HOSTING = {"onprem": "the city's own rooms", "cloud": "a cloud provider", "saas": "a vendor's service"}
EXPOSURE = {"internet": "the internet", "internal": "the city's own network"}
ENDS = {
    "certificate": "Certificate",
    "waiver": "Accepted risk",
    "attestation": "Attestation",
    "agreement": "Vendor's agreement",
    "listing": "Planned to go",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why things were not seen, as a reader sorts them, and who can help."""

    title: str
    help: str


SILENT = Cause("It did not answer.", "Whoever runs it should see whether it is up and lets the auditor in.")
ODD = Cause("It answered in a way we could not read.", "Whoever runs it should see what it sends.")
LOCKED = Cause("The auditor may not look inside.", "Give the auditor's account the right to log in and to read.")
STRANGE = Cause("It is not proven which server answers.", "Compare its key with the server's own, then pin it.")
GENTLE = Cause("The auditor stopped, so as not to be a burden.", "Let it look again at a quieter hour.")
LEFT = Cause("It was not looked at.", "Compare the inventory with what the city really has, then run again.")
DARK = Cause("Nothing that was looked at shows it.", "The system's page says what was missing.")
TOLD = Cause("Its owner says that it fails.", "It counts as not seen until the auditor sees it.")
BROKEN = Cause("The auditor itself failed.", "Report it to those who maintain the auditor.")
OTHER = Cause("Another reason.", "The system's page has the details.")

_CAUSES = {
    SILENT: (Reason.DNS, Reason.REFUSED, Reason.NO_ROUTE, Reason.TIMEOUT, Reason.RESET, Reason.CLOSED, Reason.GONE),
    ODD: (
        Reason.NOT_TLS, Reason.TLS_FAILED, Reason.NOT_HTTP, Reason.NOT_SSH, Reason.SSH_TOO_OLD, Reason.INCONSISTENT,
        Reason.CHAIN_INCOMPLETE, Reason.UNTRUSTED, Reason.TOO_LONG, Reason.MALFORMED, Reason.TRUNCATED,
        Reason.REDIRECT_LOOP, Reason.NOT_IMPLEMENTED,
    ),
    LOCKED: (
        Reason.NO_CREDENTIAL, Reason.AUTH_FAILED, Reason.NEEDS_HUMAN, Reason.NO_SHELL, Reason.ACCESS_DENIED,
    ),
    STRANGE: (Reason.HOST_KEY_UNKNOWN, Reason.HOST_KEY_CHANGED),
    GENTLE: (Reason.THROTTLED, Reason.DEADLINE, Reason.BUDGET),
    LEFT: (
        Reason.OUT_OF_SCOPE, Reason.PRIVATE_SPACE, Reason.TOOL_ABSENT, Reason.INTERRUPTED, Reason.UNCONFIRMED,
        Reason.LEFT_OUT, Reason.UNLISTED, Reason.INCLUDE_BROKEN,
    ),
    DARK: (Reason.NOT_OBSERVED, Reason.OUTDATED),
    TOLD: (Reason.ATTESTED_FAILURE,),
    BROKEN: (Reason.PROBE_ERROR, Reason.CHECK_ERROR, Reason.DERIVATION_ERROR),
}  # fmt: skip
CAUSES = {reason.word: cause for cause, reasons in _CAUSES.items() for reason in reasons}
PHRASES = {reason.word: reason.phrase for reason in Reason}


def cause_of(reason: str | None) -> Cause:
    """`reason`: a Reason's word, or a plug-in's own."""
    return CAUSES.get(reason or "", OTHER)


def capital(text: str) -> str:
    """A half-sentence as the beginning of one."""
    return text[:1].upper() + text[1:]


def phrase_of(reason: str | None) -> str:
    """The half-sentence behind "could not be seen: "."""
    return PHRASES.get(reason or "", reason or "no reason is known")
