"""Devices in an inventory: how an export is named, and each way to get it wrong."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.inventory.reading import understand
from auditor.model import Export
from tests.inventory.writing import CHECKS, complaints, located, marked, spoilt

WWW = '- {id: www, kind: web, url: "https://www.elm.example/"}'


def with_devices(*lines: str) -> str:
    return spoilt((WWW, "\n      ".join((WWW, *lines))))


def test_an_export_comes_to_the_asset_whole() -> None:
    line = "- {id: pcs, kind: devices, format: intune, file: x/a.csv, dated: 2026-11-29, hosts: [SN 1], expected: 12}"
    listed = {asset.id: asset for asset in understand("inventory", with_devices(line), CHECKS).assets}
    asset = listed["site/pcs"]
    assert (asset.kind, asset.address) == ("devices", "file:x/a.csv")
    assert asset.export == Export(
        format="intune", file="x/a.csv", dated=date(2026, 11, 29), hosts=("SN 1",), expected=12
    )
    assert listed["site/www"].export is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "{id: d, kind: devices, format: intune, file: §/etc/x.csv}",
            "write the path as seen from this file's folder.",
        ),
        ("{id: d, kind: devices, format: intune, file: §../x.csv}", "an export lies beside this file or below"),
        ('{id: d, kind: devices, format: intune, file: §"https://x/y"}', "nothing is fetched from elsewhere."),
        ("{id: d, kind: devices, format: §intunes, file: x.csv}", "not intune, jamf, fleet, osquery or ansible."),
        ("{id: d, kind: devices, format: jamf, file: x.csv, dated: §soon}", "a date is written YYYY-MM-DD"),
        ("{id: d, kind: devices, format: jamf, file: x.csv, expected: §0}", "must be at least 1."),
        ("{id: d, kind: devices, format: jamf, file: x.csv, hosts: §[]}", "empty list"),
        ("{id: d, kind: devices, format: jamf, file: x.csv, hosts: [§'=x']}", "a device is named by letters"),
        ("{id: d, kind: devices, format: jamf, file: x.csv, §host: db}", "unknown key 'host'."),
        ("{id: d, kind: devices, format: jamf}", "the key 'file' is missing."),
    ],
)
def test_each_way_to_get_it_wrong_has_its_sentence(line: str, said: str) -> None:
    clean, places = marked(with_devices(f"- {line}"))
    (found,) = complaints(clean)
    assert said in found
    assert not places or found.startswith(located(places, ("",))[0].strip())


def test_one_export_may_be_shared_by_assets_that_name_their_machines() -> None:
    first = "- {id: a, kind: devices, format: fleet, file: f.json, hosts: [db1, db2]}"
    second = "- {id: b, kind: devices, format: fleet, file: f.json, hosts: [db3]}"
    twice = "- {id: c, kind: devices, format: fleet, file: f.json, hosts: [§DB2]}"
    assert complaints(with_devices(first, second)) == []
    (found,) = complaints(with_devices(first, twice.replace("§", "")))
    assert "this is the address of the asset in line" in found


def test_one_export_is_judged_once() -> None:
    line = "- {{id: {}, kind: devices, format: fleet, file: f.json}}"
    (found,) = complaints(with_devices(line.format("a"), line.format("b")))
    assert "this is the address of the asset in line" in found
