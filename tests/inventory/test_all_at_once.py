"""All complaints of a file come together, in its order, each where it stands; one fault does not hide another."""

from __future__ import annotations

from tests.inventory.writing import complaints, located, marked, spoilt

BAD = """\
schema: inventory/v1
organisation: {id: elm, name: Town of Elm, timezone: §Europe/Pari}
scope: {dns_suffixes: [elm.example], subnets: [192.0.2.0/24]}
data_classes:
  contact: {tier: §confidental}
departments:
  - {id: it, name: Computing, §hed: cio}
  - {id: §it, name: Again}
systems:
  - §id: site
    name: Site
    §departmnt: it
    owner: web team
    data_classes: [contact, §opn]
    assets:
      - {id: www, kind: web, url: §"https://audit:hunter2@www.elm.example/"}
      - {id: §www, kind: server, host: §elsewhere.example, port: §99999, §password: hunter2}
  - id: two
    name: Two
    department: §its
    owner: x
    assets: [{id: f, kind: §buckt, name: F}]
waivers:
  - id: W-1
    asset: §site/wwv
    check: §swap-plan
    reason: x
    risk_owner: Ann Lee
    approved_by: §ann  lee
    approved: §2026-02-30
    expires: §soon
  - id: W-2
    asset: two/f
    check: swap-plain
    reason: §" "
    risk_owner: a
    approved_by: b
    approved: 2026-01-01
    expires: §2025-01-01
retired:
  - {id: §two, kind: system, retired: 2026-01-01, §reason: }
"""
MESSAGES = (
    "'timezone': this is no IANA time zone, like America/New_York. (did you mean 'Europe/Paris'?)",
    "'tier' is 'confidental', not public, internal, confidential or restricted. (did you mean 'confidential'?)",
    "unknown key 'hed'. (did you mean 'head'?)",
    "the department 'it' stands already in line 7.",
    "the key 'department' is missing.",
    "unknown key 'departmnt'. (did you mean 'department'?)",
    "the data class 'opn' is not declared.",
    "'url': a user or password stands in this URL: take it out, and change the password.",
    "the asset 'www' stands already in line 16.",
    "'elsewhere.example' lies outside the scope: scope.dns_suffixes does not hold it.",
    "'port' must be at most 65535.",
    "'password' looks like a secret: name a credential instead.",
    "the department 'its' is not declared. (did you mean 'it'?)",
    "'kind' is 'buckt', not web, server, bucket, account, tls, mx or devices. (did you mean 'bucket'?)",
    "the waiver matches nothing: no asset 'site/wwv' is listed. (did you mean 'site/www'?)",
    "the waiver matches nothing: there is no check 'swap-plan'. (did you mean 'swap-plain'?)",
    "whoever bears the risk cannot approve the waiver.",
    "'approved': 2026-02-30 is no day of the calendar.",
    "'expires': a date is written YYYY-MM-DD, like 2027-06-30.",
    "'reason': this text is empty.",
    "the waiver expires before it is approved (2026-01-01).",
    "'two' is retired and still listed.",
    "'reason' has no value: write one, or leave the key out.",
)


def test_every_fault_is_reported_at_once_with_its_line_and_column() -> None:
    text, places = marked(BAD)
    assert complaints(text) == located(places, MESSAGES)


def test_two_missing_keys_of_one_entry_are_two_complaints() -> None:
    text, ((line, column),) = marked(
        spoilt(("- id: site\n", "- §id: site\n"), ("    owner: web team\n", ""), ("    name: Site\n", ""))
    )
    assert complaints(text) == [
        f"city.yaml:{line}:{column}: the key 'name' is missing.",
        f"city.yaml:{line}:{column}: the key 'owner' is missing.",
    ]


def test_a_scope_that_cannot_be_read_accuses_no_asset() -> None:
    text, places = marked(spoilt(("[elm.example]", "[§elm_example]")))
    assert complaints(text) == located(places, ("'dns_suffixes': this is not a host name or an IP address.",))


def test_a_scope_without_suffixes_and_subnets_holds_no_host() -> None:
    text, places = marked(
        spoilt(
            ("  dns_suffixes: [elm.example]\n  subnets: [192.0.2.0/24]\n", ""),
            ('"https://www', '§"https://www'),
            ("host: db", "host: §db"),
        )
    )
    message = "'{}.elm.example' lies outside the scope: scope.dns_suffixes does not hold it."
    assert complaints(text) == located(places, (message.format("www"), message.format("db")))


def test_an_asset_in_an_ipv6_subnet_is_in_scope_however_it_is_written() -> None:
    text = spoilt(("192.0.2.0/24", '"2001:db8::/32"'), ("host: db.elm.example", 'host: "2001:0DB8:0:0::0001"'))
    assert complaints(text) == []


def test_an_address_that_is_excluded_is_found_however_it_is_written() -> None:
    text, places = marked(
        spoilt(
            ("192.0.2.0/24", '"2001:db8::/32"'),
            ("match: scada.elm.example", 'match: "2001:db8::1"'),
            ("host: db.elm.example", 'host: §"2001:0DB8:0:0::0001"'),
        )
    )
    assert complaints(text) == located(places, ("'2001:db8::1' is listed here and excluded in line 8.",))


def test_a_waiver_of_a_check_that_is_never_asked_of_such_an_asset_matches_nothing() -> None:
    kinds = {"swap-plain": ("server",), "bucket-plain-http": ("bucket",)}
    assert complaints(spoilt(), kinds) == []
    text, places = marked(spoilt(("check: swap-plain", "check: §bucket-plain-http")))
    message = "the waiver matches nothing: bucket-plain-http is never asked of a server."
    assert complaints(text, kinds) == located(places, (message,))


def test_without_known_checks_no_check_id_is_examined() -> None:
    assert complaints(spoilt(("check: swap-plain", "check: some-new-check")), None) == []


def test_an_expired_waiver_is_no_error() -> None:
    text = spoilt(("approved: 2026-01-01", "approved: 2001-01-01"), ("expires: 2027-01-01", "expires: 2001-01-01"))
    assert complaints(text) == []
