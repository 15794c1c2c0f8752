"""The rules for web services: HTTPS at all, the way there from http, and HSTS."""

from __future__ import annotations

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, check, failed, not_applicable, passed
from auditor.facts.web import EffectiveHsts, HstsState, HttpEnd, HttpOutcome, HttpsAnswer, HttpsOffer, RedirectSafety
from auditor.model import Evidence, Verdict

YEAR_S = 31_536_000
HALF_YEAR_S = 15_552_000  # 180 days, what many guides and scanners ask
DAY_S = 86_400
HSTS_LINE = "max-age=31536000"
NO_TLS = {
    HttpsAnswer.REFUSED: "the port is closed, while plain HTTP answers with status {status}",
    HttpsAnswer.PLAIN_HTTP: "the port speaks HTTP without encryption",
    HttpsAnswer.NAME_REFUSED: "TLS is refused for this name, while plain HTTP answers with status {status}",
}
HSTS_FAULTS = {
    HstsState.ABSENT: "no such header",
    HstsState.INVALID: "it breaks the syntax, so browsers ignore it",
    HstsState.SWITCHED_OFF: "max-age=0 switches HSTS off",
    HstsState.BAD_CERTIFICATE: "browsers ignore it",
}


@check("web-no-https", reads=HttpsOffer, severity=CRITICAL, effort=3, controls=("OMB M-15-13", "BOD 18-01"))
def no_https(facts: HttpsOffer) -> Verdict:
    """Service is offered over plain HTTP only.

    Why: Whatever residents read and send can be read and changed by anybody on the way: in a café, at a provider,
    anywhere.
    Fix: Get a certificate and switch HTTPS on, for instance `certbot --nginx -d NAME` (Apache: `--apache`).
    """
    if facts.answer is HttpsAnswer.TLS:
        return passed("The service speaks TLS.")
    seen = NO_TLS[facts.answer].format(status=facts.plain_http_status)
    return failed("The service does not offer HTTPS.", Evidence(facts.url, seen, "a TLS handshake"))


@check("web-http-not-redirected", reads=HttpOutcome, severity=MEDIUM, effort=1, controls=("OMB M-15-13", "BOD 18-01"))
def http_not_redirected(facts: HttpOutcome) -> Verdict:
    """Plain HTTP does not lead to HTTPS.

    Why: People type addresses without https://. Without a redirect they stay on the unprotected side, or meet an error
    and believe the service is down.
    Fix: Redirect at once, or close port 80. nginx: `return 301 https://$host$request_uri;` in a `server` block of port
    80 alone. Apache: `Redirect permanent / https://NAME/` in the virtual host of port 80. HAProxy: `http-request
    redirect scheme https code 301 unless { ssl_fc }`. IIS: in IIS Manager the site's action "HSTS", "Enable" and
    "Redirect Http to Https" (Windows Server 2019 or later), or a rule of its module URL Rewrite.
    """
    if facts.end is HttpEnd.CLOSED:
        return not_applicable("nothing listens for plain HTTP")
    if facts.end is HttpEnd.HTTPS:
        return passed("Plain HTTP leads to HTTPS.")
    return failed("Plain HTTP does not lead to HTTPS.", Evidence(facts.url, facts.way, "a redirect to https"))


@check("web-content-over-http", reads=HttpOutcome, severity=HIGH, effort=1, controls=("OMB M-15-13", "BOD 18-01"))
def content_over_http(facts: HttpOutcome) -> Verdict:
    """Pages or logins are served over plain HTTP.

    Why: What is shown can be read and replaced on the way, and a password asked for here travels in the clear, even if
    the same service also offers HTTPS.
    Fix: Serve nothing but a redirect on port 80. nginx: `return 301 https://$host$request_uri;` in a `server` block of
    port 80 alone. Apache: `Redirect permanent / https://NAME/` in the virtual host of port 80. HAProxy: `http-request
    redirect scheme https code 301 unless { ssl_fc }`. IIS: in IIS Manager the site's action "HSTS", "Enable" and
    "Redirect Http to Https" (Windows Server 2019 or later), or a rule of its module URL Rewrite.
    """
    if facts.end is HttpEnd.CLOSED:
        return not_applicable("nothing listens for plain HTTP")
    if facts.end is not HttpEnd.CONTENT:
        return passed("Plain HTTP shows no content.")
    return failed(
        "Content is served over plain HTTP.", Evidence(facts.url, facts.way, "no page and no login over http")
    )


@check("web-https-downgrade", reads=RedirectSafety, severity=HIGH, effort=1, controls=("OMB M-15-13",))
def https_downgrade(facts: RedirectSafety) -> Verdict:
    """A redirect leads from HTTPS back to plain HTTP.

    Why: The visitor was safe and is sent back into the open, mostly without noticing.
    Fix: Make every redirect target an https:// address; look for `http://` in rewrite rules, in the application's base
    address, and for a proxy that does not send `X-Forwarded-Proto`.
    """
    if not facts.way:
        return not_applicable("nothing listens for plain HTTP")
    if not facts.downgrade:
        return passed("No redirect leads from https to http.")
    return failed("A redirect leads from https to http.", Evidence(facts.url, facts.downgrade, "https on every hop"))


@check(
    "web-hsts-missing",
    reads=EffectiveHsts,
    severity=MEDIUM,
    effort=1,
    controls=("RFC 6797", "BOD 18-01", "OMB M-15-13"),
)
def hsts_missing(facts: EffectiveHsts) -> Verdict:
    """Browsers are not told to use HTTPS always (HSTS).

    Why: Without it, every first request may go out unprotected, and an attacker in the same network can keep a visitor
    on plain HTTP.
    Fix: Send the header over HTTPS, with a certificate that browsers accept. nginx: `add_header
    Strict-Transport-Security "max-age=31536000" always;`, also in each `location` with an `add_header` of its own.
    Apache: `Header always set Strict-Transport-Security "max-age=31536000"` (mod_headers). HAProxy:
    `http-after-response set-header Strict-Transport-Security "max-age=31536000"`. IIS: in IIS Manager the site's action
    "HSTS", "Enable", Max-Age 31536000 (Windows Server 2019 or later).
    """
    if facts.state is HstsState.ADDRESS:
        return not_applicable("browsers keep no HSTS for a service that is named by an address")
    if facts.state is HstsState.KEPT:
        return passed("Browsers are told to use HTTPS always.")
    return failed(
        "HSTS has no effect here.", Evidence(f"Strict-Transport-Security of {facts.url}", _fault(facts), HSTS_LINE)
    )


@check("web-hsts-fleeting", reads=EffectiveHsts, severity=MEDIUM, effort=1, controls=("RFC 6797 11.2", "BOD 18-01"))
def hsts_fleeting(facts: EffectiveHsts) -> Verdict:
    """HSTS lasts less than half a year.

    Why: Most residents use a city service a few times a year. By their next visit the browser has forgotten the rule,
    as if there were none.
    Fix: Name a year. nginx: `add_header Strict-Transport-Security "max-age=31536000" always;`, also in each `location`
    with an `add_header` of its own. Apache: `Header always set Strict-Transport-Security "max-age=31536000"`
    (mod_headers). HAProxy: `http-after-response set-header Strict-Transport-Security "max-age=31536000"`. IIS: in IIS
    Manager the site's action "HSTS", "Enable", Max-Age 31536000 (Windows Server 2019 or later).
    """
    if facts.state is not HstsState.KEPT or facts.max_age_s is None:
        return not_applicable("there is no HSTS in effect")
    if facts.max_age_s >= HALF_YEAR_S:
        return passed("HSTS lasts half a year or more.")
    wanted = "half a year (15552000 s) at least, a year for an A+"
    row = Evidence(f"Strict-Transport-Security of {facts.url}", _length(facts.max_age_s), wanted)
    return failed("HSTS lasts less than half a year.", row)


@check("web-hsts-short", reads=EffectiveHsts, severity=LOW, effort=1, controls=("BOD 18-01", "hstspreload.org"))
def hsts_short(facts: EffectiveHsts) -> Verdict:
    """HSTS lasts less than a year.

    Why: A browser that does not visit in that time forgets the rule, and the next visit starts unprotected again.
    Fix: Name a year. nginx: `add_header Strict-Transport-Security "max-age=31536000" always;`, also in each `location`
    with an `add_header` of its own. Apache: `Header always set Strict-Transport-Security "max-age=31536000"`
    (mod_headers). HAProxy: `http-after-response set-header Strict-Transport-Security "max-age=31536000"`. IIS: in IIS
    Manager the site's action "HSTS", "Enable", Max-Age 31536000 (Windows Server 2019 or later).
    """
    if facts.state is not HstsState.KEPT or facts.max_age_s is None:
        return not_applicable("there is no HSTS in effect")
    if facts.max_age_s >= YEAR_S:
        return passed("HSTS lasts a year or more.")
    row = Evidence(f"Strict-Transport-Security of {facts.url}", _length(facts.max_age_s), "a year (31536000 s) or more")
    return failed("HSTS lasts less than a year.", row)


def _fault(facts: EffectiveHsts) -> str:
    fault = HSTS_FAULTS[facts.state]
    if facts.state is HstsState.BAD_CERTIFICATE:
        fault = f"{fault}, since {facts.certificate_fault}"
    return f"{facts.header}: {fault}" if facts.header else fault


def _length(seconds: int) -> str:
    """Seconds in words; the many who follow the six-month guides are told that it is half a year."""
    days = seconds // DAY_S
    note = ", about half a year" if HALF_YEAR_S <= seconds <= HALF_YEAR_S + 5 * DAY_S else ""
    return f"max-age={seconds} ({days} days{note})"


CHECKS = (
    no_https,
    http_not_redirected,
    content_over_http,
    https_downgrade,
    hsts_missing,
    hsts_fleeting,
    hsts_short,
)
