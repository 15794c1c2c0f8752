"""With a new version the looks of old nights are judged by today's checks: once a night, and as if it were twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from auditor import plugins
from auditor.model import Asset, Carried, Evidence, Outcome, Severity, Verdict
from auditor.store import Address, opened
from auditor.yesterday import Yesterday
from tests.nights import toys
from tests.nights.test_todays_checks import door_check, turned_round
from tests.nights.toys import verdict
from tests.nights.village import Village

BUILT_IN = plugins.load()


def test_the_look_of_an_old_night_is_judged_once(village: Village) -> None:
    village.show(front="open", back="locked", gate="open")
    village.run()
    asked: Counter[str] = Counter()

    def counting(state: str) -> Verdict:
        asked[state] += 1
        return verdict(state)

    village.install([door_check(counting), toys.vault_open], "2")
    village.sleep()
    village.show(front="open", back="locked", gate="!timeout")
    village.run()
    assert asked == {"open": 3, "locked": 2}, "what was seen tonight, and what was seen then"


def test_what_waits_for_its_second_reader_is_handed_out_as_it_was(village: Village) -> None:
    """The same nights, with and without the answer of the first time."""
    village.show(front="open", back={"a": "open", "b": "locked"}, gate="locked")
    village.run()
    village.install([door_check(turned_round), toys.vault_open], "2")
    village.sleep()
    village.show(front="!timeout", back={"b": "!reset"}, gate="!timeout")
    village.run()
    remembered = village.report["findings"]
    assert {row["outcome"] for row in remembered} >= {"pass", "fail"}
    assert village.ask("judge last", "--json").out == (village.out / "report.json").read_text()


def test_another_question_about_the_same_asset_is_answered_anew(tmp_path: Path) -> None:
    """Nobody knows the runs that these entries name: they come back as they are, each time those that were given."""
    asset = Asset(id="hall/front", kind="door", address="door://front", system="hall")
    rows = Evidence("a \ud800 door", "\0", "locked")
    entry = Carried(
        asset="hall/front",
        check="door-open",
        locus="a",
        outcome=Outcome.FAIL,
        observed_at=datetime(2026, 3, 1, 2, 10, 0, 123457, UTC),
        summary="it is open",
        evidence=(rows,),
        severity=Severity.HIGH,
        run="20260301T021000Z-abcdef",
        digest="0" * 64,
    )
    other = replace(entry, locus="b", evidence=())
    yesterday = Yesterday((), BUILT_IN)
    with opened(Address(file=tmp_path / "store.db"), create=True) as store, store.reading() as connection:
        for entries in ((entry,), (entry,), (entry,), (other,), (entry, other), (), (entry, other), (entry, other)):
            assert yesterday.judged(connection, asset, entries) == entries
        assert yesterday.judged(connection, replace(asset, kind="web"), (entry, other)) == (entry, other)
