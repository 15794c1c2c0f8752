"""Since when a place has held its outcome, as pages and tickets ask a kept run."""

from __future__ import annotations

from auditor.cli.report import judged
from tests.nights.village import Village


def test_what_is_wrong_and_what_is_well_have_held_since_the_first_night_under_any_name(village: Village) -> None:
    village.show(front="locked", gate="open", back="open")
    village.run()
    first = village.hands.now
    village.sleep()
    village.list("hall/front", "hall/back", "mill/door formerly: [mill/gate]")
    village.show(back="locked", door="open")
    village.run()
    with judged("last", str(village.store)) as kept:
        since = {name: kept.since((name, "door-open", "")) for name in ("hall/front", "hall/back", "mill/door")}
        assert kept.since(("mill/gate", "door-open", "")) is None
        assert kept.since(("hall/front", "no-such-check", "")) is None
    assert all(since.values())
    assert since["hall/front"] == since["mill/door"], "one of them passes, the other fails and was renamed"
    assert since["hall/back"] == kept.run.kept.as_of
    assert since["mill/door"] <= first < since["hall/back"]
