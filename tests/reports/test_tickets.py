"""Tickets: one change each, the gravest first, and nothing that a target says has a power of its own in a tracker."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor import plugins
from auditor.model import Asset, Evidence, Finding, Letter, Outcome, Reason, Report, Sensitivity
from auditor.past import Key
from auditor.reports.harmless import UNSHOWN
from auditor.reports.remedies import REMEDIES, remedy
from auditor.reports.tickets import EVIDENCE_ROWS, PLACES, Ticket, files, render, tickets
from tests.reports.drawn import CHECKS, DRAWN, HOSTILE, reports
from tests.reports.example import FORM_1, FORM_2, SILENT, TOWN, finding, graded, stale, waived, with_findings

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
JIRA_TAKES = 32_767  # characters of a description
FAILS = ["Accepted risk", "Where", "Evidence", "Why it matters", "How to fix it", "Controls"]
UNSEEN = ["Accepted risk", "Where", "Evidence", "What stays open", "Why it matters", "How to fix it", "Controls"]
ENDS = ["What it does to the letter", "Check again"]


def made(report: Report) -> dict[str, Ticket]:
    return {ticket.cause: ticket for ticket in tickets(report, CHECKS)}


def page(report: Report, cause: str) -> str:
    return render(made(report)[cause])


def tokens(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def outside_code(text: str) -> str:
    """All that a tracker reads for mentions, references and links."""
    return "\n".join(token.content for token in tokens(text) if token.type == "text")


def test_one_ticket_for_a_check_in_a_system_however_many_places() -> None:
    assert [(ticket.cause, ticket.subject) for ticket in tickets(TOWN, CHECKS)] == [
        ("unseen-timeout", "site"),
        ("toy-c", "desk"),
    ]
    assert made(TOWN)["toy-c"].findings == (FORM_1, FORM_2)


def test_one_silent_host_is_one_ticket_not_one_for_each_check() -> None:
    ticket = made(TOWN)["unseen-timeout"]
    assert ticket.findings == SILENT
    assert ticket.title == "Town site: 2 checks could not be seen: no answer came in time."
    assert "- toy-a (critical)" in render(ticket)


def test_the_page_of_a_failure_as_a_whole() -> None:
    assert page(TOWN, "toy-c") == (
        "# `Help desk`: The endpoint does \\*not\\* do what it should.\n"
        "\n"
        "- Severity: medium, check toy-c, effort 2 (a certificate or DNS)\n"
        "- System: `desk`, with confidential data\n"
        "- Department: `Computing`\n"
        "- Owner: `desk team`\n"
        "- Seen by run `20260601T020000Z-4f1d0a`, as of 2026-05-31 22:00 EDT\n"
        "\n"
        "## Where\n"
        "\n"
        "- `desk/form` (`https://desk.elm.example/`) at `192.0.2.1:443`: `it says fail`\n"
        "- `desk/form` (`https://desk.elm.example/`) at `192.0.2.2:443`: `it says fail`\n"
        "\n"
        "## Evidence\n"
        "\n"
        "| Place | Looked at | Seen | Wanted |\n"
        "|---|---|---|---|\n"
        "| `desk/form 192.0.2.1:443` | `header X-Toy` | `off` | `on` |\n"
        "| `desk/form 192.0.2.2:443` | `header X-Toy` | `off` | `on` |\n"
        "\n"
        "## Why it matters\n"
        "\n"
        'Somebody \\<could\\> read along, see `"Principal": "*"`.\n'
        "\n"
        "## How to fix it\n"
        "\n"
        "Type `toy set --on | more`, then restart\\_the\\_service.\n"
        "\n"
        "## Controls\n"
        "\n"
        "- RFC 8996\n"
        "- NIST SP 800-52r2 3.1\n"
        "\n"
        "## What it does to the letter\n"
        "\n"
        "`Help desk` stands at C (at worst F: 1 check could not be seen). This alone holds it there. "
        "Done, it rises to B, as far as was seen.\n"
        "\n"
        "## Check again\n"
        "\n"
        "```sh\n"
        "auditor run --only system=desk\n"
        "```\n"
        "\n"
        "Fingerprint, to find this ticket again: `auditor-ticket:toy-c/desk`\n"
    )


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.NOT_APPLICABLE])
def test_what_is_no_fault_makes_no_ticket(outcome: Outcome) -> None:
    assert not made(with_findings(finding("desk/form", "toy-a", outcome=outcome)))


@pytest.mark.parametrize("reason", [Reason.INTERRUPTED, Reason.LEFT_OUT])
def test_what_a_partial_run_left_out_makes_no_ticket(reason: Reason) -> None:
    assert not made(with_findings(*(replace(found, reason=reason.word) for found in SILENT)))


def test_an_owners_word_that_it_fails_is_a_failure_to_fix() -> None:
    told = replace(SILENT[0], reason=Reason.ATTESTED_FAILURE.word)
    ticket = made(with_findings(told))["toy-a"]
    assert not ticket.is_unseen
    assert "How to fix it" in render(ticket)


def test_no_findings_make_no_tickets() -> None:
    assert not list(files(with_findings(), CHECKS))


def test_the_gravest_come_first_and_what_is_accepted_last() -> None:
    """By severity, then what was seen, then by the data behind it."""
    report = with_findings(
        waived(finding("desk/form", "toy-a")),
        finding("desk/form", "toy-d-e"),
        finding("site/www", "toy-c"),
        finding("desk/form", "toy-c"),
        SILENT[1],
        finding("desk/form", "toy-b"),
    )
    assert [(ticket.cause, ticket.subject) for ticket in tickets(report, CHECKS)] == [
        ("toy-b", "desk"),
        ("unseen-timeout", "site"),
        ("toy-c", "desk"),
        ("toy-c", "site"),
        ("toy-d-e", "desk"),
        ("toy-a", "desk"),
    ]


def test_an_assets_own_sensitivity_counts() -> None:
    grave = tuple(replace(asset, sensitivity=Sensitivity.RESTRICTED) for asset in TOWN.assets if asset.system == "site")
    rest = tuple(asset for asset in TOWN.assets if asset.system != "site")
    report = replace(with_findings(finding("site/www", "toy-c"), FORM_1), assets=rest + grave)
    assert [ticket.subject for ticket in tickets(report, CHECKS)] == ["site", "desk"]


def test_a_waiver_that_covers_it_is_said_with_its_owner() -> None:
    text = page(with_findings(waived(FORM_1), FORM_2), "toy-c")
    assert "Waiver `W-7` until the end of 2026-05-31, risk owner `Clerk`, approved by `CIO`: `soon gone`" in text
    assert "That covers 1 of 2 places." in text
    assert "That covers every place." in page(with_findings(waived(FORM_1)), "toy-c")


def test_since_is_the_earliest_of_its_places_in_the_citys_zone() -> None:
    opened: Mapping[Key, datetime] = {
        FORM_1.key: datetime(2026, 5, 2, 1, tzinfo=UTC),
        FORM_2.key: datetime(2026, 5, 9, 1, tzinfo=UTC),
    }
    assert "- Since 2026-05-01 21:00 EDT\n" in render(made(TOWN)["toy-c"], opened.get)
    assert "Since" not in render(made(TOWN)["toy-c"])


def test_a_stale_and_a_flapping_failure_say_so() -> None:
    text = page(with_findings(replace(stale(FORM_1), flapping=True)), "toy-c")
    assert "(last seen 2026-05-24 22:00 EDT; seen both ways, the worse counts)" in text


def test_what_it_does_to_the_letter_names_what_else_holds_it() -> None:
    other = finding("desk/form", "toy-b", "x")
    later = finding("desk/form", "toy-d-e")
    desk = graded("desk", Letter.C, FORM_1, FORM_2, other, following=None)
    report = replace(with_findings(FORM_1, FORM_2, other, later), system_grades=(TOWN.system_grades[0], desk))
    assert "This holds it there, and so does: toy-b." in page(report, "toy-c")
    assert "What holds it there: toy-c (2), toy-b." in page(report, "toy-d-e")


def test_places_and_evidence_are_cut_at_the_stated_number() -> None:
    many = [finding("desk/form", "toy-c", f"192.0.2.1:{port:05}") for port in range(100)]
    text = page(with_findings(*many), "toy-c")
    assert text.count("\n- `desk/form`") == PLACES
    assert f"- and {100 - PLACES} more" in text
    assert text.count("\n| `desk/form") == EVIDENCE_ROWS
    assert "85 rows more" in text


def test_an_ad_hoc_check_has_tickets_by_target() -> None:
    target = Asset(id="a.example", kind="web", address="https://a.example", system="")
    report = replace(
        with_findings(finding("a.example", "toy-a")),
        organisation=None,
        systems=(),
        system_grades=(),
        department_grades=(),
        assets=(target,),
        asset_grades=(graded("a.example", Letter.F, finding("a.example", "toy-a")),),
    )
    text = page(report, "toy-a")
    assert "\nauditor check https://a.example\n" in text
    assert text.startswith("# `a.example`: ")


@DRAWN
@given(reports())
def test_every_failure_and_every_unknown_has_exactly_one_ticket(report: Report) -> None:
    all_of_them = list(tickets(report, CHECKS))
    told = [found.key for ticket in all_of_them for found in ticket.findings]
    assert sorted(told) == [found.key for found in report.findings if is_worth_one(found)]
    names = [ticket.file_name for ticket in all_of_them]
    assert len(set(names)) == len({ticket.fingerprint for ticket in all_of_them}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9._-]+\.md", name) and len(name) < 200 for name in names)


def is_worth_one(found: Finding) -> bool:
    skipped = {Reason.INTERRUPTED.word, Reason.LEFT_OUT.word}
    return found.outcome is Outcome.FAIL or (found.outcome is Outcome.UNKNOWN and found.reason not in skipped)


@DRAWN
@given(reports())
def test_no_text_of_a_target_is_markup_mention_reference_link_or_command(report: Report) -> None:
    for ticket in tickets(report, CHECKS):
        text = render(ticket)
        bare = outside_code(text)
        assert not set(bare) & set("@#!$")
        assert not re.search(r"evil|www|://|javascript|/assign|reboot|n[A-Z]", bare)
        found = {token.type for token in tokens(text)}
        assert not {
            kind for kind in found if kind.startswith(("html", "link", "image", "em", "strong", "s_", "code_b"))
        }
        assert not [line for line in text.splitlines() if line.startswith(("/", " ", "\t", ">"))]
        assert sections(text) == [head for head in (UNSEEN if ticket.is_unseen else FAILS) + ENDS if head in text]
        assert {line.count("|") for line in text.splitlines() if line.startswith("|")} <= {5}
        assert len(text) <= JIRA_TAKES
        assert {one for one in text if unicodedata.category(one) in UNSHOWN} == {"\n"}
        assert text == render(ticket)


def sections(text: str) -> list[str]:
    """The second-level headings; there is one of the first level, which begins the page."""
    kinds = list(tokens(text))
    heads = [(head.tag, inline.content) for head, inline in pairwise(kinds) if head.type == "heading_open"]
    assert [tag for tag, _ in heads].count("h1") == 1
    assert heads[0][0] == "h1"
    return [content for tag, content in heads if tag == "h2"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_at_every_place_at_once(text: str) -> None:
    system = replace(TOWN.systems[1], id=f"n{text}", name=text, owner=text)
    asset = replace(TOWN.assets[0], id=f"m{text}", address=text or "x", system=system.id)
    waiver = replace(TOWN.waivers[0], id=f"w{text}", reason=text, risk_owner=text, approved_by=text)
    many = [
        replace(
            FORM_1,
            asset=asset.id,
            locus=f"{n}{text}",
            summary=text,
            waiver=waiver.id,
            evidence=(Evidence(text, text, text),),
        )
        for n in range(99)
    ]
    report = replace(
        with_findings(*many),
        systems=(system,),
        system_grades=(graded(system.id, Letter.C, *many),),
        assets=(asset,),
        asset_grades=(graded(asset.id, Letter.C, *many),),
        waivers=(waiver,) * 50,
    )
    (ticket,) = tickets(report, CHECKS)
    drawn = render(ticket)
    assert len(drawn) <= JIRA_TAKES
    assert not re.search(r"evil|www|://|javascript|/assign|reboot|@|#|北京|xxx", outside_code(drawn))
    assert sections(drawn) == FAILS + ENDS
    assert {line.count("|") for line in drawn.splitlines() if line.startswith("|")} == {5}


def test_the_command_is_safe_to_paste() -> None:
    system = replace(TOWN.systems[1], id="desk; reboot $(reboot)")
    asset = replace(TOWN.assets[0], system=system.id)
    grade = graded(system.id, Letter.C, FORM_1)
    report = replace(
        with_findings(FORM_1), systems=(system,), system_grades=(grade,), assets=(asset,), asset_grades=(grade,)
    )
    assert "\nauditor run --only 'system=desk; reboot $(reboot)'\n" in page(report, "toy-c")


def test_the_same_findings_in_another_order_give_the_same_tickets() -> None:
    turned = replace(
        TOWN, findings=TOWN.findings[::-1], systems=TOWN.systems[::-1], system_grades=TOWN.system_grades[::-1]
    )
    assert drawn(turned) == drawn(TOWN)


def drawn(report: Report) -> list[tuple[str, str]]:
    return [(name, "".join(pieces)) for name, pieces in files(report, CHECKS)]


def test_every_reason_has_a_remedy() -> None:
    assert set(REMEDIES) == set(Reason)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in REMEDIES.values())
    assert remedy("of a later version")


def test_the_text_of_every_installed_check_is_text() -> None:
    """No markup comes of a docstring but its code spans."""
    for check in plugins.load().checks:
        report = with_findings(replace(FORM_1, check=check.id, severity=check.severity))
        (ticket,) = tickets(report, {check.id: check})
        text = render(ticket)
        found = {token.type for token in tokens(text)}
        assert not {
            kind for kind in found if kind.startswith(("html", "link", "image", "em", "strong", "s_", "code_b"))
        }, text
        assert sections(text)[-4:] == ["How to fix it", "Controls", *ENDS]
