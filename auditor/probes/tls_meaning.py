"""What one answer to one hello proves: a version accepted, refused, or nothing. Only an explicit answer refuses.

What several closes prove together is for `tls_closings` and `tls_scan` to say.

Knows neither the network nor the order of questions.
"""

from __future__ import annotations

from auditor.facts.tls import TlsVersion
from auditor.model import Reason
from auditor.probes.client_hello import NO_SUITES, TLS13_SUITES, WIRE, offered_suites
from auditor.probes.server_hello import Alert, Answer, ServerHello, Silence, Ssl2Error, Ssl2Hello
from auditor.records import dataclass

# Alerts by which a server declines a version, or all that it was offered with it (RFC 8446 section 6, RFC 7507).
REFUSALS = {
    40: "handshake_failure",
    47: "illegal_parameter",
    70: "protocol_version",
    71: "insufficient_security",
    86: "inappropriate_fallback",
    109: "missing_extension",
}
# An SSL 2.0 hello is no TLS record at all, and these say so (docs/decisions/0005-ssl2-negatives.md).
SSL2_REFUSALS = REFUSALS | {10: "unexpected_message", 22: "record_overflow", 50: "decode_error"}
# OpenSSL 3 answers a TLS 1.0 hello so when its security level forbids the only signatures of that version, and when a
# name's own settings are stricter than its listener's. A server in trouble may say it too: one look is not enough.
INTERNAL_ERROR = 80
# What one look at a version must not settle. A server that chokes on an empty key share or an unknown group may say one
# of these to a TLS 1.3 that it does speak; and most of what can be weak hangs on TLS 1.2, so no single alert hides it.
DOUBTFUL = {TlsVersion.TLS13: frozenset({40, 47, 50, 109}), TlsVersion.TLS12: frozenset(REFUSALS)}
CLOSED = "connection closed on the hello"
# In full where the rule of docs/decisions/0016-refusals-by-closing.md stands behind it.
CLOSED_AS_A_REFUSAL = f"{CLOSED}, twice, as on a hello that nobody can accept"
NAMES = {WIRE[version]: version for version in TlsVersion}


@dataclass(frozen=True, slots=True)
class Question:
    """One hello on a connection of its own. `second`: the same question in other words.

    `beside`: the suites of that hello are offered too, after its own. `is_impossible`: it offers nothing but numbers
    that stand for no suite, so that no server can accept it.
    """

    version: TlsVersion
    second: bool = False
    beside: Question | None = None
    is_impossible: bool = False

    @property
    def suites(self) -> tuple[int, ...]:
        own = NO_SUITES if self.is_impossible else offered_suites(self.version, second=self.second)
        return tuple(dict.fromkeys((*own, *self.beside.suites))) if self.beside else own


def version_shown(question: Question, answer: Answer) -> TlsVersion | None:
    """The version that a ServerHello proves to be accepted: the one asked for, or an older one. None: none is proved.

    A suite that was not offered, or a newer version than asked, is no handshake that any client would go on with.
    """
    asked = question.version
    if isinstance(answer, Ssl2Hello):
        return asked if asked is TlsVersion.SSL2 and answer.ciphers else None
    if not isinstance(answer, ServerHello) or asked is TlsVersion.SSL2:
        return None
    shown = NAMES.get(answer.version)
    is_offered = answer.suite in question.suites
    is_fitting = (answer.suite in TLS13_SUITES) is (shown is TlsVersion.TLS13)
    is_possible = shown is not None and TlsVersion.SSL2 < shown <= asked
    return shown if is_possible and is_offered and is_fitting else None


def refusal(version: TlsVersion, answer: Answer, before: Answer | None = None) -> str:
    """How an answer declines a version, in words; "" where it does not.

    `before`: the answer of a first look that was misleading, None on the first look.
    """
    match answer:
        case ServerHello() if instead := picked_instead(version, answer):
            return f"ServerHello of {instead.label}"
        case Ssl2Error(code=code) if version is TlsVersion.SSL2:
            return f"SSL 2.0 error {code}"
        case Alert(code=code):
            return _refusing_alert(version, code, before)
        case Silence() if version is TlsVersion.SSL2 and _closes(answer) and before is not None and _closes(before):
            return f"{CLOSED}, twice"
    return ""


def picked_instead(version: TlsVersion, answer: ServerHello) -> TlsVersion | None:
    """The version that a server picks which does not have the one asked for: an older one; None for any other.

    A hello of SSL 2.0 opens newer conversations too (RFC 5246 appendix E.2).
    """
    shown = NAMES.get(answer.version)
    if shown is None or shown is TlsVersion.SSL2:
        return None
    return shown if shown < version or version is TlsVersion.SSL2 else None


def misleads(version: TlsVersion, answer: Answer) -> bool:
    """Is it an answer that one look must not settle, and that a second one at once may?"""
    match answer:
        case Alert(code=code):
            return code == INTERNAL_ERROR or code in DOUBTFUL.get(version, ())
        case Silence():
            return version is TlsVersion.SSL2 and _closes(answer)
    return False


def unclear(version: TlsVersion, answer: Answer) -> tuple[Reason, str]:
    """Why an answer says nothing about the version, and what it was."""
    said = f"the {version.label} hello {words(answer)}"
    match answer:
        case Silence(reason=reason):
            return reason, said
        case Alert():
            return Reason.TLS_FAILED, f"{said}, which refuses no version"
        case Ssl2Hello():
            return (
                Reason.TLS_FAILED,
                f"{said} without any cipher: whether one can be forced on it (CVE-2015-3197) is open",
            )
    return Reason.MALFORMED, f"{said}, which was not offered"


def contradicts(answer: Answer) -> bool:
    """Is it a plain answer: a choice, or a decline? One that differs from what the same hello got is another server's.

    No throttle answers so, and no crash.
    """
    return isinstance(answer, ServerHello) or (isinstance(answer, Alert) and answer.code in REFUSALS)


def closing(answer: Answer) -> Reason | None:
    """How the server ended the connection, CLOSED or RESET, if that was all that it did, and soon; None otherwise."""
    return answer.closing if isinstance(answer, Silence) else None


def words(answer: Answer) -> str:
    """An answer as the end of "the hello …"."""
    match answer:
        case Silence(detail=detail):
            return f"got no answer ({detail})"
        case Alert(code=code):
            return f"got alert {code}"
        case ServerHello(version=version, suite=suite):
            return f"got a ServerHello of version {version:#06x} with suite {suite:#06x}"
        case Ssl2Hello() | Ssl2Error():
            return "got an answer of SSL 2.0"


def _refusing_alert(version: TlsVersion, code: int, before: Answer | None) -> str:
    names = SSL2_REFUSALS if version is TlsVersion.SSL2 else REFUSALS
    if code == INTERNAL_ERROR:
        return "alert 80 (internal_error) to two different hellos" if before == Alert(INTERNAL_ERROR) else ""
    if code in DOUBTFUL.get(version, ()) and before is None:
        return ""
    return f"alert {code} ({names[code]})" if code in names else ""


def _closes(answer: Answer) -> bool:
    return isinstance(answer, Silence) and answer.dialled and answer.reason in (Reason.CLOSED, Reason.RESET)
