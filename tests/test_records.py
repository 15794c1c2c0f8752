"""A record is a dataclass in all but the moment when its methods are written."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

from auditor.filling import ABSENT, maker
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Doc."""

    name: str
    size: int = 1
    parts: tuple[str, ...] = dataclasses.field(default_factory=tuple)
    hidden: int = dataclasses.field(default=0, compare=False, repr=False)
    kind: ClassVar[str] = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child(Base):
    """Doc."""

    age: float

    def __post_init__(self) -> None:
        if self.age < 0:
            raise ValueError("age")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stranger(Base):
    """A plug-in's, by the standard library."""

    more: str = ""


@dataclass(frozen=True)
class Bare:
    first: int
    second: str = "x"


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    second: str = "x"


@dataclass(frozen=True)
class Own:
    number: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


@dataclass
class Loose:
    number: int


@pytest.mark.parametrize(
    ("first", "answer"),
    [(repr, "Fresh(name='a')"), (hash, hash(("a",))), (lambda one: one == one, True), (lambda one: one != "a", True)],
    ids=["shown", "hashed", "equal", "unequal"],
)
def test_an_instance_that_nobody_initialised_answers_too(first: Any, answer: object) -> None:
    """Reading stored facts makes instances without calling `__init__`."""
    made = object.__new__(fresh())
    object.__setattr__(made, "name", "a")
    assert first(made) == answer


def fresh() -> Any:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fresh:
        name: str

    Fresh.__qualname__ = "Fresh"
    return Fresh


def test_it_is_made_compared_hashed_and_shown_like_a_dataclass() -> None:
    one = Child(name="a", age=2.0, hidden=1)
    assert repr(one) == "Child(name='a', size=1, parts=(), age=2.0)"
    assert one == Child(name="a", age=2.0, hidden=2) != Child(name="b", age=2.0)
    assert hash(one) == hash(("a", 1, (), 2.0))
    assert one != Base(name="a")
    assert len({one, Child(name="a", age=2.0)}) == 1
    assert dataclasses.asdict(one) == {"name": "a", "size": 1, "parts": (), "hidden": 1, "age": 2.0}
    assert Bare(1) == Bare(1, "x") == Bare(first=1)
    assert Bare.__match_args__ == ("first", "second")


def mixed(decorate: Any) -> Any:
    class Mixed:
        first: int
        number: int = 2
        made: list[int] = dataclasses.field(default_factory=list)
        told: str = dataclasses.field(default="t", kw_only=True)
        asked: str = dataclasses.field(kw_only=True)
        fixed: int = dataclasses.field(default=7, init=False)
        own: list[int] = dataclasses.field(default_factory=lambda: [1], init=False)
        unset: int = dataclasses.field(init=False, repr=False, compare=False)
        kind: ClassVar[int] = 1

        def __post_init__(self) -> None:
            object.__setattr__(self, "unset", self.first + self.number)

    return decorate(frozen=True, slots=True)(Mixed)


def test_every_kind_of_field_is_filled_as_the_standard_library_fills_it() -> None:
    ours, theirs = mixed(dataclass), mixed(dataclasses.dataclass)
    given: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        ((1,), {"asked": "a"}),
        ((1, 3, [4]), {"asked": "a", "told": "b"}),
        ((), {"first": 1, "asked": "a", "made": [2]}),
    ]
    for places, names in given:
        one, other = ours(*places, **names), theirs(*places, **names)
        assert (repr(one), one.unset) == (repr(other), other.unset)
        assert dataclasses.astuple(one) == dataclasses.astuple(other)
    assert ours(1, asked="").made is not ours(1, asked="").made
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs)).replace("<factory>", repr(ABSENT))
    assert ours.__match_args__ == theirs.__match_args__
    for wrong in ({}, {"asked": ""}, {"first": 1, "asked": "", "fixed": 2}):
        with pytest.raises(TypeError):
            ours(**wrong)


def test_it_is_frozen_slotted_and_keyword_only() -> None:
    one = Child(name="a", age=2.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name
    assert not hasattr(one, "__dict__")
    with pytest.raises(TypeError, match=r"Base.__init__\(\) takes 1 positional"):
        Base("a")  # type: ignore[misc]
    with pytest.raises(TypeError, match=r"Child.__init__\(\) missing 1 required keyword-only argument: 'age'"):
        Child(name="a")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="age"):
        Child(name="a", age=-1.0)


def test_it_can_be_replaced_copied_and_pickled() -> None:
    one = Child(name="a", age=2.0)
    assert dataclasses.replace(one, age=3.0) == Child(name="a", age=3.0)
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_a_class_of_the_standard_library_may_inherit_from_one() -> None:
    assert repr(Stranger(name="a")) == "Stranger(name='a', size=1, parts=(), more='')"
    assert Stranger(name="a") == Stranger(name="a") != Base(name="a")
    assert dataclasses.is_dataclass(Stranger)


def test_what_writes_its_own_methods_or_is_not_frozen_is_left_alone() -> None:
    assert (Own(1) == Own(2), hash(Own(1))) == (True, 7)
    loose = Loose(1)
    loose.number = 2
    assert loose == Loose(2)
    assert list(inspect.signature(Loose).parameters) == ["number"]


def test_methods_are_written_once_and_are_those_of_the_standard_library() -> None:
    @dataclass(frozen=True, slots=True)
    class Fresh:
        number: int

    before = {name: vars(Fresh)[name] for name in ("__init__", "__repr__", "__eq__", "__hash__")}
    assert (hash(Fresh(1)), repr(Fresh(1)) != "", Fresh(1) == Fresh(1)) == (hash((1,)), True, True)
    after = {name: vars(Fresh)[name] for name in before}
    assert all(after[name] is not before[name] for name in before)
    assert list(inspect.signature(Fresh).parameters) == ["number"]
    assert Fresh(2) != Fresh(3)
    assert {name: vars(Fresh)[name] for name in before} == after
    assert before["__repr__"](Fresh(1)).endswith("Fresh(number=1)")


class Plain(Base):
    """Inherits, and is no record: it has room for more."""


def test_a_class_that_only_inherits_is_filled_too() -> None:
    one = Plain(name="a", size=2)
    vars(one)["more"] = 1
    assert (type(one), one.name, one.size, one.parts, one.hidden) == (Plain, "a", 2, (), 0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]


def test_it_is_whole_and_frozen_before_it_is_checked() -> None:
    seen: list[object] = []

    @dataclass(frozen=True, slots=True)
    class Fresh:
        number: int

        def __post_init__(self) -> None:
            seen.append((type(self), self.number))
            with pytest.raises(dataclasses.FrozenInstanceError):
                self.number = 0  # type: ignore[misc]

    assert type(Fresh(0)) is Fresh
    assert seen == [(Fresh, 0)]


def test_a_maker_makes_the_same_as_its_class() -> None:
    assert maker(Child)(name="a", age=2.0, hidden=1) == Child(name="a", age=2.0)
    assert maker(Child)(name="a", age=2.0, hidden=1).hidden == 1
    assert type(maker(Pair)(1)) is Pair
    assert maker(Pair)(1, "b") == Pair(1, "b") != maker(Pair)(first=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        maker(Child)(name="a", age=2.0).name = "b"  # type: ignore[misc]
    with pytest.raises(ValueError, match="age"):
        maker(Child)(name="a", age=-1.0)
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'age'"):
        maker(Child)(name="a")  # type: ignore[call-arg]
    ours, theirs = maker(mixed(dataclass))(1, asked="a"), mixed(dataclasses.dataclass)(1, asked="a")
    assert (repr(ours), ours.unset) == (repr(theirs), theirs.unset)


SOURCES = [path for package in ("auditor", "checks") for path in (Path(__file__).parents[1] / package).rglob("*.py")]
OTHERS = {"auditor/rig", "auditor/deep"}  # for tests and demonstration; in an environment of its own


def test_what_is_frozen_and_slotted_is_one_everywhere() -> None:
    """The standard library's would have its methods written at each start."""
    texts = {path.relative_to(Path(__file__).parents[1]): path.read_text(encoding="utf-8") for path in SOURCES}
    written = [
        str(path)
        for path, text in texts.items()
        if re.search(r"^from dataclasses import (.*, )?dataclass\b", text, re.MULTILINE)
        and re.search(r"^ *@dataclass\(frozen=True, slots=True", text, re.MULTILINE)
        and "/".join(path.parts[:2]) not in OTHERS
    ]
    assert written == []
