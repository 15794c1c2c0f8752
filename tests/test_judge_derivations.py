"""Judging with derivations: at one locus, and over the whole run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from auditor.derive import LocusDerivation, Placed, RunDerivation, Undecided, derive, derive_from_all
from auditor.deriving import Sights, derive_each, derive_run
from auditor.facts import Declared, Facts
from auditor.model import Basis, Reason, Sensitivity
from auditor.probe import Seen, Unseen
from tests.judge_rig import AT, HALF, Key, Lock, blind, key, lock

DECLARED = Declared(observed_at=AT, sensitivity=Sensitivity.PUBLIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety(Facts):
    score: int


@derive(reads=(Lock, Key), yields=Safety)
def safety(facts: Lock, keys: Key) -> Safety:
    if facts.bolts == 99:
        raise Undecided(Reason.MALFORMED, "too many bolts")
    if facts.bolts == 98:
        raise RuntimeError("a secret that a target said")
    return Safety(observed_at=facts.observed_at, score=facts.bolts - keys.copies)


def derived(*sights: Seen | Unseen, by: LocusDerivation = safety) -> dict[str, Seen | Unseen]:
    return dict(derive_each(Sights.of(sights), (by,), DECLARED).get(Safety))


def reason_of(sight: Seen | Unseen) -> Reason | None:
    return sight.reason if isinstance(sight, Unseen) else None


# Derivations at one locus


def test_a_derivation_joins_facts_of_one_locus() -> None:
    row = derived(lock(3, "a", Basis.IMPORTED), key(1, "a"), lock(2, "b"), key(2, "b"))
    assert row == {
        "a": Seen(Safety(observed_at=AT, score=2), "a", Basis.IMPORTED),
        "b": Seen(Safety(observed_at=AT, score=0), "b"),
    }


def test_facts_of_the_whole_asset_are_there_at_every_locus() -> None:
    row = derived(lock(3, "a"), lock(2, "b"), key(1))
    assert {locus: reason_of(sight) for locus, sight in row.items()} == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("sights", "reasons"),
    [
        pytest.param([lock(3, "a"), blind(Key, "a")], {"a": Reason.TIMEOUT}, id="an-input-unseen"),
        pytest.param(
            [lock(3, "a"), blind(Key)],
            {"": Reason.TIMEOUT, "a": Reason.TIMEOUT},
            id="an-input-unseen-as-a-whole",
        ),
        pytest.param([lock(3, "a")], {"a": Reason.NOT_OBSERVED}, id="an-input-missing"),
        pytest.param([lock(99), key(0)], {"": Reason.MALFORMED}, id="undecided"),
        pytest.param([lock(98), key(0)], {"": Reason.DERIVATION_ERROR}, id="a-crash"),
        pytest.param([blind(), blind(Key)], {"": Reason.TIMEOUT}, id="nothing-seen"),
        pytest.param(
            [blind(), lock(3, "a"), key(0)],
            {"": Reason.TIMEOUT, "a": None},
            id="what-is-unseen-beside-what-is-seen-is-not-dropped",
        ),
        pytest.param([lock(1), lock(3, "a"), key(0)], {"": None, "a": None}, id="nor-is-what-is-seen-beside-it"),
        pytest.param([], {}, id="nothing-at-all"),
    ],
)
def test_an_unseen_input_makes_the_result_unseen(
    sights: list[Seen | Unseen], reasons: dict[str, Reason | None]
) -> None:
    assert {locus: reason_of(sight) for locus, sight in derived(*sights).items()} == reasons


def test_a_derivation_that_gives_something_else_is_unseen() -> None:
    @derive(reads=(Lock,), yields=Safety)
    def odd(facts: Lock) -> Facts:
        return facts

    assert reason_of(derived(lock(1), by=odd)[""]) is Reason.DERIVATION_ERROR


def test_a_derivation_may_read_what_the_inventory_declares() -> None:
    @derive(reads=(Declared, Lock), yields=Safety)
    def by_data(declared: Declared, facts: Lock) -> Safety:
        return Safety(observed_at=facts.observed_at, score=int(declared.sensitivity))

    assert derived(lock(1, "a"), by=by_data) == {"a": Seen(Safety(observed_at=AT, score=1), "a")}


def over_all(
    answers: Iterable[object], sights: dict[str, list[Seen | Unseen]] | None = None
) -> dict[str, dict[str, Seen | Unseen]]:
    """What each asset has of Safety after a run derivation said `answers`."""

    @derive_from_all(reads=(Lock,), yields=Safety)
    def derivation(placed: tuple[Placed, ...]) -> Iterable[Placed]:
        yield from answers  # type: ignore[misc]

    rows = sights or {"one": [lock(1)], "two": [blind()], "third": [key(1)]}
    found = derive_run({name: Sights.of(row) for name, row in rows.items()}, derivation)
    return {name: dict(row.get(Safety)) for name, row in found.items()}


GOOD = Seen(Safety(observed_at=AT, score=1))


# Derivations over the whole run


def test_silence_about_an_asset_that_was_read_is_unseen() -> None:
    found = over_all([Placed("one", GOOD)])
    assert found["one"] == {"": GOOD}
    assert reason_of(found["two"][""]) is Reason.DERIVATION_ERROR
    assert found["third"] == {}


def test_what_is_said_of_an_asset_that_was_not_read_is_kept() -> None:
    assert over_all([Placed("third", GOOD)])["third"] == {"": GOOD}
    assert "stranger" not in over_all([Placed("stranger", GOOD)])


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "text",
        Placed("one", None),  # type: ignore[arg-type]
        Placed(["one"], GOOD),  # type: ignore[arg-type]
        Placed("one", Seen(GOOD.facts, HALF)),
        Placed("one", Seen(GOOD.facts, 7)),  # type: ignore[arg-type]
        Placed("one", Seen(GOOD.facts, "", "observed")),  # type: ignore[arg-type]
        Placed("one", Unseen(Safety, "", Reason.TIMEOUT, HALF)),
        Placed("one", Unseen(Safety, "", "timeout", "x")),  # type: ignore[arg-type]
    ],
)
def test_junk_from_a_derivation_blinds_its_question_and_nothing_else(junk: object) -> None:
    found = over_all([Placed("one", GOOD), junk])
    assert reason_of(found["one"][""]) is reason_of(found["two"][""]) is Reason.DERIVATION_ERROR


def test_two_words_of_a_derivation_on_one_asset_are_inconsistent() -> None:
    other = Seen(Safety(observed_at=AT, score=2))
    assert reason_of(over_all([Placed("one", GOOD), Placed("one", other)])["one"][""]) is Reason.INCONSISTENT


def test_facts_of_another_type_are_no_answer() -> None:
    assert reason_of(over_all([Placed("one", lock(1))])["one"][""]) is Reason.DERIVATION_ERROR


def test_a_run_derivation_sees_everything_in_the_same_order() -> None:
    seen: list[tuple[Placed, ...]] = []

    def remember(placed: tuple[Placed, ...]) -> Iterable[Placed]:
        seen.append(placed)
        return ()

    derivation = RunDerivation(reads=(Lock,), yields=Safety, derive=remember)
    rows = {"b": Sights.of([lock(1, "y"), lock(2, "x")]), "a": Sights.of([blind()])}
    derive_run(rows, derivation)
    derive_run(dict(reversed(rows.items())), derivation)
    assert seen[0] == seen[1]
    assert [(place.asset, place.observation.locus) for place in seen[0]] == [("a", ""), ("b", "x"), ("b", "y")]
