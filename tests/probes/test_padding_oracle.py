"""Records with wrong padding after an honest handshake: oracles of every kind are seen, and OpenSSL has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.deep.cbc import Half, padding_for
from auditor.deep.padding import FLAWS, NONE, RECORDS
from auditor.facts.vulnerabilities import PaddingAnswer
from auditor.model import Outcome, Reason
from auditor.probe import Seen
from auditor.probes.deep_answers import FLAWS as NAMES
from auditor.probes.deep_answers import Attack
from auditor.rig.faults import FAULTS, FaultProxy, after
from checks.vulnerabilities import padding_oracle
from tests.probes.padding_rig import CLOSE, TALK, WAIT, Fault, Manner, alike, look, padding_server
from tests.probes.test_deep_port import answers, sights
from tests.probes.tls_servers import key_file, s_server

ASKED = (Attack.PADDING,)


def poodle(fault: Fault, _: bool, __: int) -> int | str:
    """Looks at the length of the padding alone, as SSL 3.0 did."""
    return TALK if fault is Fault.PADDING else 20


def zombie(fault: Fault, _: bool, __: int) -> int | str:
    return CLOSE if fault is Fault.MAC else 20


def closes(fault: Fault, _: bool, __: int) -> int | str:
    return WAIT if fault is Fault.NONE else CLOSE


def closes_always(_: Fault, __: bool, ___: int) -> int | str:
    return CLOSE


@pytest.mark.parametrize(
    ("manner", "shows"),
    [
        (poodle, PaddingAnswer.ORACLE),
        (zombie, PaddingAnswer.ORACLE),
        (alike, PaddingAnswer.NO_ORACLE),
        (closes, PaddingAnswer.NO_ORACLE),
        (closes_always, Reason.CLOSED),
    ],
)
def test_an_oracle_is_told_from_a_server_that_refuses_alike(manner: Manner, shows: PaddingAnswer | Reason) -> None:
    with padding_server(manner) as server:
        (found,), _ = sights(f"tls://127.0.0.1:{server.port}", ASKED)
    assert (found.facts.answer if isinstance(found, Seen) else found.reason) is shows  # type: ignore[attr-defined]
    if isinstance(found, Seen):
        expected = Outcome.FAIL if shows is PaddingAnswer.ORACLE else Outcome.PASS
        assert padding_oracle.judge(found.facts).outcome is expected


@pytest.mark.parametrize("good", [9])
def test_an_oracle_behind_a_throttle_never_passes(good: int) -> None:
    with (
        padding_server(zombie) as server,
        FaultProxy(("127.0.0.1", server.port), after(good, FAULTS["close"])) as proxy,
    ):
        (found,) = answers(f"tls://127.0.0.1:{proxy.port}", ASKED)
    assert isinstance(found, Reason)


@pytest.mark.parametrize(
    ("key", "options", "shows"),
    [
        (("rsa:2048",), (), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-cipher", "AES256-SHA"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-cipher", "ECDHE-RSA-AES128-SHA256:ECDHE+AESGCM"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-cipher", "ECDHE-RSA-AES256-SHA384"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-cipher", "AES256-SHA256"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-curves", "X25519", "-cipher", "ECDHE+AES+SHA1:ECDHE+AESGCM"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-curves", "P-384", "-cipher", "ECDHE+AES+SHA1:ECDHE+AESGCM"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-cipher", "ECDHE-RSA-CAMELLIA128-SHA256:ECDHE+AESGCM"), Reason.NOT_OBSERVED),
        (("rsa:2048",), ("-cipher", "DHE-RSA-AES128-SHA:ECDHE+AESGCM"), Reason.NOT_OBSERVED),
        (("rsa:2048",), ("-verify", "1"), PaddingAnswer.NO_ORACLE),
        (("rsa:2048",), ("-Verify", "1"), Reason.NO_CREDENTIAL),
        (("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ("-cipher", "ECDHE+AESGCM"), PaddingAnswer.NO_CBC),
    ],
    ids=[
        *("ecdhe", "rsa", "sha256", "sha384", "rsa-sha256", "x25519", "p384", "camellia", "dhe"),
        *("asks-for-a-certificate", "demands-one", "no-cbc"),
    ],
)
def test_openssl_refuses_all_of_them_alike(
    tmp_path: Path, key: tuple[str, ...], options: tuple[str, ...], shows: PaddingAnswer | Reason
) -> None:
    """What our own client cannot speak is not taken for nothing: its hello is declined there, and others are not."""
    with s_server(key_file(tmp_path, *key), "-tls1_2", "-www", *options) as port:
        assert answers(f"tls://127.0.0.1:{port}", ASKED) == [shows]


# --- the records themselves


def half() -> Half:
    return Half(b"m" * 20, b"k" * 16)


@pytest.mark.parametrize(
    ("flaw", "fault"),
    [
        (NONE, Fault.NONE),
        ("WRONG_MAC", Fault.MAC),
        ("EMPTY_WRONG_MAC", Fault.MAC),
        ("WRONG_PADDING", Fault.PADDING),
        ("NO_ROOM", Fault.NO_ROOM),
        ("ALL_PADDING", Fault.NO_ROOM),
    ],
)
def test_each_record_is_wrong_in_what_it_says(flaw: str, fault: Fault) -> None:
    pytest.importorskip("cryptography")
    ours = half()
    record = ours.seal_padded(23, RECORDS[flaw](ours))
    assert look(half(), 23, record[5:]) == (fault, flaw == "EMPTY_WRONG_MAC")


def test_the_program_and_its_reader_know_the_same_flaws() -> None:
    assert tuple(FLAWS) == NAMES


@pytest.mark.parametrize("length", range(40))
def test_padding_fills_whole_blocks_and_comes_off_again(length: int) -> None:
    tagged = bytes(length) + bytes(20)
    padded = tagged + padding_for(len(tagged))
    assert len(padded) % 16 == 0
    assert half().content_of(padded) == bytes(length)
