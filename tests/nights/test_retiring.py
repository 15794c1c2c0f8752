"""What is retired from a day on counts until then, and is gone after it."""

from __future__ import annotations

from auditor import asked as asking
from auditor.store import address, opened, runs
from tests.nights.village import Village


def retired(name: str, kind: str, day: str) -> str:
    return f"retired:\n  - {{id: {name}, kind: {kind}, retired: {day}, reason: sold}}\n"


def test_what_vanished_before_the_day_of_its_entry_stays_until_then(village: Village) -> None:
    village.show(gate="open")
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", more=retired("mill", "system", "2026-03-05"))
    for _ in ("2026-03-03", "2026-03-04"):
        left = village.run()
        assert left.code == 3, left.err
        assert village.finding("mill/gate")["outcome"] == "fail"
        village.sleep()
    left = village.run()
    assert left.code == 0, left.err
    assert village.news() == {"fixed": ["mill/gate door-open"]}


def test_what_is_to_go_is_looked_at_until_its_day(village: Village) -> None:
    village.run()
    village.sleep()
    village.list("hall/front", "hall/back", "mill/gate", more=retired("mill", "system", "2026-03-04"))
    village.show(gate="open")
    assert village.run().code == 1
    assert village.news() == {"regressed": ["mill/gate door-open"]}
    village.sleep()
    left = village.run()
    assert left.code == 2
    assert "'mill' is retired and still listed." in left.err


def test_a_retirement_of_what_is_still_listed_is_announced_and_then_done(village: Village) -> None:
    """Else the night of its day would be the first to say so, by not beginning."""
    planned = retired("mill", "system", "2026-03-10")
    planned += "  - {id: hall/back, kind: asset, retired: 2027-01-01, reason: x}\n"
    village.list("hall/front", "hall/back", "mill/gate", more=planned)
    village.run()
    village.sleep()  # 2026-03-03
    said = village.run("--digest", "-q").out
    assert "listing mill ends in 7 days" in " ".join(said.split())
    assert "take it out of the inventory by then" in " ".join(said.split())
    assert "hall/back" not in said
    village.sleep()
    assert village.run("--digest", "-q").out == "", "it is said when it comes near, not every night"
    village.list("hall/front", "hall/back", more=planned)
    village.sleep(6)
    assert village.run().code == 0
    assert not [one for one in village.report["expiring"] if one["subject"] == "mill"]


def test_the_checks_that_are_retired_are_kept_with_the_run(village: Village) -> None:
    village.list("hall/front", more=retired("badge-plain", "check", "2026-03-02"))
    left = village.run()
    assert left.code == 0, left.err
    with opened(address(str(village.store))) as store, store.reading() as connection:
        last = runs.last_run(connection)
    assert last is not None
    assert asking.read(last.opening.asked).retired_checks == {"badge-plain"}
