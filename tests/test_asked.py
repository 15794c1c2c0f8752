"""What a run was asked comes back whole, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from auditor import short
from auditor.asked import NAMES, Asked, read, read_assets, written
from auditor.codec import CodecError, canonical, plain
from auditor.model import (
    Asset,
    Attestation,
    Counts,
    Department,
    Expiring,
    Jump,
    Outcome,
    Sensitivity,
    System,
    Tier,
    Waiver,
)
from auditor.short import Short

DAY = date(2026, 3, 1)
ASSET = Asset(id="site/www", kind="web", address="https://www.elm.example/", system="site", formerly=("site/old",))
SYSTEM = System(id="site", name="Site", department="it", owner="web team", sensitivity=Sensitivity.PUBLIC)
FULL = Asked(
    assets=(ASSET,),
    systems=(SYSTEM,),
    departments=(Department(id="it", name="Computing"),),
    organisation="Elm",
    timezone="Europe/Paris",
    inventory="00" * 32,
    waivers=(
        Waiver(
            id="W-1",
            check="swap-plain",
            asset="site/www",
            reason="x",
            risk_owner="cfo",
            approved_by="cio",
            approved=DAY,
            expires=DAY,
        ),
    ),
    attestations=(
        Attestation(
            id="A-1",
            check="disk-plain",
            asset="site/www",
            outcome=Outcome.PASS,
            statement="x",
            by="vendor",
            made=DAY,
            expires=DAY,
        ),
    ),
    earlier_systems=(SYSTEM,),
    earlier_assets=(ASSET,),
    retired=frozenset({"old", "zoo/cam"}),
    retired_checks=frozenset({"badge-plain"}),
    excluded=frozenset({"scada.elm.example"}),
    includes=(("parks.yaml", "x"),),
    unreadable=frozenset({"parks"}),
    discovered_at=datetime(2026, 3, 1, tzinfo=UTC),
    only=frozenset({"site"}),
    tiers=frozenset({Tier.NIGHTLY}),
)
SECTIONS = ("assets", "systems", "departments", "waivers", "attestations", "earlier_systems", "earlier_assets")


def edited(**changes: object) -> bytes:
    return json.dumps({**json.loads(written(FULL)), **changes}).encode()


CHAIN = Jump(address="ssh://hop@in.elm.example", jump=Jump(address="ssh://out.elm.example", credential="out"))
BEHIND = Asked(assets=(Asset(id="site/db", kind="server", address="ssh://db", system="site", jump=CHAIN),))


@pytest.mark.parametrize("asked", [FULL, Asked(assets=()), BEHIND], ids=["full", "empty", "behind jump hosts"])
def test_what_was_asked_comes_back(asked: Asked) -> None:
    assert read(written(asked)) == asked


@pytest.mark.parametrize("asked", [FULL, Asked(assets=())], ids=["all of it", "nothing"])
def test_it_is_written_as_its_plain_values_are(asked: Asked) -> None:
    """Kept bytes are compared: a run that was broken off is resumed only where it is asked the same."""
    plainly = {name: plain(getattr(asked, name)) for name in NAMES}
    assert written(asked) == canonical(plainly)


@pytest.mark.parametrize("found", [(), (ASSET,), (ASSET, replace(ASSET, id="site/other"))])
def test_so_is_what_a_run_came_to(found: tuple[Asset, ...]) -> None:
    end = Expiring(what="waiver", subject="W-1", locus="", at=datetime(2026, 6, 1, tzinfo=UTC))
    said = Short(counts=Counts(asked=3, answered=2), city=None, expiring=(end,), found=found)
    kept = short.written(said)
    assert kept == canonical(json.loads(kept))
    assert json.loads(kept)["found"] == [plain(asset) for asset in found]
    assert short.read(kept) == said


def test_what_an_older_version_did_not_ask_is_not_asked() -> None:
    assert read(b'{"assets":[]}') == Asked(assets=())


def test_a_key_of_a_newer_version_is_refused() -> None:
    """To leave it out would judge by less than was asked."""
    with pytest.raises(CodecError, match=r"newer version.*'quiet'"):
        read(edited(quiet=True))


@pytest.mark.parametrize("section", SECTIONS)
def test_so_is_one_of_an_entry(section: str) -> None:
    (row,) = json.loads(written(FULL))[section]
    with pytest.raises(CodecError, match=r"newer version.*'quiet'"):
        read(edited(**{section: [row, {**row, "quiet": True}]}))


def test_so_is_one_of_an_asset_that_a_look_found() -> None:
    (row,) = json.loads(written(FULL))["assets"]
    assert read_assets([row]) == (ASSET,)
    assert read_assets([]) == ()
    with pytest.raises(CodecError, match=r"newer version.*'quiet'"):
        read_assets([row, {**row, "quiet": True}])


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"{}", b'{"assets":7}', b'{"assets":[7]}', b'{"assets":[[]]}', b'{"assets":[', b"\xff"],
)
def test_what_is_no_question_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        read(data)


def test_a_name_of_a_key_is_shown_without_what_could_move_a_cursor() -> None:
    with pytest.raises(CodecError) as caught:
        read(edited(**{"\x1b[2J": 1}))
    assert "\x1b" not in str(caught.value)
