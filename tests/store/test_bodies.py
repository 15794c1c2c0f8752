"""What is packed with small tables is read by whoever reads zlib, and is no longer than it was."""

from __future__ import annotations

import hashlib
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.codec import encode
from auditor.facts import Facts
from auditor.store import bodies
from tests.laws.shapes import facts_of
from tests.store.town import PARTS


@given(st.binary() | st.text().map(str.encode))
def test_it_is_unpacked_by_zlib(body: bytes) -> None:
    assert zlib.decompress(bodies.packed(body)) == body


@given(st.data())
def test_facts_become_no_longer(data: st.DataObject) -> None:
    kind: type[Facts] = data.draw(st.sampled_from(PARTS.facts_types))
    body = encode(data.draw(facts_of(kind)))
    assert len(bodies.packed(body)) == len(zlib.compress(body))


@pytest.mark.parametrize("size", [0, 1, 255, 1999, 2000, 2001, 4096, 40_000, 300_000])
@pytest.mark.parametrize("of", [1, 2, 16, 256], ids="{}-bytes".format)
def test_neither_does_what_repeats_and_what_does_not(size: int, of: int) -> None:
    body = bytes(random.Random(size).choices(range(of), k=size))
    packed = bodies.packed(body)
    assert zlib.decompress(packed) == body
    assert len(packed) == len(zlib.compress(body))


@given(st.binary(), st.integers(0, 80), st.integers(1, 200))
def test_in_pieces_it_is_the_same_document(body: bytes, times: int, step: int) -> None:
    whole = body * times
    pieces = (whole[start : start + step] for start in range(0, len(whole), step))
    digest, packed = bodies.packed_in_pieces(pieces)
    assert digest == hashlib.sha256(whole).hexdigest()
    assert zlib.decompress(packed) == whole
    if len(whole) <= bodies.SMALL:
        assert packed == bodies.packed(whole)
