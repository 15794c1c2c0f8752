"""Certificates of TLS ports behind STARTTLS: key types, no name, revocation, CAA. A close before TLS refuses none."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from auditor import plugins
from auditor.facts.base import Facts
from auditor.facts.caa import CaaSeen
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, VariantRevocation
from auditor.facts.full_handshake import FullHandshake
from auditor.facts.revocation import Revocation
from auditor.facts.starttls import Spoken
from auditor.model import Asset, Outcome, Reason, Tier
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.port_certificates import PortCaaProbe, PortRevocationProbe
from auditor.probes.starttls.way import PATIENCE, go
from auditor.reach import Access, Limits, Reach, Reaches, Target
from auditor.rig.authority import Authority, Issued, rsa_key
from auditor.rig.listener import Listener
from auditor.rig.web import Site, web_listener
from checks.certificate_revocation import revoked, variant_revoked
from tests.probes.papers import crl, crl_point, leaf
from tests.probes.port_rig import NAME, Clerk, Play
from tests.probes.variants_rig import taken_back_at, variants_at

LISTS = "lists.rig.example"
ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
ECDSA, RSA = MIDDLE.leaf(NAME), MIDDLE.leaf(NAME, key=rsa_key())
LISTED = leaf(MIDDLE, NAME, crl_point(f"http://{LISTS}/1.crl"))
LISTED_RSA = leaf(MIDDLE, NAME, crl_point(f"http://{LISTS}/1.crl"), key=rsa_key())
LISTED_ELSEWHERE = leaf(MIDDLE, NAME, crl_point("http://127.0.0.9/1.crl"))
ASSET = Asset(id="a", kind="tls", address=f"smtp://{NAME}:7777", system="s", tiers=frozenset(Tier))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca")
    (path / "ca.pem").write_bytes(ROOT.pem)
    return path


def serving(folder: Path, *papers: Issued) -> Play:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for one in papers:
        context.load_cert_chain(one.write(folder / f"{one.certificate.serial_number:x}.pem"))

    def serve(connection: socket.socket, _: int) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return serve


def reach(folder: Path, smtp: int, lists: int = 0, *, tiers: frozenset[Tier] = ASSET.tiers) -> Reach:
    table = {(NAME, 7777): (Target("127.0.0.1", smtp),)} | (
        {(LISTS, 80): (Target("127.0.0.1", lists),)} if lists else {}
    )
    limits = Limits(operation_s=0.8, pause_s=0.0)
    return Reaches(Access(ca_file=folder / "ca.pem", connect_to=table, limits=limits)).of(replace(ASSET, tiers=tiers))


def variants(folder: Path, smtp: int) -> dict[str, Seen | Unseen]:
    direct = reach(folder, smtp)
    way = direct.through(partial(go, spoken=Spoken.SMTP), port=7777, patience=PATIENCE[Spoken.SMTP])
    shown = [one for one in variants_at(NAME, 7777, direct, way) if not is_of(one, FullHandshake)]
    told = {one.locus.rpartition(":7777")[2].strip(): one for one in shown}
    assert set(told) == {"RSA", "ECDSA", ""}
    return told


def is_of(one: Seen | Unseen, kind: type[Facts]) -> bool:
    return one.facts_type is kind if isinstance(one, Unseen) else isinstance(one.facts, kind)


def facts_of(one: Seen | Unseen) -> VariantRevocation:
    assert isinstance(one, Seen), one
    assert isinstance(one.facts, VariantRevocation)
    return one.facts


def words(one: Seen | Unseen) -> str:
    """`usual`, `another`, the refusal, or the reason."""
    if isinstance(one, Unseen):
        return one.reason.word
    assert isinstance(one.facts, (CertificateVariant, NamelessCertificate))
    return one.facts.refusal or ("usual" if one.facts.is_usual else "another")


def test_both_certificates_behind_starttls_are_seen_and_each_handshake_asks_for_tls(folder: Path) -> None:
    clerk = Clerk(then=serving(folder, ECDSA, RSA))
    with Listener(clerk) as server:
        told = variants(folder, server.port)
    assert {key: words(one) for key, one in told.items()} == {"ECDSA": "usual", "RSA": "another", "": "usual"}
    assert set(clerk.heard) == {b"EHLO auditor.invalid\r\n", b"STARTTLS\r\n"}
    assert (server.connections, len(clerk.heard)) == (4, 8)


def test_the_type_that_a_port_has_not_is_refused_in_words(folder: Path) -> None:
    with Listener(Clerk(then=serving(folder, ECDSA))) as server:
        assert words(variants(folder, server.port)["RSA"]) == "alert 40 (handshake_failure)"


@pytest.mark.parametrize("sent_away", [(2, 3), (4, 5), (2, 3, 4, 5, 6, 7)])
def test_who_is_sent_away_before_tls_was_refused_no_type(sent_away: Iterable[int], folder: Path) -> None:
    """A mail server that is busy hangs up in its greeting: it never heard what kind of client comes."""
    good = Clerk(then=serving(folder, ECDSA))

    def serve(connection: socket.socket, number: int) -> None:
        if number not in sent_away:
            good(connection, number)

    with Listener(serve) as server:
        told = variants(folder, server.port)
    refusals = [words(one) for one in told.values()]
    assert not [one for one in refusals if "hung up" in one]
    assert Reason.CLOSED.word in refusals


def test_where_tls_is_declined_nothing_is_refused(folder: Path) -> None:
    with Listener(Clerk(then=serving(folder, ECDSA), hello=b"250 mx1\r\n")) as server:
        told = variants(folder, server.port)
    assert {words(one) for one in told.values()} == {Reason.NOT_TLS.word}
    assert server.connections == 1


@pytest.mark.parametrize(
    ("paper", "taken_back", "outcome"),
    [(LISTED, True, Outcome.FAIL), (LISTED, False, Outcome.PASS), (ECDSA, True, None)],
)
def test_a_port_whose_certificate_was_taken_back(
    paper: Issued, taken_back: bool, outcome: Outcome | None, folder: Path
) -> None:
    """The list is fetched as any is: nobody says EHLO to an authority."""
    body = crl(MIDDLE, *([LISTED.certificate] if taken_back else []))
    with ExitStack() as servers:
        port = servers.enter_context(Listener(Clerk(then=serving(folder, paper)))).port
        lists = servers.enter_context(web_listener(Site(body=body)))
        (said,) = observe_with(PortRevocationProbe(), ASSET, reach(folder, port, lists.port))
    assert isinstance(said, Seen), said
    assert isinstance(said.facts, Revocation)
    assert revoked.judge(said.facts).outcome is (outcome or Outcome.NOT_APPLICABLE)
    assert lists.requests == ([] if outcome is None else ["/1.crl"])


@pytest.mark.parametrize(
    ("papers", "taken_back", "outcome"),
    [
        ((ECDSA, LISTED_RSA), True, Outcome.FAIL),
        ((ECDSA, LISTED_RSA), False, Outcome.PASS),
        ((ECDSA, RSA), True, Outcome.NOT_APPLICABLE),
        ((LISTED_RSA,), True, Outcome.NOT_APPLICABLE),  # the usual one, of which another rule tells
    ],
)
def test_a_port_whose_second_certificate_was_taken_back(
    papers: tuple[Issued, ...], taken_back: bool, outcome: Outcome, folder: Path
) -> None:
    """Asked of its authority, and nothing more of the port."""
    body = crl(MIDDLE, LISTED_RSA.certificate) if taken_back else crl(MIDDLE)
    clerk = Clerk(then=serving(folder, *papers))
    with Listener(clerk) as server, web_listener(Site(body=body)) as lists:
        direct = reach(folder, server.port, lists.port)
        way = direct.through(partial(go, spoken=Spoken.SMTP), port=7777, patience=PATIENCE[Spoken.SMTP])
        said = taken_back_at(NAME, 7777, direct, way)
    assert server.connections <= 6
    judged = {kind: variant_revoked.judge(facts_of(one)).outcome for kind, one in said.items()}
    assert judged == {"RSA": outcome, "ECDSA": Outcome.NOT_APPLICABLE}


def test_without_the_online_tier_no_authority_is_asked_of_a_second_certificate(folder: Path) -> None:
    with Listener(Clerk(then=serving(folder, ECDSA, LISTED_RSA))) as server, web_listener(Site()) as lists:
        direct = reach(folder, server.port, lists.port, tiers=frozenset({Tier.NIGHTLY}))
        way = direct.through(partial(go, spoken=Spoken.SMTP), port=7777, patience=PATIENCE[Spoken.SMTP])
        said = taken_back_at(NAME, 7777, direct, way)
    assert [one.reason for one in said.values() if isinstance(one, Unseen)] == [Reason.LEFT_OUT] * 2
    assert not lists.requests


def test_a_list_in_private_space_is_not_fetched_for_a_port_either(folder: Path) -> None:
    with Listener(Clerk(then=serving(folder, LISTED_ELSEWHERE))) as server:
        (said,) = observe_with(PortRevocationProbe(), ASSET, reach(folder, server.port))
    assert isinstance(said, Unseen)
    assert said.reason is Reason.PRIVATE_SPACE


def test_a_port_without_tls_has_no_revocation(folder: Path) -> None:
    with Listener(Clerk(then=serving(folder, ECDSA), hello=b"250 mx1\r\n")) as server:
        (said,) = observe_with(PortRevocationProbe(), ASSET, reach(folder, server.port))
    assert isinstance(said, Unseen)
    assert said.reason is Reason.NOT_TLS


def test_records_are_asked_for_the_port_s_name(folder: Path) -> None:
    (said,) = observe_with(PortCaaProbe(), ASSET, reach(folder, 1))
    assert isinstance(said, Seen)
    assert isinstance(said.facts, CaaSeen)
    assert "operator's own authority" in said.facts.why_not


def test_ports_are_asked_what_the_web_is_asked_of_its_certificates_and_mail_exchangers_are_not() -> None:
    """All but what needs HTTP: what a new check asks of the web's certificates it asks of ports, too."""
    parts = plugins.load()
    of = {
        kind: {
            one.id
            for one in parts.checks
            if one.id.startswith("certificate-") and kind in parts.kinds_of_checks[one.id]
        }
        for kind in ("web", "tls", "mx")
    }
    assert of["tls"] == of["web"]
    assert of["mx"] <= {"certificate-not-logged"}  # of which nothing arises there


@pytest.mark.parametrize(
    "address", ["smtp://mail.elm.example:587", "tls://mail.elm.example:993", "mysql://db.elm.example"]
)
def test_the_plan_names_every_handshake(address: str) -> None:
    asset = Asset(id="a", kind="tls", address=address, system="s", tiers=frozenset(Tier))
    lines = [line for probe in plugins.load().probes_for(asset) for line in probe.plan(asset)]
    assert sum("TLS handshakes for RSA alone" in line for line in lines) == 1
    assert any(line.startswith("dns CAA of ") for line in lines)
    assert any("revocation lists" in line for line in lines)
