"""What is remembered of an asset, and what a run relied on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from auditor.codec import CodecError, digest
from auditor.model import Basis, Carried, Evidence, Outcome, Severity, Tier
from auditor.store import StoreDamaged, tables
from auditor.store.kept import Store
from auditor.store.once import keep_document, read_document
from auditor.store.pages import (
    Page,
    decided_of_all,
    opened_body,
    read_carried,
    read_page,
    write_carried,
    write_page,
    written,
)
from tests.laws.shapes import TIMES
from tests.store.town import START, begun

SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(("\0", "\u202e", '"\\u0000', "\ud800"))
ENTRIES = st.builds(
    Carried,
    asset=st.just("site/a"),
    check=TEXTS,
    locus=TEXTS,
    outcome=st.sampled_from(Outcome),
    observed_at=TIMES,
    summary=TEXTS,
    evidence=st.lists(st.builds(Evidence, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    basis=st.sampled_from(Basis),
    severity=st.none() | st.sampled_from(Severity),
    tier=st.none() | st.sampled_from(Tier),
    run=TEXTS,
    digest=TEXTS,
)
ENTRY = Carried(asset="site/a", check="c", locus="", outcome=Outcome.FAIL, observed_at=START, run="r", digest="ab" * 32)
PAGES = st.builds(
    Page,
    method=TEXTS,
    states=st.dictionaries(st.tuples(TEXTS, TEXTS), st.just("ab" * 8), max_size=4),
    entries=st.lists(ENTRIES, max_size=4).map(tuple),
)


@SOME
@given(page=PAGES)
def test_a_page_comes_back(store: Store, page: Page) -> None:
    with store.writing() as connection:
        write_page(connection, "site/a", page)
        write_page(connection, "Site/A", Page("other"))
    with store.reading() as connection:
        assert read_page(connection, "site/a") == page
        assert read_page(connection, "Site/A") == Page("other")


def test_an_asset_without_a_page_has_an_empty_one(store: Store) -> None:
    with store.reading() as connection:
        assert read_page(connection, "site/a") == Page()


def test_a_page_is_written_anew(store: Store) -> None:
    with store.writing() as connection:
        write_page(connection, "site/a", Page("one", {("c", ""): "00"}, (ENTRY,)))
        write_page(connection, "site/a", Page("two"))
        assert connection.execute(select(func.count()).select_from(tables.memory)).scalar() == 1
        assert read_page(connection, "site/a") == Page("two")


NO_PAGES = ("", "[]", "{}", "null", "7", '{"method":"m"}', '{"method":"m","states":[[1]],"entries":[]}')


@pytest.mark.parametrize("body", [*NO_PAGES, *(f"{digest(body.encode())} {body}" for body in NO_PAGES)])
def test_a_page_that_cannot_be_read_is_told_and_never_an_empty_one(store: Store, body: str) -> None:
    with store.writing() as connection:
        write_page(connection, "site/a", Page())
        connection.execute(update(tables.memory).values(body=body))
        with pytest.raises(CodecError, match="What the store remembers of site/a could not be read"):
            read_page(connection, "site/a")
        with pytest.raises(CodecError, match="What the store remembers of site/a could not be read"):
            list(decided_of_all(connection))


FAILED = written(Page("m", {("c", ""): "ab"}, (ENTRY,)))


@pytest.mark.parametrize("place", range(len(FAILED)))
def test_no_bit_of_a_page_may_change(place: int) -> None:
    """The letter of a failure is one bit from that of a question that does not arise."""
    assert opened_body(FAILED)["method"] == "m"
    for bit in range(7):
        changed = FAILED[:place] + chr(ord(FAILED[place]) ^ 1 << bit) + FAILED[place + 1 :]
        with pytest.raises(ValueError, match="digest"):
            opened_body(changed)


@SOME
@given(entries=st.lists(ENTRIES, max_size=4))
def test_what_a_run_carried_comes_back(store: Store, entries: list[Carried]) -> None:
    with store.reading() as connection:
        number = connection.execute(select(func.count()).select_from(tables.run)).scalar_one()
    run = begun(store, number)
    other = [replace(entry, asset="site/_") for entry in entries]
    with store.writing() as connection:
        write_carried(connection, run.no, "site/a", entries)
        write_carried(connection, run.no, "site/_", other)
    with store.reading() as connection:
        assert list(read_carried(connection, run.no)) == [*other, *entries]
        assert list(read_carried(connection, run.no + 1)) == []


def test_the_same_is_carried_once(store: Store) -> None:
    runs = [begun(store, n, START + timedelta(days=n)) for n in range(3)]
    with store.writing() as connection:
        for run in runs:
            write_carried(connection, run.no, "site/a", [ENTRY])
        count = connection.execute(select(func.count()).select_from(tables.document)).scalar_one()
    assert count == 2 + 1  # what the runs were asked, their rules, and this


def test_times_are_exact(store: Store) -> None:
    at = datetime.fromisoformat("2026-03-29T01:00:00.000001+00:00")
    with store.writing() as connection:
        write_page(connection, "site/a", Page(entries=(replace(ENTRY, observed_at=at),)))
        assert read_page(connection, "site/a").entries[0].observed_at == at


@pytest.mark.parametrize("body", [b"", b"\0", b"text", b"x" * 300_000, bytes(range(256)) * 1000])
def test_a_document_comes_back_and_is_kept_once(store: Store, body: bytes) -> None:
    with store.writing() as connection:
        number = keep_document(connection, body)
        assert keep_document(connection, body) == number
        assert read_document(connection, number) == body


@pytest.mark.parametrize("body", [b"", b"junk", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_document_is_told(store: Store, body: bytes) -> None:
    with store.writing() as connection:
        number = keep_document(connection, b"what it was")
        connection.execute(update(tables.document).values(body=body))
        with pytest.raises(StoreDamaged, match=f"Document {number} of the store is"):
            read_document(connection, number)
        with pytest.raises(StoreDamaged, match="is missing"):
            read_document(connection, number + 1)
