"""A certificate on a curve that no browser offers is seen all the same, where our OpenSSL has that curve."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant
from auditor.facts.certificates import CertificateSeen
from auditor.facts.full_handshake import FullHandshake
from auditor.model import Asset, Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.revocation_look import look_at_revocation
from auditor.probes.tls_port import TlsPortProbe
from auditor.probes.web import WebProbe
from auditor.reach import Access, Limits, Reaches
from tests.probes.tls_servers import key_file, s_server


def looked(kind: str, port: int) -> tuple[dict[type[Facts], list[Seen | Unseen]], int]:
    """What the probe said, by facts type, and what it took."""
    scheme = "https" if kind == "web" else "tls"
    asset = Asset(id="a", kind=kind, address=f"{scheme}://127.0.0.1:{port}", system="s", tiers=frozenset(Tier))
    reaches = Reaches(Access(limits=Limits(pause_s=0.0)))
    probe = WebProbe() if kind == "web" else TlsPortProbe()
    said: dict[type[Facts], list[Seen | Unseen]] = {}
    for one in probe.observe(asset, reaches.of(asset)):
        said.setdefault(one.facts_type if isinstance(one, Unseen) else type(one.facts), []).append(one)
    return said, reaches.connections


@pytest.mark.parametrize("kind", ["tls", "web"])
@pytest.mark.parametrize("options", [(), ("-tls1_2",)], ids=["as-it-comes", "tls1.2"])
@pytest.mark.parametrize("curve", ["brainpoolP256r1", "brainpoolP384r1"])
def test_a_certificate_on_brainpool_alone_is_seen_and_judged(
    tmp_path: Path, kind: str, options: tuple[str, ...], curve: str
) -> None:
    with s_server(key_file(tmp_path, "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"), "-www", *options) as port:
        said, _ = looked(kind, port)
    (certificate,) = said[CertificateSeen]
    assert isinstance(certificate, Seen), certificate
    assert isinstance(certificate.facts, CertificateSeen)
    assert certificate.facts.leaf.curve == curve
    assert isinstance(said[FullHandshake][0], Seen)
    refused = [one.facts.refusal for one in said[CertificateVariant] if isinstance(one, Seen)]  # type: ignore[attr-defined]
    assert refused == ["alert 40 (handshake_failure)"] * 2  # whoever offers a browser's curves is shown nothing


def test_one_on_a_curve_that_our_openssl_has_no_more_stays_unknown(tmp_path: Path) -> None:
    with s_server(key_file(tmp_path, "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"), "-www") as port:
        said, _ = looked("tls", port)
    (certificate,) = said[CertificateSeen]
    assert isinstance(certificate, Unseen)
    assert certificate.reason is Reason.TLS_FAILED


@pytest.mark.parametrize("curve", ["P-256", "brainpoolP256r1"])
def test_a_certificate_is_asked_about_however_it_was_seen(tmp_path: Path, curve: str) -> None:
    with s_server(key_file(tmp_path, "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"), "-www") as port:
        asset = Asset(id="a", kind="tls", address=f"tls://127.0.0.1:{port}", system="s", tiers=frozenset(Tier))
        reaches = Reaches(Access(limits=Limits(pause_s=0.0)))
        reach = reaches.of(asset)
        (endpoint,) = reach.endpoints("127.0.0.1", port)
        found = look_at_revocation(endpoint, reach, reach)
    assert isinstance(found, Unseen)
    assert found.reason is Reason.UNTRUSTED  # its own authority, so nobody could take it back
    assert reaches.connections == (1 if curve == "P-256" else 2)
