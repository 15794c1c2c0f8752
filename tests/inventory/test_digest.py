"""The digest follows the content and nothing else."""

from __future__ import annotations

import pytest

from tests.inventory.writing import SOUND, read, spoilt

BLOCK_DEPARTMENT = ("  - {id: it, name: Computing}", "  - id: it   # the basement\n    name: 'Computing'")


def test_the_digest_is_a_sha_256() -> None:
    assert len(bytes.fromhex(read().digest)) == 32


@pytest.mark.parametrize(
    "edit",
    [
        ("schema:", "# ours\nschema:"),
        BLOCK_DEPARTMENT,
        ("{id: it, name: Computing}", "{name: Computing, id: it}"),
        ("    name: Site\n    department: it\n", "    department: it\n    name: Site\n"),
        ('url: "https://www.elm.example/"', "url: https://WWW.elm.example:443"),
        ("host: db.elm.example", "host: db.elm.example, port: 22, tiers: [nightly]"),
        ("reason: soon gone", "reason: >\n      soon\n      gone"),
    ],
    ids=["comment", "layout", "key order", "block key order", "same address", "default written out", "folded text"],
)
def test_what_means_the_same_has_the_same_digest(edit: tuple[str, str]) -> None:
    assert read(spoilt(edit)).digest == read().digest


def test_moved_sections_have_the_same_digest() -> None:
    waivers = SOUND.index("waivers:")
    retired = SOUND.index("retired:")
    moved = SOUND[:waivers] + SOUND[retired:] + SOUND[waivers:retired]
    assert moved != SOUND
    assert read(moved).digest == read().digest


@pytest.mark.parametrize(
    "edit",
    [
        ("Town of Elm", "City of Elm"),
        ("Europe/Paris", "Europe/Rome"),
        ("tier: confidential", "tier: restricted"),
        ("192.0.2.0/24", "192.0.2.0/25"),
        ("owner: web team", "owner: other team"),
        ("https://www.elm.example/", "https://www.elm.example/x"),
        ("host: db.elm.example", "host: db.elm.example, tiers: [nightly, privileged]"),
        ("expires: 2027-01-01", "expires: 2027-01-02"),
        ("reason: replaced", "reason: sold"),
    ],
)
def test_a_changed_value_changes_the_digest(edit: tuple[str, str]) -> None:
    assert read(spoilt(edit)).digest != read().digest
