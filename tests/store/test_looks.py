"""What was seen comes back as it was; what was seen before costs one row."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, select, update

from auditor.codec import CodecError, canonical, digest, encode, plain, type_name
from auditor.facts import Facts
from auditor.facts.web import HttpsOffer
from auditor.model import Asset, Basis, Reason, Sensitivity, Tier
from auditor.probe import Seen, Unseen
from auditor.store import looks, sights, tables
from auditor.store.kept import Store
from auditor.store.once import number_of_asset
from tests.laws.shapes import facts_of
from tests.store.looks_rig import AT, TYPES, Note, keep, note, read, rows
from tests.store.town import BAD, GOOD, START, asset, begun, look

SOME = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(SOME, max_examples=3)


@pytest.mark.parametrize("facts_type", TYPES, ids=type_name)
@FEW  # that any facts come back from their bytes is a law of its own (tests/laws); here the bytes go through databases
@given(data=st.data())
def test_facts_of_every_type_come_back(store: Store, facts_type: type[Facts], data: st.DataObject) -> None:
    facts = data.draw(st.lists(facts_of(facts_type), min_size=1, max_size=3))
    seen = [Seen(one, f"192.0.2.{n}:443", basis) for n, (one, basis) in enumerate(zip(facts, Basis, strict=False))]
    run = begun(store, rows(store)["run"])
    keep(store, run, "site/a", seen)
    (back,) = read(store, run)
    assert back.sights == tuple(seen)
    assert [encode(one.facts) for one in back.sights if isinstance(one, Seen)] == [encode(one.facts) for one in seen]


@pytest.mark.parametrize("reason", Reason)
def test_what_was_not_seen_comes_back_with_its_reason(file_store: Store, reason: Reason) -> None:
    run = begun(file_store)
    seen = [Unseen(HttpsOffer, "a\0\x1b[31m\u202e", reason, "why\nnot")]
    keep(file_store, run, "site/a", seen)
    assert read(file_store, run)[0].sights == tuple(seen)


def test_the_digest_of_an_asset_is_that_of_its_last_look_in_this_run(store: Store) -> None:
    earlier, run = begun(store), begun(store, 1)
    keep(store, earlier, "site/a", [note("earlier")])
    first = keep(store, run, "site/a", [note("once")])
    with store.writing() as connection:
        number = number_of_asset(connection, "site/a")
        assert looks.digest_of(connection, run.no, number) == first
        again = looks.look_of("site/a", [note("twice")], ())
        looks.keep_look(connection, run.no, run.opening.started, 2, again)
        assert looks.digest_of(connection, run.no, number) == again.digest
        assert looks.digest_of(connection, run.no, number_of_asset(connection, "site/b")) == ""


@pytest.mark.parametrize("number", [0, 1, 3])
def test_what_was_found_is_written_as_its_plain_values_are(number: int) -> None:
    found = [asset(f"site/{one}") for one in range(number)]
    body = sights.written([note("x")], found).body
    assert body == canonical(json.loads(body))
    assert json.loads(body)["found"] == [plain(one) for one in found]


def test_what_was_found_comes_back(store: Store) -> None:
    found = Asset(
        id="s3://b",
        kind="bucket",
        address="s3://b",
        system="",
        tiers=frozenset(Tier),
        sensitivity=Sensitivity.RESTRICTED,
        intended_public=True,
        credential="audit",
        host_key="SHA256:x",
        formerly=("old",),
    )
    run = begun(store)
    keep(store, run, "site/a", [], [found, replace(found, id="s3://c")])
    assert read(store, run)[0].found == (found, replace(found, id="s3://c"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "a\0b",
        "\x1b]0;x\x07",
        "\u202egnp.exe\u2066",
        "\uffff\U0010ffff",
        "ß" * 131_072,
        "x" * 262_144,
        "\\u0000",
        "'; drop",
    ],
    ids=["empty", "nul", "nul-inside", "escape", "bidi", "beyond", "256-kB-of-two", "256-kB", "backslash", "quote"],
)
def test_hostile_text_comes_back(store: Store, text: str) -> None:
    run = begun(store)
    seen = [note(text), Unseen(Note, text, Reason.TIMEOUT, text)]
    keep(store, run, "site/a", seen)
    assert read(store, run, (Note,))[0].sights == tuple(seen)


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb"])
def test_half_a_surrogate_pair_is_refused_before_anything_is_written(store: Store, text: str) -> None:
    run = begun(store)
    before = rows(store)
    for seen in (note(text), Seen(note("").facts, text, Basis.OBSERVED), Unseen(Note, "", Reason.TIMEOUT, text)):
        with pytest.raises(CodecError):
            keep(store, run, "site/a", [seen])
    assert rows(store) == before


def test_facts_are_kept_once_and_an_unchanged_look_adds_one_row(store: Store) -> None:
    first = begun(store)
    keep(store, first, "site/a", look("site/a", GOOD, AT).sights)
    before = rows(store)
    second = begun(store, 1, START + timedelta(days=1))
    later = look("site/a", GOOD, AT + timedelta(days=1, microseconds=1))
    keep(store, second, "site/a", later.sights)
    assert rows(store) == {**before, "run": before["run"] + 1, "look": before["look"] + 1}
    assert read(store, second)[0].sights == later.sights
    assert read(store, first)[0].sights == look("site/a", GOOD, AT).sights


def test_the_same_facts_at_two_places_are_kept_once(store: Store) -> None:
    run = begun(store)
    keep(store, run, "site/a", [note("x", 1), Seen(note("x", 2).facts, "elsewhere", Basis.IMPORTED), note("y", 3)])
    assert rows(store)["facts"] == 2
    times = [one.facts.observed_at for one in read(store, run, (Note,))[0].sights if isinstance(one, Seen)]
    assert times == [AT + timedelta(seconds=n) for n in (1, 2, 3)]


def test_a_changed_look_adds_what_changed(store: Store) -> None:
    first, second = begun(store), begun(store, 1)
    keep(store, first, "site/a", [note("x"), note("y")])
    before = rows(store)
    keep(store, second, "site/a", [note("x"), note("z")])
    assert rows(store) == {**before, "look": before["look"] + 1, "facts": 3, "sight": 2}


def test_a_digest_is_of_what_was_seen_and_not_of_when(store: Store) -> None:
    run = begun(store)
    one = keep(store, run, "site/a", look("site/a", GOOD, AT).sights)
    assert looks.look_of("site/b", look("site/a", GOOD, AT + timedelta(days=1)).sights, ()).digest == one
    assert looks.look_of("site/a", look("site/a", BAD, AT).sights, ()).digest != one
    assert looks.look_of("site/a", look("site/a", GOOD, AT).sights, (asset("site/z"),)).digest != one


def test_looks_come_by_name_and_by_turn_and_for_those_that_are_asked_for(store: Store) -> None:
    names = ["site/b", "Site/b", "site/_", "site/B", "site/ä", "site/a"]
    run = begun(store)
    for name in names:
        keep(store, run, name, [note(name)])
    second = looks.look_of("site/a", [note("again")], ())
    with store.writing() as connection:
        looks.keep_look(connection, run.no, run.opening.started, 2, second)
    assert [one.asset for one in read(store, run, (Note,))] == sorted(names)
    assert read(store, run, (Note,), turn=2) == [second]
    with store.reading() as connection:
        some = looks.read_looks(connection, run.no, run.opening.started, 1, (Note,), ["site/b", "none"])
        assert [one.asset for one in some] == ["site/b"]
        assert looks.looked_at(connection, run.no) == set(names)
        assert looks.looked_at(connection, run.no + 1) == set()


def corrupt(store: Store, table: Table, **values: object) -> None:
    with store.writing() as connection:
        connection.execute(update(table).values(values))


def resealed(store: Store, body: bytes) -> None:
    """A sight whose digest is right and whose content is not."""
    corrupt(store, tables.sight, body=body, sha256=bytes.fromhex(digest(body)))


def sight_of(store: Store) -> dict[str, list[list[object]]]:
    with store.reading() as connection:
        found: dict[str, list[list[object]]] = json.loads(connection.execute(select(tables.sight.c.body)).scalar_one())
        return found


def test_damaged_looks_are_told_and_never_half_read(store: Store) -> None:
    run = begun(store)
    keep(store, run, "site/a", [note("x"), Unseen(Note, "", Reason.TIMEOUT, "")])
    body = sight_of(store)
    ways = (
        lambda: corrupt(store, tables.look, times=b""),
        lambda: corrupt(store, tables.look, times=b"\x01\x01\x01"),
        lambda: corrupt(store, tables.look, times=b"\x80"),
        lambda: corrupt(store, tables.look, times=b"\xff" * 12 + b"\x01"),
        lambda: corrupt(store, tables.look, sight=77),
        lambda: corrupt(store, tables.sight, body=b"{}"),
        lambda: corrupt(store, tables.sight, body=b"\xff\x00"),
        lambda: resealed(store, b"{}"),
        lambda: resealed(store, b"[" * 5),
        lambda: resealed(store, json.dumps({**body, "sights": [["seen", "00" * 32, "", "observed"]]}).encode()),
        lambda: resealed(store, json.dumps({**body, "sights": [["seen", "zz", "", "observed"]]}).encode()),
        lambda: resealed(store, json.dumps({**body, "sights": [["unseen", "None", "", "timeout", ""]]}).encode()),
        lambda: resealed(store, json.dumps({**body, "sights": [["unseen", "Note", "", "never", ""]]}).encode()),
        lambda: resealed(store, json.dumps({**body, "sights": [["guessed"]]}).encode()),
        lambda: resealed(store, json.dumps({**body, "found": [{"id": 1}]}).encode()),
        lambda: corrupt(store, tables.facts, body=b"junk"),
        lambda: corrupt(store, tables.facts, body=zlib.compress(b'{"type":"Note","facts":{}}')),
    )
    with store.reading() as connection:
        was = {
            table: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in (tables.look, tables.sight, tables.facts)
        }
    for way in ways:
        way()
        with pytest.raises(CodecError, match="A look at site/a could not be read"):
            read(store, run, (Note,))
        damaged: set[str] = set()
        with store.reading() as connection:
            assert not list(looks.read_looks(connection, run.no, START, 1, (Note,), damaged=damaged))
        assert damaged == {"site/a"}
        with store.writing() as connection:
            for table, before in was.items():
                connection.execute(delete(table))
                connection.execute(table.insert(), before)
    assert read(store, run, (Note,))[0].sights[0] == note("x")


def test_many_looks_are_read_some_at_a_time_and_each_is_told_by_itself(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LOOKS_AT_ONCE", 3)
    run = begun(store)
    names = [f"site/{n:02}" for n in range(8)]
    for n, name in enumerate(names):
        keep(store, run, name, [note("shared", n), note(f"own {n // 2}", n)])  # each two saw the same
    assert [one.asset for one in read(store, run, (Note,))] == names
    for n, one in enumerate(read(store, run, (Note,))):
        assert one.sights == (note("shared", n), note(f"own {n // 2}", n))
    with store.writing() as connection:
        key = bytes.fromhex(digest(sights.timeless(note("own 2").facts)))
        connection.execute(update(tables.facts).where(tables.facts.c.sha256 == key).values(body=b"junk"))
    damaged: set[str] = set()
    with store.reading() as connection:
        rest = list(looks.read_looks(connection, run.no, START, 1, (Note,), damaged=damaged))
    assert damaged == {"site/04", "site/05"}
    assert [one.asset for one in rest] == [name for name in names if name not in damaged]
    with pytest.raises(CodecError, match="site/04"):
        read(store, run, (Note,))


def test_facts_of_a_type_that_is_not_installed_are_told(store: Store) -> None:
    run = begun(store)
    keep(store, run, "site/a", [note("x")])
    with pytest.raises(CodecError, match="no installed probe"):
        read(store, run, TYPES)
