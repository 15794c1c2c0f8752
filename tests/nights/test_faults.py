"""What goes wrong around a run: clocks, folders, a store that vanishes, an inventory that shrank or is half broken."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum

import pytest

from tests.nights.children import Zygote, until_kept
from tests.nights.village import DAY, FIRST, HEAD, Village, inventory

# Clocks


def test_a_clock_that_was_set_back_keeps_failures_and_freshens_no_pass(village: Village) -> None:
    village.show(gate="open", back="open")
    village.run()
    village.hands.now -= 10 * DAY
    village.hands.step = timedelta(seconds=1)
    village.show(gate="!timeout", front="!timeout", back="locked")
    left = village.run()
    assert left.code == 3, left.err
    assert left.err.splitlines()[0] == (
        "auditor: the clock says 2026-02-20 02:00 UTC, but the last run ended at 2026-03-02 02:00 UTC. "
        "Failures that it saw stand; nothing else that it saw counts."
    )
    assert (village.finding("mill/gate")["outcome"], village.finding("mill/gate")["standing"]) == ("fail", "stale")
    assert village.finding("hall/front")["outcome"] == "unknown", "it passes from the future"
    assert village.finding("hall/back")["outcome"] == "pass"
    assert "backwards" in " ".join(village.diff()["causes"])
    village.hands.now = FIRST + DAY
    village.show(back="!timeout")
    left = village.run()
    assert "the clock says" not in left.err
    assert village.finding("hall/front")["outcome"] == "unknown", "nothing has freshened it"
    assert village.finding("mill/gate")["outcome"] == "fail"
    assert village.finding("hall/back")["outcome"] == "unknown", "it was seen to pass eleven days ago, by the clock"
    again = village.ask("judge last", "--json")
    assert again.out == (village.out / "report.json").read_text()


def test_a_clock_that_jumps_back_in_the_middle_of_a_run_stands_still_instead(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep()
    village.show(gate="!timeout")
    start = village.hands.now
    village.hands.step = -timedelta(minutes=5)
    left = village.run()
    assert left.code == 3, left.err
    run = village.report["run"]
    at = (start - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    assert (run["started"], run["finished"], run["as_of"]) == (at, at, at)
    assert village.finding("mill/gate")["outcome"] == "fail"
    assert village.finding("hall/front")["observed_at"] == at


# Folders


def test_a_report_that_cannot_be_written_any_more_is_written_by_resume(village: Village) -> None:
    """The folder became a file while it looked."""
    village.show(gate="open")

    def spoil() -> None:
        for path in village.out.iterdir():
            path.unlink()
        village.out.rmdir()
        village.out.write_text("")

    village.world["gate.elm.example"]["then"] = spoil
    left = village.run()
    assert left.code == 4
    assert re.fullmatch(
        r"auditor: The report could not be written to \S+/out: Not a directory\. What was seen is kept: make room, "
        r"then `auditor run \S+/inventory\.yaml --resume --store \S+/store\.db`\.\n",
        left.err,
    )
    village.out.unlink()
    village.world["gate.elm.example"].pop("then")
    village.looked()
    left = village.run("--resume")
    assert left.code == 0, left.err
    assert village.looked() == []
    assert village.finding("mill/gate")["outcome"] == "fail"


@pytest.mark.parametrize("what", ["removed", "replaced", "folder"])
def test_a_store_that_vanishes_in_the_middle_is_said_in_one_sentence(village: Village, what: str) -> None:
    def spoil() -> None:
        for path in village.store.parent.iterdir():
            path.unlink()
        if what == "replaced":
            village.store.touch(mode=0o600)
        elif what == "folder":
            village.store.parent.rmdir()

    village.world["gate.elm.example"]["then"] = spoil
    left = village.run()
    assert left.code == 4
    assert left.err.count("\n") == 1
    assert left.err.startswith(f"auditor: The store {village.store} ")
    assert "vanished" in left.err or "failed" in left.err
    assert "Traceback" not in left.err


# An inventory that shrank


@pytest.fixture
def shrunk(village: Village) -> Village:
    village.show(gate="open")
    assert village.run().code == 0
    village.sleep()
    village.list("hall/front")
    village.looked()
    return village


LOSS = "2 of the 3 assets of the last run are not listed any more: hall/back, mill/gate."


def test_without_a_terminal_nobody_can_be_asked(shrunk: Village) -> None:
    left = shrunk.run()
    assert left.code == 2
    assert left.err == (f"auditor: {LOSS} Name the right inventory, retire what is gone, or add --accept-shrink.\n")
    assert shrunk.looked() == []


def test_accepted_it_closes_nothing_and_is_not_asked_again(shrunk: Village) -> None:
    for night in range(2):
        left = shrunk.run(*(["--accept-shrink"] if night == 0 else []))
        assert left.code == 3, left.err
        assert shrunk.finding("mill/gate")["outcome"] == "fail"
        assert shrunk.letter("systems", "mill")[0] == "C"
        shrunk.sleep()


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    ours, theirs = os.openpty()
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("answer", [b"y\n", b"n\n", b"\n"])
def test_at_a_terminal_a_sentence_asks(
    shrunk: Village, children: Zygote, terminal: tuple[int, str], answer: bytes
) -> None:
    ours, name = terminal
    child = children.run(shrunk, "-q", terminal=name)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 4096)
    assert LOSS in said.decode().replace("\r\n", "\n")
    os.write(ours, answer)
    assert child.left().code == (3 if answer == b"y\n" else 2)
    assert shrunk.looked() == (["nightly hall/front"] if answer == b"y\n" else [])


# A department's file that is broken

PARK = """\
schema: inventory-part/v1
department: parks
systems:
  - id: park
    name: The park
    department: parks
    owner: ranger
    data_classes: [open]
    assets:
      - {id: gate, kind: web, url: "https://gate.elm.example/"}
"""


@pytest.fixture
def included(village: Village) -> Village:
    head = HEAD.replace("departments:\n", "departments:\n  - {id: parks, name: Parks}\n")
    head = head.replace("scope:\n", "include: [parks.yaml]\nscope:\n")
    village.path.write_text(inventory("hall/front", head=head))
    (village.folder / "parks.yaml").write_text(PARK)
    return village


def test_a_broken_part_is_served_by_its_last_good_copy(included: Village) -> None:
    village = included
    village.show(gate="open")
    assert village.run().code == 0
    village.looked()
    part = village.folder / "parks.yaml"
    part.write_text(PARK.replace("kind: web", "kind: weeb"))
    for _ in range(2):
        village.sleep()
        left = village.run()
        assert left.code == 3, left.err
        first, second = left.err.splitlines()[:2]
        assert re.match(r".*/parks\.yaml:10:\d+: ", first)
        assert second == ("auditor: parks.yaml cannot be used. Its last good copy serves; not looked at: park.")
        assert village.looked() == ["nightly hall/front"]
        found = village.finding("park/gate")
        assert (found["outcome"], found["standing"]) == ("fail", "stale")
    part.write_text(PARK)
    village.sleep()
    assert village.run().code == 0
    assert village.looked() == ["nightly hall/front", "nightly park/gate"]
    assert village.news() == {"seen_again": ["park/gate door-open"]}


def test_its_passes_go_stale_and_then_unknown(included: Village) -> None:
    village = included
    village.run()
    (village.folder / "parks.yaml").write_text("]")
    village.sleep()
    village.run()
    assert (village.finding("park/gate")["outcome"], village.finding("park/gate")["standing"]) == ("pass", "stale")
    village.sleep(7)
    village.run()
    found = village.finding("park/gate")
    assert (found["outcome"], found["reason"]) == ("unknown", "include_broken")


@pytest.mark.parametrize("what", ["broken", "missing"])
def test_a_part_that_was_never_good_is_an_error(included: Village, what: str) -> None:
    part = included.folder / "parks.yaml"
    part.write_text("]") if what == "broken" else part.unlink()
    left = included.run()
    assert left.code == 2
    assert "parks.yaml" in left.err
    assert included.looked() == []


def test_a_part_that_vanished_is_broken_too(included: Village) -> None:
    included.run()
    (included.folder / "parks.yaml").unlink()
    included.sleep()
    left = included.run()
    assert left.code == 3, left.err
    assert "Its last good copy serves; not looked at: park." in left.err


def test_a_killed_run_with_a_broken_part_is_resumed(included: Village, children: Zygote) -> None:
    included.run()
    (included.folder / "parks.yaml").write_text("]")
    included.sleep()
    included.looked()
    included.world["front.elm.example"]["seconds"] = 30.0
    child = children.run(included, "-q")
    until_kept(included, 0)
    child.kill()
    included.world["front.elm.example"].pop("seconds")
    assert included.run("-q", "--resume").code == 3
    assert included.looked() == ["nightly hall/front"]


def test_what_no_json_holds_was_not_seen(village: Village) -> None:
    """A stranger's facts with half of a surrogate pair: the run goes on, and can be judged again."""
    village.show(gate="\ud800")
    left = village.run()
    assert left.code == 3, left.err
    found = village.finding("mill/gate")
    assert (found["outcome"], found["reason"]) == ("unknown", "probe_error")
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()


class Turned(Enum):
    """What the facts' type has no room for: they say that they hold a text."""

    OPEN = "open"

    def startswith(self, _: str) -> bool:
        return False


def test_what_would_be_read_back_as_something_else_was_not_seen(village: Village) -> None:
    village.show(gate=Turned.OPEN)
    left = village.run()
    assert left.code == 3, left.err
    found = village.finding("mill/gate")
    assert (found["outcome"], found["reason"]) == ("unknown", "probe_error")
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()
