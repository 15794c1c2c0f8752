"""A derivation from all places of one asset: what it is given, where its answer stands, and what a bad one comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from auditor.derive import AssetDerivation, Rows, Undecided, derive_from_places
from auditor.deriving import Sights, derive_each
from auditor.facts import Declared, Facts
from auditor.model import Basis, Reason, Sensitivity
from auditor.probe import Seen, Unseen

AT = datetime(2026, 6, 1, tzinfo=UTC)
DECLARED = Declared(observed_at=AT, sensitivity=Sensitivity.PUBLIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour(Facts):
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette(Facts):
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed(Facts):
    of: int


@derive_from_places(reads=(Colour,), yields=Palette)
def palette(rows: Rows) -> Palette:
    sights = rows[Colour].values()
    names = tuple(sight.facts.name for sight in sights if isinstance(sight, Seen) and isinstance(sight.facts, Colour))
    if "fade" in names:
        raise Undecided(Reason.INCONSISTENT, "it fades")
    if "crash" in names:
        raise RuntimeError("what a target said")
    return Palette(observed_at=AT, names=names)


def colour(name: str, locus: str, basis: Basis = Basis.OBSERVED) -> Seen:
    return Seen(Colour(observed_at=AT, name=name), locus, basis)


def derived(*sights: Seen | Unseen, by: AssetDerivation = palette) -> dict[str, Seen | Unseen]:
    return dict(derive_each(Sights.of(sights), (by,), DECLARED).get(Palette))


def test_it_sees_every_place_and_its_answer_is_the_whole_asset_s() -> None:
    (answer,) = derived(colour("red", "a"), colour("blue", "b", Basis.IMPORTED)).items()
    assert answer == ("", Seen(Palette(observed_at=AT, names=("red", "blue")), "", Basis.IMPORTED))


def test_what_was_not_seen_is_its_own_to_weigh() -> None:
    (sight,) = derived(colour("red", "a"), Unseen(Colour, "b", Reason.TIMEOUT, "")).values()
    assert isinstance(sight, Seen)


@derive_from_places(reads=(Colour, Declared), yields=Palette)
def palette_of_a_public_place(rows: Rows) -> Palette:
    (declared,) = rows[Declared].values()
    assert isinstance(declared, Seen)
    assert isinstance(declared.facts, Declared)
    return Palette(observed_at=AT, names=(declared.facts.sensitivity.word, *map(repr, rows[Colour])))


def test_what_the_inventory_says_is_among_its_rows() -> None:
    (answer,) = derived(Unseen(Colour, "b", Reason.TIMEOUT, ""), by=palette_of_a_public_place).values()
    assert answer == Seen(Palette(observed_at=AT, names=("public", "'b'")), "")


def test_where_nothing_was_asked_it_is_silent() -> None:
    assert derived() == {}
    assert derived(by=palette_of_a_public_place) == {}


@pytest.mark.parametrize(("name", "reason"), [("fade", Reason.INCONSISTENT), ("crash", Reason.DERIVATION_ERROR)])
def test_an_answer_that_it_cannot_give_is_unseen_with_its_reason(name: str, reason: Reason) -> None:
    (sight,) = derived(colour(name, "a")).values()
    assert isinstance(sight, Unseen)
    assert sight.reason is reason
    assert "target" not in sight.detail


def test_an_answer_of_another_type_is_unseen() -> None:
    odd = AssetDerivation(reads=(Colour,), yields=Palette, derive=lambda _: Colour(observed_at=AT, name="red"))
    (sight,) = derived(colour("red", "a"), by=odd).values()
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.DERIVATION_ERROR


def test_what_one_derivation_writes_into_its_rows_no_other_one_reads() -> None:
    """Where nothing was asked there is one row for all: nobody can write into it."""

    def write(rows: Rows) -> Palette:
        rows[Palette][""] = Seen(Palette(observed_at=AT, names=("forged",)))  # type: ignore[index]
        return Palette(observed_at=AT, names=())

    forging = AssetDerivation(reads=(Colour, Palette), yields=Palette, derive=write)
    (sight,) = derived(colour("red", "a"), by=forging).values()
    assert isinstance(sight, Unseen)
    assert sight.reason is Reason.DERIVATION_ERROR
    assert not Sights.of(()).get(Palette)


def test_a_derivation_may_rest_on_what_an_earlier_one_concluded_and_on_no_later_one() -> None:
    @derive_from_places(reads=(Palette,), yields=Mixed)
    def mixed(rows: Rows) -> Mixed:
        return Mixed(observed_at=AT, of=len(rows[Palette]))

    sights = Sights.of([colour("red", "a")])
    assert derive_each(sights, (palette, mixed), DECLARED).get(Mixed) == {"": Seen(Mixed(observed_at=AT, of=1))}
    assert not derive_each(sights, (mixed, palette), DECLARED).get(Mixed)
    assert not sights.get(Palette)


def test_what_was_said_of_a_type_goes_where_its_derivation_has_nothing_to_read() -> None:
    said = Seen(Palette(observed_at=AT, names=("from a probe",)))
    assert derived(said) == {}
