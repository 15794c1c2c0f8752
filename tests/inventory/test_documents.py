"""docs/inventory.md and inventory.yaml against the code: every key, every example, every complaint shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from auditor.inventory import InventoryError, read_inventory, schema_json
from auditor.inventory.reading import understand
from auditor.model import Sensitivity, Tier
from tests.inventory.writing import CHECKS, lay

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
SCHEMA = json.loads(schema_json())
PART_SCHEMA = json.loads(schema_json("inventory-part/v1"))
SECTIONS = {
    "Document": ("The file",),
    "Part": ("An included file",),
    "Organisation": ("organisation",),
    "Contacts": ("organisation.contacts",),
    "Scope": ("scope",),
    "Exclusion": ("scope.exclude",),
    "DataClass": ("data_classes",),
    "SshProfile": ("ssh_profiles",),
    "JumpHost": ("ssh_profiles.jump",),
    "Department": ("departments",),
    "SystemEntry": ("systems",),
    "Hosting": ("systems.hosting",),
    "Retention": ("systems.retention",),
    "WebAsset": ("assets: all kinds", "assets: web"),
    "ServerAsset": ("assets: all kinds", "assets: server"),
    "BucketAsset": ("assets: all kinds", "assets: bucket"),
    "AccountAsset": ("assets: all kinds", "assets: account"),
    "TlsAsset": ("assets: all kinds", "assets: tls"),
    "MxAsset": ("assets: all kinds", "assets: mx"),
    "DevicesAsset": ("assets: all kinds", "assets: devices"),
    "WaiverEntry": ("waivers",),
    "AttestationEntry": ("attestations",),
    "RetiredEntry": ("retired",),
    "VendorEntry": ("vendors",),
    "Classification": ("classification",),
    "SamplingEntry": ("assets: bucket, sampling",),
}
OBJECTS = {name: made for name, made in SCHEMA["$defs"].items() if made["type"] == "object"} | {
    "Document": SCHEMA,
    "Part": PART_SCHEMA,
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def documented(section: str) -> dict[str, bool]:
    """The keys of a section's table; True for those in bold."""
    part = PAGE.split(f"\n### {section}\n", 1)[1].split("\n#", 1)[0]
    return {key: bool(bold) for bold, key in re.findall(r"^\| (\*\*)?`(\w+)`", part, re.MULTILINE)}


def test_every_object_of_the_schema_has_its_section() -> None:
    assert set(OBJECTS) == set(SECTIONS)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_is_documented_and_no_other(name: str) -> None:
    rows: dict[str, bool] = {}
    for section in SECTIONS[name]:
        rows |= documented(section)
    assert set(rows) == set(OBJECTS[name]["properties"])
    assert {key for key, required in rows.items() if required} == set(OBJECTS[name].get("required", ()))


@pytest.mark.parametrize("name", SECTIONS)
def test_the_schema_refuses_other_keys_and_explains_every_one(name: str) -> None:
    made = OBJECTS[name]
    assert made["additionalProperties"] is False
    assert made["description"]
    assert all(key.get("description") or "$ref" in key for key in made["properties"].values())


def test_the_schema_offers_no_empty_value() -> None:
    assert '"null"' not in schema_json() + schema_json("inventory-part/v1")


def test_a_part_has_nothing_that_the_whole_does_not_have() -> None:
    assert all(SCHEMA["$defs"][name] == made for name, made in PART_SCHEMA["$defs"].items())


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_example_loads(text: str) -> None:
    assert understand("example", text, CHECKS).systems


def test_the_page_has_its_examples() -> None:
    kinds = ("yaml", "yaml including", "yaml part", "yaml wrong", "text")
    assert [len(blocks(kind)) for kind in kinds] == [3, 1, 1, 1, 1]


def test_the_example_in_two_files_loads(tmp_path: Path) -> None:
    (main,), (part,) = blocks("yaml including"), blocks("yaml part")
    files = {"inventory.yaml": main, "departments/parks.yaml": part}
    assert [system.id for system in read_inventory(lay(tmp_path, files), CHECKS).systems] == ["site", "trails"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [(SCHEMA, text) for text in (*blocks("yaml"), *blocks("yaml including"))]
    + [(PART_SCHEMA, text) for text in blocks("yaml part")],
)
def test_every_example_fits_the_schema_that_editors_use(schema: dict[str, object], text: str) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)
    Draft202012Validator(schema).validate(yaml.load(text))


def test_the_smallest_example_has_five_lines() -> None:
    assert len(blocks("yaml")[0].splitlines()) == 5


def test_the_complaints_shown_are_the_complaints_made() -> None:
    with pytest.raises(InventoryError) as caught:
        understand("inventory.yaml", blocks("yaml wrong")[0], CHECKS)
    assert str(caught.value) + "\n" == blocks("text")[0]


class TestTheWorkedCity:
    city = read_inventory(ROOT / "inventory.yaml", CHECKS)

    def test_it_is_small_enough_to_read_and_large_enough_to_show_all(self) -> None:
        assert len(self.city.systems) == 19
        assert {asset.kind for asset in self.city.assets} == {"web", "server", "bucket", "account", "tls"}
        assert len(self.city.waivers) == 1

    def test_it_has_data_of_every_tier(self) -> None:
        tiers = {system.sensitivity for system in self.city.systems}
        assert tiers == set(Sensitivity) - {Sensitivity.UNDECLARED}

    def test_one_asset_may_get_the_best_letter(self) -> None:
        best = [asset for asset in self.city.assets if asset.tiers >= {Tier.NIGHTLY, Tier.DEEP, Tier.ONLINE}]
        assert len(best) == 1

    def test_every_department_has_a_system(self) -> None:
        assert {system.department for system in self.city.systems} == {row.id for row in self.city.departments}

    def test_every_name_is_reserved_for_examples(self) -> None:
        """RFC 2606 and RFC 5737: nothing in it can ever be somebody's."""
        assert all(suffix.endswith(".example") for suffix in self.city.fence.suffixes)
        assert [str(network) for network in self.city.fence.networks] == ["192.0.2.0/24"]
