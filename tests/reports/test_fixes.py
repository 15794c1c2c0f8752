"""Of a fix, the line for the server at hand; and no fix is written so that none can be picked."""

from __future__ import annotations

import re

import pytest

from auditor import plugins
from auditor.facts.starttls import PortSoftware
from auditor.facts.web import Software
from auditor.reports.fixes import NAMES, fix_for, read_fix

FIX = (
    "Name the curves. nginx: `ssl_ecdh_curve X25519;` in every block. Then reload. Apache: `Groups X25519`. "
    "HAProxy: `curves X25519`."
)


@pytest.mark.parametrize(
    ("software", "said"),
    [
        ("nginx", "Name the curves. nginx: `ssl_ecdh_curve X25519;` in every block. Then reload."),
        ("Apache", "Name the curves. Apache: `Groups X25519`."),
        ("HAProxy", "Name the curves. HAProxy: `curves X25519`."),
        ("IIS", FIX),
        (None, FIX),
    ],
)
def test_the_line_for_one_server(software: str | None, said: str) -> None:
    assert fix_for(FIX, software) == said


BOTH = "Allow it. nginx: `a`. Apache: `b`. Postfix: `c`. MySQL, MariaDB: `d`."


@pytest.mark.parametrize(
    ("software", "kind", "said"),
    [
        (None, "web", "Allow it. nginx: `a`. Apache: `b`."),
        (None, "tls", "Allow it. Postfix: `c`. MySQL, MariaDB: `d`."),
        ("Dovecot", "mx", "Allow it. Postfix: `c`. MySQL, MariaDB: `d`."),
        ("MySQL, MariaDB", "tls", "Allow it. MySQL, MariaDB: `d`."),
        ("Postfix", "mx", "Allow it. Postfix: `c`."),
        (None, "bucket", BOTH),
    ],
)
def test_lines_for_what_an_asset_cannot_be_are_left_out(software: str | None, kind: str, said: str) -> None:
    assert fix_for(BOTH, software, kind) == said


def test_assets_of_two_kinds_get_the_lines_for_either() -> None:
    assert read_fix(BOTH, kinds=("web", "mx")).rows == (
        "Allow it.",
        "nginx: `a`.",
        "Apache: `b`.",
        "Postfix: `c`.",
        "MySQL, MariaDB: `d`.",
    )


def test_lines_stand_below_one_another_and_a_single_one_with_what_holds_for_all() -> None:
    assert read_fix(BOTH, kinds=("web",)).rows == ("Allow it.", "nginx: `a`.", "Apache: `b`.")
    assert read_fix(BOTH, "nginx").rows == ("Allow it. nginx: `a`.",)
    assert read_fix("Renew it.").rows == ("Renew it.",)


def test_a_line_is_one_sentence_and_nothing_that_holds_for_all_hangs_at_the_last() -> None:
    """Who is shown the line of one server would miss it."""
    for check in plugins.load().checks:
        for line in read_fix(check.fix).lines:
            assert not re.search(r"[.:] [A-Z]", line.partition(": ")[2]), (check.id, line)


def test_where_there_are_no_other_lines_they_stay() -> None:
    assert fix_for(FIX, None, "tls") == FIX


def test_every_name_that_software_claims_is_one_that_fixes_know() -> None:
    assert {*Software, *PortSoftware} <= set(NAMES)


def test_versions_and_suites_have_a_line_for_every_server_that_can_be_told() -> None:
    fixes = {check.id: check.fix for check in plugins.load().checks}
    versions = ("tls-legacy-version", "tls-no-tls13")
    suites = (*(check for check in fixes if check.startswith("tls-") and "-suite" in check), "tls-rc4-only")
    primes = ("tls-dh-breakable", "tls-dh-short", "tls-dh-composite")
    for check in (*versions, *suites, *primes):
        for name in NAMES:
            if name != "IIS":
                assert fix_for(fixes[check], name) != fixes[check], (check, name)


@pytest.mark.parametrize(
    "check",
    [
        *("tls-legacy-version", "tls-cbc-suite", "tls-static-key-exchange", "tls-3des-suite"),
        *(
            "web-hsts-missing",
            "web-hsts-short",
            "web-hsts-fleeting",
            "web-http-not-redirected",
            "web-content-over-http",
        ),
    ],
)
def test_an_administrator_of_iis_is_not_shown_the_lines_of_others(check: str) -> None:
    own = fix_for(plugins.load().by_id[check].fix, "IIS", "web")
    assert "IIS: " in own
    assert "nginx" not in own


@pytest.mark.parametrize("check", ["tls-cbc-suite", "tls-old-hash-signature"])
def test_what_holds_for_all_stands_before_the_lines(check: str) -> None:
    fix = plugins.load().by_id[check].fix
    assert fix_for(fix, "nginx").partition(". nginx: ")[0] == fix_for(fix, "Apache").partition(". Apache: ")[0]
    assert fix_for(fix, "Apache").endswith("`.")


@pytest.mark.parametrize("text", ["", "Renew it.", "nginx: `x`", "See nginx: no line, and Apache: none."])
def test_a_fix_without_lines_stays(text: str) -> None:
    assert fix_for(text, "Apache") == text


def test_every_fix_that_names_a_server_can_be_picked_apart() -> None:
    """A line begins a sentence: else somebody's server would be told what to do for another."""
    for check in plugins.load().checks:
        for name in NAMES:
            if f"{name}: `" in check.fix:
                picked = fix_for(check.fix, name)
                others = [other for other in NAMES if other != name and f"{other}: `" in picked]
                assert f"{name}: `" in picked
                assert not others, (check.id, name, picked)
