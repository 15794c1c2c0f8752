"""`--resume`: when it goes on with a run that was broken off, and the one sentence with which it refuses."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.nights import toys
from tests.nights.children import Zygote, until_kept
from tests.nights.village import Village

LISTED = ("hall/front", "hall/back", "mill/gate")
AFRESH = "Start a new run without --resume: what this one saw is judged and kept first.\n"


@pytest.fixture
def broken_off(village: Village, children: Zygote) -> Village:
    """A first run that was killed while it looked at its last door."""
    village.world["gate.elm.example"]["seconds"] = 30.0
    child = children.run(village, "-q")
    until_kept(village, 2)
    child.kill()
    village.world["gate.elm.example"].pop("seconds")
    village.looked()
    return village


def refused(village: Village, *words: str) -> str:
    left = village.run("--resume", *words)
    assert left.code == 2, left.err
    assert left.out == ""
    assert left.err.count("\n") == 1
    assert village.looked() == [], "nothing was probed"
    return left.err


def test_without_a_store_there_is_nothing_to_resume(village: Village) -> None:
    assert refused(village) == (
        "auditor: No run was broken off: there is nothing to resume. Start one without --resume.\n"
    )


def test_after_a_run_that_ended_there_is_nothing_to_resume(village: Village) -> None:
    village.run()
    village.looked()
    assert "nothing to resume" in refused(village)


def test_it_goes_on_where_the_run_was_broken_off(broken_off: Village) -> None:
    broken_off.sleep(0.9)
    left = broken_off.run("--resume")
    assert left.code == 0, left.err
    assert broken_off.looked() == ["nightly mill/gate"]
    assert broken_off.report["run"]["complete"]
    assert "nothing to resume" in refused(broken_off)


def test_a_run_of_yesterday_is_another_nights(broken_off: Village) -> None:
    broken_off.hands.now += timedelta(hours=24)
    assert broken_off.run("--resume").code == 0
    broken_off.looked()


def test_older_than_a_day_it_is_too_old(broken_off: Village) -> None:
    broken_off.hands.now += timedelta(hours=24, seconds=1)
    assert refused(broken_off) == (
        f"auditor: The run that began at 2026-03-02 02:00 UTC is more than 24 hours old. {AFRESH}"
    )


def test_another_inventory_is_another_question(broken_off: Village) -> None:
    broken_off.list(*LISTED, "mill/wheel")
    assert refused(broken_off) == (
        "auditor: The run that began at 2026-03-02 02:00 UTC was asked something else: the inventory, the rubric or "
        f"the options differ. {AFRESH}"
    )


def test_another_layout_of_the_inventory_is_the_same_question(broken_off: Village) -> None:
    broken_off.path.write_text("# the same\n" + broken_off.path.read_text())
    assert broken_off.run("--resume").code == 0


@pytest.mark.parametrize("words", [["--only=system=hall"], ["--tier=nightly"]])
def test_other_options_are_another_question(broken_off: Village, words: list[str]) -> None:
    assert "the inventory, the rubric or the options differ" in refused(broken_off, *words)


def test_another_rubric_is_another_question(broken_off: Village) -> None:
    from auditor.rubric import rubric_text

    rubric = broken_off.folder / "rubric.toml"
    rubric.write_text(rubric_text(None).replace("nightly = 7", "nightly = 6"))
    assert "the inventory, the rubric or the options differ" in refused(broken_off, f"--rubric={rubric}")


def test_another_version_of_a_plug_in_is_another_question(broken_off: Village) -> None:
    broken_off.install(version="2")
    assert refused(broken_off) == (
        "auditor: The run that began at 2026-03-02 02:00 UTC was another version of the program, or of its plug-ins. "
        f"{AFRESH}"
    )


def test_a_clock_that_was_set_back_since_would_undo_what_was_seen(broken_off: Village) -> None:
    broken_off.hands.now -= timedelta(hours=1)
    assert "The clock" in refused(broken_off)
    left = broken_off.run()
    assert left.code == 0, left.err
    assert re.match(r"auditor: run \S+ was broken off; what it saw is judged and kept\.\n", left.err)


@pytest.mark.parametrize("change", ["too old", "another inventory", "another version"])
def test_after_every_refusal_a_new_run_is_the_way_out(broken_off: Village, change: str) -> None:
    if change == "too old":
        broken_off.sleep(3)
    elif change == "another inventory":
        broken_off.list(*LISTED, "mill/wheel")
        broken_off.show(wheel="locked")
    else:
        broken_off.install(version="2")
    assert broken_off.run("--resume").code == 2
    left = broken_off.run()
    assert left.code == 0, left.err
    assert "was broken off; what it saw is judged and kept." in left.err


def test_what_was_left_over_may_be_unreadable_by_now(broken_off: Village) -> None:
    """A plug-in was removed since, or its facts have another shape: the night must go on all the same."""
    broken_off.install([toys.vault_open], "2", door=toys.Portal)
    broken_off.list("hall/front tiers: [nightly, deep]", "hall/back", "mill/gate")
    left = broken_off.run()
    assert left.code in (0, 3), left.err
    assert "was broken off" in left.err


def test_a_resumed_run_that_lost_half_is_not_asked_again(village: Village, children: Zygote) -> None:
    village.run()
    village.sleep()
    village.list("hall/front")
    village.world["front.elm.example"]["seconds"] = 30.0
    village.looked()
    child = children.run(village, "-q", "--accept-shrink")
    until_kept(village, 0)
    child.kill()
    village.world["front.elm.example"].pop("seconds")
    left = village.run("--resume")
    assert left.code == 3, left.err
    assert "mill/gate" in {row["id"] for row in village.report["assets"]}
