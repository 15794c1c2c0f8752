"""What an inventory comes to for the rest of the house."""

from __future__ import annotations

import ipaddress
from datetime import date

import pytest

from auditor.inventory import InventoryError
from auditor.model import Asset, Estate, KeyNeed, Sensitivity, System, Tier, Waiver
from tests.inventory.writing import complaints, read, spoilt

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJhc2U2NC1vZi10aGlydHktdHdvLWJ5dGVz"


def assets(*edits: tuple[str, str]) -> dict[str, Asset]:
    return {asset.id: asset for asset in read(spoilt(*edits)).assets}


def test_the_organisation_and_its_departments() -> None:
    inventory = read()
    assert (inventory.id, inventory.name, inventory.timezone) == ("elm", "Town of Elm", "Europe/Paris")
    assert [(department.id, department.name) for department in inventory.departments] == [("it", "Computing")]
    assert inventory.retired == frozenset({"old"})


def test_the_scope_becomes_the_fence() -> None:
    fence = read().fence
    assert fence.suffixes == frozenset({"elm.example"})
    assert fence.networks == (ipaddress.ip_network("192.0.2.0/24"),)
    assert not fence.admits("plc.scada.elm.example")
    assert fence.admits("www.elm.example")
    assert not fence.admits("elsewhere.example")


def test_an_exclusion_outlives_its_expiry() -> None:
    """What was never to be touched is not touched because somebody forgot a date."""
    assert not read(spoilt(("expires: 2030-01-01", "expires: 2001-01-01"))).fence.admits("scada.elm.example")


def test_a_system() -> None:
    said = "exposure: internal\n    hosting: {kind: cloud, jurisdiction: US}\n    retention: {max_days: 30}"
    text = spoilt(("    owner: web team", f"    owner: web team\n    {said}"))
    assert read(text).systems == (
        System(
            id="site",
            name="Site",
            department="it",
            owner="web team",
            sensitivity=Sensitivity.CONFIDENTIAL,
            data_classes=("contact",),
            exposure="internal",
            hosting="cloud",
            jurisdiction="US",
            retention_days=30,
            estate=Estate(accounts=("123456789012",), networks=("192.0.2.0/24",)),
        ),
    )


@pytest.mark.parametrize(
    ("word", "need"), [("customer", KeyNeed.CUSTOMER), ("own-store", KeyNeed.OWN_STORE), ("", KeyNeed.BY_TIER)]
)
def test_a_data_class_may_ask_for_a_key(word: str, need: KeyNeed) -> None:
    """The most that one of the classes asks for counts; an asset that names its own classes answers for itself."""
    asked = f", key: {word}" if word else ""
    classes = ("  contact: {tier", f"  sealed: {{tier: confidential{asked}}}\n  contact: {{tier")
    listing = read(spoilt(classes, ("data_classes: [contact]", "data_classes: [contact, sealed]")))
    assert listing.systems[0].key_need is need
    assert {asset.key_need for asset in listing.assets} == {None}
    listing = read(spoilt(classes, ("kind: bucket", "kind: bucket, data_classes: [sealed]")))
    assert [asset.key_need for asset in listing.assets] == [None, None, need]
    assert listing.systems[0].key_need is KeyNeed.BY_TIER


def test_what_the_scope_says_is_the_city_s_own() -> None:
    more = (
        "aws_organisations: [o-abcdefghij]\n  aws_vpcs: [vpc-1a2b3c4d, vpce-1a2b3c4d5e6f7a8b9]\n  jurisdictions: [US]\n"
    )
    more += "  "
    (system,) = read(spoilt(("  aws_accounts:", f"  {more}aws_accounts:"))).systems
    assert system.estate == Estate(
        accounts=("123456789012",),
        organisations=("o-abcdefghij",),
        vpcs=("vpc-1a2b3c4d", "vpce-1a2b3c4d5e6f7a8b9"),
        networks=("192.0.2.0/24",),
        jurisdictions=("US",),
    )


@pytest.mark.parametrize(
    "line",
    [
        "aws_organisations: [ours]",
        "aws_vpcs: [subnet-1a2b3c4d]",
        "aws_vpcs: [VPC-1A2B3C4D]",
        "jurisdictions: [usa]",
        "jurisdictions: US",
    ],
)
def test_what_is_no_part_of_an_estate_is_refused(line: str) -> None:
    with pytest.raises(InventoryError):
        read(spoilt(("  aws_accounts:", f"  {line}\n  aws_accounts:")))


@pytest.mark.parametrize("said", ["{max_days: -1}", "{schedule: RS-77}", '{max_days: "30"}', "{max_days: 36501}"])
def test_a_retention_has_a_number_of_days(said: str) -> None:
    with pytest.raises(InventoryError):
        read(spoilt(("    owner: web team", f"    owner: web team\n    retention: {said}")))


def test_what_is_not_said_of_a_system_is_not_assumed_in_its_favour() -> None:
    (system,) = read(spoilt(("    data_classes: [contact]\n", ""))).systems
    assert system.sensitivity is Sensitivity.UNDECLARED
    assert system.exposure == "internet"
    assert system.hosting == "unknown"


@pytest.mark.parametrize(
    ("tiers", "highest"),
    [
        (("public",), Sensitivity.PUBLIC),
        (("public", "internal"), Sensitivity.INTERNAL),
        (("confidential", "public"), Sensitivity.CONFIDENTIAL),
        (("internal", "restricted", "confidential"), Sensitivity.RESTRICTED),
    ],
)
def test_the_highest_tier_counts(tiers: tuple[str, ...], highest: Sensitivity) -> None:
    classes = "".join(f"  class{n}: {{tier: {tier}}}\n" for n, tier in enumerate(tiers))
    names = ", ".join(f"class{n}" for n in range(len(tiers)))
    text = spoilt(("  open: {tier: public}\n", classes), ("data_classes: [contact]", f"data_classes: [{names}]"))
    assert read(text).systems[0].sensitivity is highest


def test_an_asset_has_a_sensitivity_of_its_own_only_where_it_says_so() -> None:
    found = assets(("name: elm-files,", "name: elm-files, data_classes: [open],"))
    assert found["site/files"].sensitivity is Sensitivity.PUBLIC
    assert found["site/www"].sensitivity is None


def test_a_web_asset() -> None:
    found = assets(("www.elm.example/", "WWW.Elm.example.:443"), ("kind: web,", "kind: web, tiers: [deep, nightly],"))
    assert found["site/www"] == Asset(
        id="site/www",
        kind="web",
        address="https://www.elm.example/",
        system="site",
        tiers=frozenset({Tier.NIGHTLY, Tier.DEEP}),
    )


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("host: db.elm.example", "ssh://db.elm.example"),
        ("host: db.elm.example, port: 22", "ssh://db.elm.example"),
        ("host: DB.elm.example., port: 2222, user: audit", "ssh://audit@db.elm.example:2222"),
        ("host: 192.0.2.7", "ssh://192.0.2.7"),
    ],
)
def test_where_a_server_lies(written: str, address: str) -> None:
    assert assets(("host: db.elm.example", written))["site/db"].address == address


def test_an_ipv6_server_is_bracketed() -> None:
    found = assets(("192.0.2.0/24", '"2001:db8::/32"'), ("host: db.elm.example", 'host: "2001:DB8::7", port: 2222'))
    assert found["site/db"].address == "ssh://[2001:db8::7]:2222"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (ED25519, ED25519),
        (ED25519 + " root@db", ED25519),
        ("SHA256:" + "a" * 43, "SHA256:" + "a" * 43),
    ],
)
def test_a_pinned_host_key_and_a_credential_by_name(written: str, kept: str) -> None:
    server = assets(("host: db", f'credential: svc-audit, host_key: "{written}", host: db'))["site/db"]
    assert server.host_key == kept
    assert server.credential == "svc-audit"


FILES_ENTRY = '{id: files, kind: bucket, name: elm-files, account: "123456789012"}'


def test_a_bucket() -> None:
    words = "name: elm-files, data_classes: [open], intended_public: true, formerly: [site/store],"
    found = assets(("name: elm-files,", words))
    assert found["site/files"] == Asset(
        id="site/files",
        kind="bucket",
        address="s3://elm-files",
        account="123456789012",
        system="site",
        sensitivity=Sensitivity.PUBLIC,
        data_classes=("open",),
        key_need=KeyNeed.BY_TIER,
        intended_public=True,
        formerly=("site/store",),
    )


def test_a_bucket_of_ones_own_server_needs_no_account() -> None:
    text = spoilt(('name: elm-files, account: "123456789012"', "name: elm-files, provider: s3-compatible"))
    assert complaints(text) == []
    assert {asset.provider for asset in read(text).assets if asset.kind == "bucket"} == {"s3-compatible"}


def test_a_provider_that_is_not_written_is_not_said() -> None:
    assert {asset.provider for asset in read().assets} == {""}


def test_a_waiver() -> None:
    assert read().waivers == (
        Waiver(
            id="W-1",
            check="swap-plain",
            asset="site/db",
            reason="soon gone",
            risk_owner="cfo",
            approved_by="cio",
            approved=date(2026, 1, 1),
            expires=date(2027, 1, 1),
        ),
    )


def test_without_a_scope_whatever_is_listed_may_be_looked_at() -> None:
    text = "\n".join(line for line in spoilt().splitlines() if not 3 <= spoilt().splitlines().index(line) + 1 <= 8)
    assert read(text).fence.admits("www.elm.example")


def test_text_over_several_lines_becomes_one() -> None:
    (waiver,) = read(spoilt(("reason: soon gone", "reason: >\n      soon\n      gone"))).waivers
    assert waiver.reason == "soon gone"


def test_an_account() -> None:
    written = '{id: files, kind: account, account: "123456789012", regions: [us-east-1], credential: audit}'
    found = assets((FILES_ENTRY, written))["site/files"]
    assert (found.kind, found.address, found.account) == ("account", "aws://123456789012", "123456789012")
    assert (found.regions, found.credential) == (("us-east-1",), "audit")


def test_a_user_of_a_server_of_ones_own_is_an_account_by_its_credential() -> None:
    found = assets((FILES_ENTRY, "{id: files, kind: account, provider: s3-compatible, credential: ceph}"))
    assert found["site/files"].address == "s3-compatible://ceph"
