"""Clients of one key type, and those without a name, are shown what they are shown; a refusal needs a control."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from OpenSSL import SSL

from auditor import codec
from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, Variant
from auditor.facts.certificates import KeyKind
from auditor.facts.full_handshake import FullHandshake
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.authority import Authority, Issued, rsa_key, self_signed
from auditor.rig.client_hello import parse_hello
from auditor.rig.faults import FaultProxy, after
from auditor.rig.listener import Listener
from auditor.rig.replies import Close
from auditor.rig.web import Site, server_context, web_listener
from tests.probes.papers import MUST_STAPLE, leaf, ocsp_answer
from tests.probes.variants_rig import variants_at

NAME, AT = "www.rig.example", "127.0.0.1:443"
ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
ECDSA, RSA = MIDDLE.leaf(NAME), MIDDLE.leaf(NAME, key=rsa_key())
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@dataclass(frozen=True)
class Told:
    """What the probe said of one address."""

    by_locus: dict[str, Seen | Unseen]
    full: Seen | Unseen  # the handshake itself

    def variant(self, variant: Variant) -> CertificateVariant:
        seen = self.by_locus[f"{AT} {variant.value}"]
        assert isinstance(seen, Seen), seen
        assert isinstance(seen.facts, CertificateVariant)
        assert codec.decode(codec.encode(seen.facts), [CertificateVariant]) == seen.facts
        return seen.facts

    def nameless(self) -> NamelessCertificate:
        seen = self.by_locus[AT]
        assert isinstance(seen, Seen), seen
        assert isinstance(seen.facts, NamelessCertificate)
        return seen.facts

    def reasons(self) -> set[Reason]:
        return {one.reason for one in self.by_locus.values() if isinstance(one, Unseen)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca")
    (path / "ca.pem").write_bytes(ROOT.pem)
    return path


def look(port: int, folder: Path, *, name: str = NAME) -> Told:
    limits = Limits(operation_s=0.8, pause_s=0.0)
    access = Access(limits=limits, ca_file=folder / "ca.pem", connect_to={(name, 443): (Target("127.0.0.1", port),)})
    asset = Asset(id="a", kind="web", address=f"https://{name}/", system="s", tiers=frozenset({Tier.NIGHTLY}))
    reach = Reaches(access).of(asset)
    every = variants_at(name, 443, reach, reach)
    (full,) = [one for one in every if _type_of(one) is FullHandshake]
    told = {one.locus: one for one in every if one is not full}
    assert len(told) == len(every) - 1 == 3
    assert full.locus == AT
    return Told(told, full)


def _type_of(one: Seen | Unseen) -> type[Facts]:
    return one.facts_type if isinstance(one, Unseen) else type(one.facts)


def context(folder: Path, *papers: Issued, oldest: ssl.TLSVersion = TLS12) -> ssl.SSLContext:
    files = [one.write(folder / f"{one.certificate.serial_number:x}.pem") for one in papers]
    made = server_context(files[0], oldest=oldest)
    for file in files[1:]:
        made.load_cert_chain(file)
    return made


@pytest.mark.parametrize("oldest", [TLS12, TLS13])
def test_both_certificates_of_a_server_are_seen(oldest: ssl.TLSVersion, folder: Path) -> None:
    with web_listener(Site(), context(folder, ECDSA, RSA, oldest=oldest)) as server:
        told = look(server.port, folder)
    shown = {variant: told.variant(variant).seen for variant in Variant}
    assert {variant: seen.leaf.key_kind for variant, seen in shown.items() if seen} == {
        Variant.RSA: KeyKind.RSA,
        Variant.ECDSA: KeyKind.EC,
    }
    assert [told.variant(one).is_usual for one in (Variant.ECDSA, Variant.RSA)] == [True, False]
    assert told.nameless().is_usual
    assert server.connections == (4 if oldest is TLS12 else 6)


@pytest.mark.parametrize(("paper", "variant"), [(ECDSA, Variant.RSA), (RSA, Variant.ECDSA)])
@pytest.mark.parametrize("oldest", [TLS12, TLS13])
def test_the_type_that_a_server_has_not_is_refused_in_words(
    paper: Issued, variant: Variant, oldest: ssl.TLSVersion, folder: Path
) -> None:
    with web_listener(Site(), context(folder, paper, oldest=oldest)) as server:
        told = look(server.port, folder)
    assert told.variant(variant).refusal == "alert 40 (handshake_failure)"
    (other,) = set(Variant) - {variant}
    assert told.variant(other).is_usual


@pytest.mark.parametrize(
    ("suites", "hidden"), [("ECDHE-ECDSA-AES128-GCM-SHA256", RSA), ("ECDHE-RSA-AES128-GCM-SHA256", ECDSA)]
)
def test_a_certificate_that_is_shown_in_tls13_alone_is_seen(suites: str, hidden: Issued, folder: Path) -> None:
    """The suites of TLS 1.2 may leave a type of key out; those of TLS 1.3 leave none out."""
    tls = context(folder, ECDSA, RSA)
    tls.set_ciphers(suites)
    with web_listener(Site(), tls) as server:
        told = look(server.port, folder)
    variant = Variant.RSA if hidden is RSA else Variant.ECDSA
    seen = told.variant(variant).seen
    assert seen is not None, told.variant(variant).refusal
    assert seen.leaf.key_kind is (KeyKind.RSA if hidden is RSA else KeyKind.EC)
    assert server.connections == 5


def test_a_default_certificate_is_told_from_the_named_one(folder: Path) -> None:
    default = self_signed("srv-db01.corp")
    outer = context(folder, default)
    named = context(folder, ECDSA)

    def pick(guest: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name == NAME:
            guest.context = named

    outer.sni_callback = pick
    with web_listener(Site(), outer) as server:
        told = look(server.port, folder)
    nameless = told.nameless()
    assert nameless.seen
    assert (nameless.seen.dns_names, nameless.is_usual) == (("srv-db01.corp",), False)
    assert told.variant(Variant.ECDSA).is_usual


def test_a_server_that_wants_a_name_shows_nothing_without(folder: Path) -> None:
    made = context(folder, ECDSA)

    def pick(_: object, name: str | None, __: object) -> int | None:
        return None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    made.sni_callback = pick
    with web_listener(Site(), made) as server:
        told = look(server.port, folder)
    assert told.nameless().refusal == "it declined: name refused"
    assert told.variant(Variant.ECDSA).is_usual


def test_a_service_that_is_named_by_an_address_is_not_asked_without_a_name(folder: Path) -> None:
    with web_listener(Site(), context(folder, MIDDLE.leaf(addresses=("127.0.0.1",)))) as server:
        told = look(server.port, folder, name="127.0.0.1")
    assert "named by an address" in told.nameless().refusal
    assert told.variant(Variant.ECDSA).is_usual


def test_a_server_that_hangs_up_on_rsa_alone_has_refused_it(folder: Path) -> None:
    """Windows resets where others send an alert. It is believed while every other handshake succeeds."""
    with web_listener(Site(), context(folder, ECDSA)) as server:

        def serve(guest: socket.socket, _: int) -> None:
            hello = guest.recv(8_192)
            read = parse_hello(hello[9:])
            if read is None or 0xC02B not in read.suites:  # no ECDHE-ECDSA suite in it
                return
            with socket.create_connection(("127.0.0.1", server.port)) as behind:
                behind.sendall(hello)
                relay(guest, behind)

        with Listener(serve) as front:
            told = look(front.port, folder)
    assert "hung up" in told.variant(Variant.RSA).refusal
    assert told.variant(Variant.ECDSA).is_usual


def relay(guest: socket.socket, behind: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    pairs = {guest: behind, behind: guest}
    while True:
        ready, _, _ = select.select(list(pairs), [], [], 2.0)
        for one in ready:
            data = one.recv(16_384)
            if not data:
                return
            pairs[one].sendall(data)
        if not ready:
            return


@pytest.mark.parametrize("serves", [0, 1, 2, 3, 4, 5])
def test_a_throttled_server_refuses_nothing(serves: int, folder: Path) -> None:
    """Behind a wall that stops answering, a refusal would hide the certificate that was never asked for."""
    with (
        web_listener(Site(), context(folder, ECDSA)) as server,
        FaultProxy(("127.0.0.1", server.port), after(serves, Close())) as proxy,
    ):
        told = look(proxy.port, folder)
    assert isinstance(told.by_locus[f"{AT} RSA"], Unseen) is (serves < 5)
    assert told.reasons() <= {Reason.CLOSED, Reason.TLS_FAILED}


def test_silence_is_no_refusal(folder: Path) -> None:
    with Listener(lambda guest, _: guest.recv(8_192) and guest.recv(1)) as server:
        told = look(server.port, folder)
    assert told.reasons() == {Reason.TIMEOUT}
    assert server.connections == 1


def test_plain_http_on_the_port_is_a_reason(folder: Path) -> None:
    def speak(guest: socket.socket, _: int) -> None:
        guest.recv(8_192)
        guest.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Listener(speak) as server:
        assert look(server.port, folder).reasons() == {Reason.NOT_TLS}


def stapling(folder: Path, paper: Issued, staple: bytes) -> Callable[[socket.socket, int], None]:
    """A server that staples; Python's own TLS cannot."""
    made = SSL.Context(SSL.TLS_SERVER_METHOD)
    file = paper.write(folder / f"{paper.certificate.serial_number:x}.pem")
    made.use_certificate_chain_file(str(file))
    made.use_privatekey(paper.key)
    made.set_ocsp_server_callback(lambda *_: staple)

    def serve(guest: socket.socket, _: int) -> None:
        guest.settimeout(2)
        connection = SSL.Connection(made, None)
        connection.set_accept_state()
        while True:
            try:
                connection.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error:
                break
            else:
                break
            _send(connection, guest)
            heard = guest.recv(16_384)
            if not heard:
                return
            connection.bio_write(heard)
        _send(connection, guest)

    return serve


def _send(connection: SSL.Connection, guest: socket.socket) -> None:
    try:
        guest.sendall(connection.bio_read(65_536))
    except SSL.WantReadError:
        return


STAPLED = leaf(MIDDLE, NAME, MUST_STAPLE)


@pytest.mark.parametrize(
    ("staple", "problem"),
    [
        (ocsp_answer(MIDDLE, STAPLED.certificate), ""),
        (ocsp_answer(ROOT, STAPLED.certificate), "the OCSP answer"),
        (b"", None),
    ],
)
def test_what_is_stapled_is_read(staple: bytes, problem: str | None, folder: Path) -> None:
    with Listener(stapling(folder, STAPLED, staple)) as server:
        facts = look(server.port, folder).variant(Variant.ECDSA)
    assert facts.seen
    assert facts.seen.detail
    assert facts.seen.detail.must_staple
    if problem is None:
        assert facts.staple is None
        return
    assert facts.staple
    assert facts.staple.problem.startswith(problem)
    assert (facts.staple.answer is None) == bool(problem)
