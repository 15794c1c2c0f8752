"""`auditor explain` of a finding: since when, what it rests on, and what it does to each letter."""

from __future__ import annotations

import json
import re
import zlib
from datetime import datetime, timedelta

from sqlalchemy import select

from auditor.codec import digest
from auditor.store import Address, opened, pruning, runs
from auditor.store.tables import facts as facts_table
from tests.nights.explaining import (
    explained,
    nights,
    told,
    whole_lines,  # noqa: F401 - fixtures
)
from tests.nights.village import DAY, FIRST, Village

WAIVER = """\
waivers:
  - {id: W-1, check: door-open, asset: hall/front, reason: soon gone, risk_owner: Clerk, approved_by: CIO,
     approved: 2026-01-01, expires: 2026-12-31}
"""
ATTESTATION = """\
attestations:
  - {id: T-1, check: door-open, asset: hall/front, outcome: pass, statement: I locked it, by: Porter,
     made: 2026-01-01, expires: 2026-12-31}
"""


# A finding: since when, and what it rests on.


def test_the_first_three_lines_say_who_what_and_since_when(village: Village) -> None:
    nights(village, "locked", "open", "open")
    first = told(village, "hall/front", "door-open").splitlines()[:3]
    assert first == [
        "The hall, hall/front (https://front.elm.example/): door-open fails.",
        "What is wrong: The door is open. The lock is open.",
        "It has failed since 2026-03-03 03:00 CET. It holds The hall at C.",
    ]


def test_a_finding_says_what_it_was_before(village: Village) -> None:
    nights(village, "locked", "open", "!timeout", "locked", "none")
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert [(past["outcome"], past["standing"]) for past in one["past"]] == [
        ("pass", "now"),
        ("fail", "now"),
        ("fail", "stale"),
        ("pass", "now"),
        ("not_applicable", "now"),
    ]
    text = told(village, "hall/front", "door-open")
    past = re.findall(r"^  2026-03-(\d\d) 03:00 CET, run \S+: (.+)$", text, re.MULTILINE)
    assert past == [
        ("06", "does not arise"),
        ("05", "passes"),
        ("04", "fails, not seen that time"),
        ("03", "fails"),
        ("02", "passes"),
    ]


def test_it_is_explained_as_it_was_in_an_earlier_run(village: Village) -> None:
    nights(village, "locked", "open")
    first = village.diff()["before"]["id"]
    assert told(village, "hall/front", "door-open", f"--run={first}").splitlines()[0].endswith("door-open passes.")
    (one,) = explained(village, "hall/front", "door-open", "--run", first)["explained"]
    assert [past["outcome"] for past in one["past"]] == ["pass"], "nothing later than the run"


def test_the_facts_are_those_of_the_store_under_their_digest(village: Village) -> None:
    nights(village, "open")
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    (facts,) = one["judged_from"]["facts"]
    assert (facts["type"], facts["seen"], facts["facts"]["state"]) == ("Door", True, "open")
    with opened(Address(file=village.store)) as store, store.reading() as connection:
        query = select(facts_table.c.body).where(facts_table.c.sha256 == bytes.fromhex(facts["sha256"]))
        body = zlib.decompress(connection.execute(query).scalar_one())
    assert digest(body) == facts["sha256"]
    assert json.loads(body)["facts"] == {**facts["facts"], "observed_at": "1970-01-01T00:00:00Z"}
    assert f"SHA-256 {facts['sha256']}" in told(village, "hall/front", "door-open")


def test_a_failure_that_was_not_seen_again_stands_and_says_why(village: Village) -> None:
    nights(village, "open", "!timeout", "!timeout")
    document = explained(village, "hall/front", "door-open")
    (one,) = document["explained"]
    assert document["findings"][0]["standing"] == "stale"
    assert (one["seen_now"]["outcome"], one["seen_now"]["reason"]) == ("unknown", "timeout")
    assert one["judged_from"]["run"] != document["run"]["id"], "from the run that saw it"
    assert one["judged_from"]["facts"][0]["facts"]["state"] == "open"
    text = told(village, "hall/front", "door-open")
    assert "It has failed since 2026-03-02 03:00 CET. Not seen this time: the answer of 2026-03-02 03:00 CET" in text
    assert "This time it could not be seen: no answer came in time." in text
    assert "To have it seen: See that the service runs" in text
    assert "Time alone ends nothing" in text


def test_a_pass_that_was_not_seen_again_says_when_it_stops_counting(village: Village) -> None:
    nights(village, "locked", "!refused")
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert datetime.fromisoformat(one["stops_counting"]) == FIRST + 7 * DAY
    text = told(village, "hall/front", "door-open")
    assert "The old answer counts until 2026-03-09 03:00 CET; then it is unknown." in text
    assert "it allows any letter; at worst C" in text
    village.sleep(5)
    nights(village, "!refused")
    text = told(village, "hall/front", "door-open")
    assert text.splitlines()[0].endswith("door-open could not be seen.")
    assert "It could not be seen: the connection was refused." in text
    assert "It has not been seen since 2026-03-09 03:00 CET. It allows C at best; The hall has NG for other" in text
    assert "Door, not seen: the connection was refused" in text


def test_a_failure_whose_question_does_not_arise_any_more_says_when_it_is_over(village: Village) -> None:
    nights(village, "open", "none", "none")
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    begins, ends = FIRST + DAY, FIRST + 8 * DAY
    assert [datetime.fromisoformat(one[key]) for key in ("absent_since", "ends_if_absent_at")] == [begins, ends]
    assert "is over with the first look from 2026-03-10 03:00 CET on" in told(village, "hall/front", "door-open")
    village.hands.now = ends - timedelta(minutes=1)
    village.run("-q")
    assert village.finding("hall/front")["outcome"] == "fail"
    village.hands.now = ends
    village.run("-q")
    assert village.finding("hall/front")["outcome"] == "not_applicable", "as it was foretold"


def test_a_failure_whose_place_is_gone_says_so_too(village: Village) -> None:
    nights(village, {"a": "open", "b": "locked"}, {"b": "locked"})
    (one,) = explained(village, "hall/front", "door-open", "a")["explained"]
    assert (one["seen_now"]["outcome"], one["seen_now"]["summary"]) == ("not_applicable", "it was gone")
    assert datetime.fromisoformat(one["ends_if_absent_at"]) == FIRST + 8 * DAY
    assert "This time it did not arise: it was gone." in told(village, "hall/front", "door-open", "a")


def test_a_place_that_is_seen_both_ways_shows_both_looks(village: Village) -> None:
    nights(village, "locked", ["open", "locked"])
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert [(row["look"], row["facts"]["state"]) for row in one["judged_from"]["facts"]] == [
        (1, "open"),
        (2, "locked"),
    ]
    text = told(village, "hall/front", "door-open")
    assert "looked at a second time" in text
    assert "It was seen both ways in one run, and the worse counts." in text
    assert ": fails, seen both ways\n" in text


def test_a_waiver_is_said_with_who_bears_it_and_until_when(village: Village) -> None:
    village.list("hall/front", "hall/back", "mill/gate", more=WAIVER)
    nights(village, "open")
    text = told(village, "hall/front", "door-open")
    assert "waiver W-1: Clerk bears the risk until the end of 2026-12-31, approved by CIO on 2026-01-01: Soon" in text
    assert "  with accepted risks: nothing\n" in text
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert (one["allows"]["letter"], one["allows"]["with_accepted_risks"]) == ("C", "A+")
    assert one["waiver"]["risk_owner"] == "Clerk"


def test_an_attestation_is_said_with_whose_word_it_is(village: Village) -> None:
    village.list("hall/front", "hall/back", "mill/gate", more=ATTESTATION)
    nights(village, "!timeout")
    text = told(village, "hall/front", "door-open")
    assert "door-open passes.\n" in text
    assert "Nobody saw it: somebody's word counts." in text
    assert "attestation T-1: Porter said on 2026-01-01 that it passes, until the end of 2026-12-31: I locked" in text
    assert "The first look that sees it, or the end of 2026-12-31: then it is unknown." in text
    assert "To have it seen: See that the service runs" in text
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert one["judged_from"]["facts"] == []


def test_a_rename_keeps_the_story_and_the_facts(village: Village) -> None:
    nights(village, "locked", "open")
    village.list("hall/door formerly: [hall/front]", "hall/back", "mill/gate")
    village.show(door="!timeout")
    village.run("-q")
    for name in ("hall/door", "hall/front"):
        (one,) = explained(village, name, "door-open")["explained"]
        assert one["asset"] == "hall/door"
        assert [past["outcome"] for past in one["past"]] == ["pass", "fail", "fail"], "the old name's end is no part"
        assert one["judged_from"]["facts"][0]["facts"]["state"] == "open"
    assert "It has failed since 2026-03-03 03:00 CET." in told(village, "hall/door", "door-open")


def test_what_was_pruned_is_said_and_what_a_grade_rests_on_stays(village: Village) -> None:
    nights(village, "open", "!timeout", "!timeout")
    with opened(Address(file=village.store)) as store, store.writing() as connection:
        pruning.prune(connection, village.hands.now)
        first = runs.finished_runs(connection)[0].id
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    assert one["judged_from"]["run"] == first
    assert one["judged_from"]["facts"][0]["facts"]["state"] == "open"
    left = village.ask("explain", "hall/front", f"--run={first}")
    assert left.code == 2
    assert "was pruned" in left.err


def test_what_all_assets_say_together_is_explained_from_all_of_the_assets_own_facts(village: Village) -> None:
    village.install(across=True)
    village.show(front={"a": "open", "b": "open"})
    village.run("-q")
    (one, _) = explained(village, "hall/front", "door-alike")["explained"]
    assert [row["locus"] for row in one["judged_from"]["facts"]] == ["a", "b"]


# Letters.


def test_what_it_does_to_each_letter_is_the_reports_word(village: Village) -> None:
    village.show(front="open", back="open", gate="open")
    village.run("-q")
    (one,) = explained(village, "hall/front", "door-open")["explained"]
    levels = {level["kind"]: level for level in one["letters"]}
    for kind, rows in (("asset", "assets"), ("system", "systems")):
        name = {"asset": "hall/front", "system": "hall"}[kind]
        row = next(row for row in village.report[rows] if row["id"] == name)
        assert (levels[kind]["letter"], levels[kind]["next"]) == (row["letter"], row["next"]["letter"])
        assert levels[kind]["holds"] == (["hall/front", "door-open", ""] in row["held_by"])
        assert levels[kind]["others"] == len(row["held_by"]) - 1
        assert (levels[kind]["is_step"], levels[kind]["steps"]) == (True, len(row["next"]["steps"]))
        told = {one["check"]: one["letter"] for one in row["fixed_alone"]}
        assert levels[kind]["fixed_alone"] == told["door-open"]
    assert list(levels) == ["asset", "system", "department", "city"]
