"""What to do where something could not be seen: one sentence for each reason."""

from __future__ import annotations

from auditor.model import Reason

REACH = "See that the service runs and that firewalls and allow lists let the auditor's address through."
ANSWER = "See what answers at this address and port: it does not speak what was expected there."
LIMITS = "Let the auditor's address pass rate limits and filters, or run again at a quieter hour."
SCOPE = "Declare it in the inventory's scope if it is the city's own; else lead the service elsewhere."
ACCOUNT = "Give the auditor's read-only account what it needs; docs/inventory.md says how a credential is named."
ODD = "Look at the answer by hand (`curl -v`, `ssh -v`): the server is broken, or something stands before it."
FAULT = "Report it with the run's log: it is a fault of the auditor or of a plug-in, not of the system."
AGAIN = "Run again, the whole inventory."

REMEDIES = {
    Reason.DNS: "Correct the name, or its DNS record.",
    Reason.REFUSED: REACH,
    Reason.NO_ROUTE: REACH,
    Reason.TIMEOUT: REACH,
    Reason.RESET: REACH,
    Reason.CLOSED: REACH,
    Reason.NOT_TLS: ANSWER,
    Reason.TLS_FAILED: ANSWER,
    Reason.NOT_HTTP: ANSWER,
    Reason.NOT_SSH: ANSWER,
    Reason.THROTTLED: LIMITS,
    Reason.DEADLINE: LIMITS,
    Reason.BUDGET: LIMITS,
    Reason.INCONSISTENT: "Give all machines behind the name the same settings.",
    Reason.CHAIN_INCOMPLETE: "Serve the missing issuer, or ask for the online tier, which fetches it.",
    Reason.UNTRUSTED: "Get a certificate from a trusted authority, or name the city's own CA with `--ca-file`.",
    Reason.OUT_OF_SCOPE: SCOPE,
    Reason.PRIVATE_SPACE: SCOPE,
    Reason.TOO_LONG: ODD,
    Reason.MALFORMED: ODD,
    Reason.TRUNCATED: ODD,
    Reason.REDIRECT_LOOP: "Mend the redirects: no visitor reaches the page either.",
    Reason.NO_CREDENTIAL: ACCOUNT,
    Reason.AUTH_FAILED: ACCOUNT,
    Reason.ACCESS_DENIED: ACCOUNT,
    Reason.NEEDS_HUMAN: "Give the auditor an account that logs in with a key alone.",
    Reason.NO_SHELL: "Give the auditor's account a POSIX shell; it runs read-only commands and nothing else.",
    Reason.HOST_KEY_UNKNOWN: "Read the key on the server itself (`ssh-keygen -lf`), then pin it in the inventory.",
    Reason.HOST_KEY_CHANGED: "Find out why the key changed before you pin the new one: somebody may stand between.",
    Reason.SSH_TOO_OLD: "Bring the SSH server up to date.",
    Reason.NOT_IMPLEMENTED: "Ask the server's maker; until it can answer, let somebody attest it.",
    Reason.GONE: "Correct the inventory, or say with a `retired` entry that it is gone on purpose.",
    Reason.OUTDATED: "See why the list or the report that it is read from is not written any more.",
    Reason.TOOL_ABSENT: "Install what the test needs (`make deep`).",
    Reason.NOT_OBSERVED: "Run again with all tiers that the inventory asks; if it stays, report it with the run's log.",
    Reason.PROBE_ERROR: FAULT,
    Reason.CHECK_ERROR: FAULT,
    Reason.DERIVATION_ERROR: FAULT,
    Reason.ATTESTED_FAILURE: "Fix what its owner says is wrong, then let it be seen or attested anew.",
    Reason.UNCONFIRMED: AGAIN,
    Reason.INTERRUPTED: AGAIN,
    Reason.LEFT_OUT: AGAIN,
    Reason.UNLISTED: "List it again, or say with a `retired` entry that it is gone on purpose.",
    Reason.INCLUDE_BROKEN: "Mend the department's file; `auditor inventory lint` names the line.",
}


def remedy(word: str) -> str:
    """What to do about a reason's word; a word of a later version gets the sentence of a fault."""
    return _BY_WORD.get(word, FAULT)


_BY_WORD = {reason.word: sentence for reason, sentence in REMEDIES.items()}
