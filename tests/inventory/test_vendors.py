"""The vendor register: what is refused, what it comes to, and that it changes nothing for who has none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from auditor.facts import Registered
from auditor.inventory.listing import Inventory
from auditor.inventory.schema import Part
from auditor.model import ClassTag, Sampling, Sensitivity, System
from auditor.vendors import Register
from tests.inventory.writing import SOUND, complaints, located, marked, read, spoilt

VENDORS = """\
vendors:
  - id: plan
    name: Planwright Inc
    agreement: contract 2024-118
    expires: 2027-03-31
    data_classes: [contact]
    aws_accounts: ["210987654321"]
    aws_organisations: [o-a1b2c3d4e5]
    buckets: [plan-exports]
    domains: [planwright.example]
"""
WITH = SOUND + VENDORS


CLASS = "the data class 'contat' is not declared. (did you mean 'contact'?)"
OF_THE_CITY = "'123456789012' is the city's own: scope.aws_accounts has it in line 6."
ITS_NAME = "'www.elm.example' is the city's own: scope.dns_suffixes has it in line 4."
ACCOUNT = "'aws_accounts': an AWS account is 12 digits in quotes."
ORGANISATION = "'aws_organisations': an AWS organisation is o- and 10 to 32 of a-z and 0-9."
WRONG = [
    (("data_classes: [contact]\n    aws", "data_classes: [§contat]\n    aws"), CLASS),
    (('"210987654321"', '§"123456789012"'), OF_THE_CITY),
    (("planwright.example", "§www.elm.example"), ITS_NAME),
    (('"210987654321"', '§"2109"'), ACCOUNT),
    (("o-a1b2c3d4e5", "§a1b2"), ORGANISATION),
    (("expires: 2027-03-31", "expires: §soon"), "'expires': a date is written YYYY-MM-DD, like 2027-06-30."),
    (("- id: plan\n    name", "- §name"), "the key 'id' is missing."),
]
TWICE = [
    ('other, name: Other, aws_accounts: [§"210987654321"]', "'210987654321' stands already in line 41."),
    ("other, name: Other, buckets: [§plan-exports]", "'plan-exports' stands already in line 43."),
    ("§plan, name: Other", "the vendor 'plan' stands already in line 36."),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [(spoilt(edit, text=WITH), message) for edit, message in WRONG]
    + [(f"{WITH}  - {{id: {words}, agreement: x, expires: 2027-01-01}}\n", message) for words, message in TWICE],
)
def test_what_is_wrong_is_said_where_it_stands(text: str, message: str) -> None:
    plain, places = marked(text)
    assert complaints(plain) == located(places, (message,))


def test_a_part_cannot_name_vendors() -> None:
    assert "vendors" not in Part.model_fields


def test_without_vendors_the_digest_is_what_it_was_and_with_some_it_follows_them() -> None:
    assert read(SOUND + "vendors: []\n").digest == read(SOUND).digest
    assert len({read(SOUND).digest, read(WITH).digest, read(spoilt(("2024-118", "2024-119"), text=WITH)).digest}) == 3


def _account(inventory: Inventory, system: System) -> Registered:
    asset = next(asset for asset in inventory.assets if asset.id == "site/db")
    rows = Register(inventory.vendors, inventory.timezone).of(asset, system)
    (row,) = rows.accounts
    return row


@pytest.mark.parametrize(
    ("classes", "covered"),
    [(("contact",), True), (("open",), True), (("contact", "open"), True), (("contact", "other"), False), ((), False)],
)
def test_an_agreement_covers_what_it_names_and_what_is_public(classes: tuple[str, ...], covered: bool) -> None:
    system = System(
        id="site", name="", department="", owner="", sensitivity=Sensitivity.CONFIDENTIAL, data_classes=classes
    )
    row = _account(read(WITH), system)
    assert (row.name, row.vendor, row.covers_data) == ("210987654321", "Planwright Inc", covered)


FILES = "name: elm-files, "
SAMPLED = (FILES, FILES + "credential: nightly, sampling: {credential: sampler, objects: 5}, ")
SAME = (FILES, FILES + "credential: nightly, sampling: {credential: §nightly}, ")
ANOTHER = "name another credential here than the one that the bucket is read with."
MANY = (FILES, FILES + "sampling: {credential: sampler, objects: §21}, ")


def test_sampling_and_the_tag_are_read() -> None:
    inventory = read(spoilt(SAMPLED) + "classification: {tag: class, values: {amber: confidential}}\n")
    files = next(asset for asset in inventory.assets if asset.id == "site/files")
    assert files.sampling == Sampling(credential="sampler", objects=5)
    assert inventory.class_tag == ClassTag(key="class", values=(("amber", Sensitivity.CONFIDENTIAL),))
    assert read().class_tag == ClassTag()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (SAME, ANOTHER),
        (MANY, "'objects' must be at most 20."),
    ],
)
def test_objects_are_opened_by_another_credential_and_few_of_them(edit: tuple[str, str], message: str) -> None:
    plain, places = marked(spoilt(edit))
    assert complaints(plain) == located(places, (message,))


def test_it_holds_to_the_end_of_its_last_day_in_the_citys_zone() -> None:
    inventory = read(WITH)
    row = _account(inventory, inventory.systems[0])
    assert row.ends == datetime(2027, 3, 31, 22, tzinfo=UTC)  # midnight in Paris, in summer time
    assert row.allows_at(datetime(2027, 3, 31, 21, 59, tzinfo=UTC))
    assert not row.allows_at(datetime(2027, 3, 31, 22, tzinfo=UTC))
    assert inventory.vendors[0].expires == date(2027, 3, 31)
