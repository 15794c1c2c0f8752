"""A mail server may decline whoever offers it the web's protocols alone (RFC 7301 section 3.2): we offer none there."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.facts.certificate_variants import CertificateVariant
from auditor.facts.certificates import CertificateSeen
from auditor.facts.full_handshake import FullHandshake
from auditor.facts.tls import TlsVersion, TlsVersions
from auditor.facts.tls_exchange import TlsOptions
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset, Reason
from auditor.probe import Seen, Unseen
from auditor.probes.tls_port import TlsPortProbe
from auditor.reach import Access, Limits, Reaches
from auditor.rig.authority import Authority
from tests.probes.tls_servers import s_server

pytestmark = pytest.mark.root  # Debian's OpenSSL takes part


@pytest.mark.parametrize("options", [(), ("-tls1_2",)], ids=["both versions", "TLS 1.2"])
def test_a_port_that_declines_the_webs_protocols_is_seen_whole(options: tuple[str, ...], tmp_path: Path) -> None:
    pem = Authority.root().leaf("localhost", addresses=("127.0.0.1",)).write(tmp_path / "leaf.pem")
    with s_server(pem, "-alpn", "imap", *options) as port:
        asset = Asset(id="a", kind="tls", address=f"tls://127.0.0.1:{port}", system="s")
        said = list(TlsPortProbe().observe(asset, Reaches(Access(limits=Limits(pause_s=0.0))).of(asset)))
    seen = {type(one.facts) for one in said if isinstance(one, Seen)}
    assert {CertificateSeen, CertificateVariant, FullHandshake, TlsVersions, TlsSuites, TlsOptions} <= seen
    unseen = {one.facts_type for one in said if isinstance(one, Unseen) and one.reason is not Reason.LEFT_OUT}
    assert unseen == set()
    (versions,) = (one.facts for one in said if isinstance(one, Seen) and isinstance(one.facts, TlsVersions))
    assert TlsVersion.TLS12 in versions.accepted
    assert versions.unknown == ()
