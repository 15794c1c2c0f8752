"""Authorities that vouch for hosts and users, with certificates that OpenSSH's ssh-keygen made and its sshd shows."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Unreachable
from auditor.facts.ssh import KeyTrust
from auditor.model import Asset, Reason, Tier
from auditor.reach import Access, Limits, Reaches, Target
from auditor.reach.host_certificates import NotCertifiedError, require_certificate
from auditor.reach.ssh import Visit
from auditor.reach.sshfp import believed
from tests.rig.knot import knot
from tests.rig.nginx import free_port
from tests.rig.openssh import OpenSsh, make_key, start_sshd
from tests.rig.unbound import anchor_of, unbound

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SCRIPT = b'printf \'%s BEGIN x\\n\\n%s DONE\\n\' "$1" "$1"\n'


def signed(authority: Path, public: Path, *flags: str) -> bytes:
    """The certificate's blob. It lies beside the key, as KEY-cert.pub."""
    command = ["ssh-keygen", "-q", "-s", str(authority), "-I", "test", *flags, str(public)]
    subprocess.run(command, check=True, capture_output=True)
    certificate = public.with_name(f"{public.stem}-cert.pub")
    return base64.b64decode(certificate.read_text().split()[1])


def blob(public: str) -> bytes:
    return base64.b64decode(public.split()[1])


class Papers:
    """An authority, and a host's key in its folder."""

    def __init__(self, folder: Path, kind: str = "ed25519", host_kind: str = "ed25519") -> None:
        folder.mkdir()
        self.authority = folder / "ca"
        self.host = folder / "host"
        self.authority_line = make_key(self.authority, kind)
        self.host_line = make_key(self.host, host_kind)

    def certificate(self, *flags: str) -> bytes:
        return signed(self.authority, self.host.with_suffix(".pub"), *flags)


# --- what a certificate must say --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "host_kind"), [("ed25519", "ed25519"), ("rsa", "ecdsa"), ("ecdsa", "rsa")])
def test_a_certificate_of_a_named_authority_vouches_for_its_host(tmp_path: Path, kind: str, host_kind: str) -> None:
    papers = Papers(tmp_path / "p", kind, host_kind)
    certificate = papers.certificate("-h", "-n", "db.example.org,other.example.org", "-V", "20260101:20270101")
    require_certificate(certificate, "DB.example.org", NOW, {blob(papers.authority_line)}, ())


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("-h", "-n", "other.example.org"), "does not name"),
        (("-h", "-n", "*.example.org"), "does not name"),
        (("-h",), "does not name"),  # OpenSSH takes it for any host
        (("-n", "db.example.org"), "for users"),
        (("-h", "-n", "db.example.org", "-V", "20250101:20260601"), "expired"),
        (("-h", "-n", "db.example.org", "-V", "20260701:20270101"), "not valid yet"),
        (("-h", "-n", "db.example.org", "-O", "critical:x@example.org=y"), "conditions"),
    ],
)
def test_a_certificate_that_does_not_vouch_is_refused(tmp_path: Path, flags: tuple[str, ...], why: str) -> None:
    papers = Papers(tmp_path / "p")
    with pytest.raises(NotCertifiedError, match=why):
        require_certificate(papers.certificate(*flags), "db.example.org", NOW, {blob(papers.authority_line)}, ())


def test_one_of_another_authority_is_a_strangers(tmp_path: Path) -> None:
    papers, other = Papers(tmp_path / "p"), Papers(tmp_path / "other")
    certificate = papers.certificate("-h", "-n", "db.example.org")
    for known, revoked in (({blob(other.authority_line)}, ()), ((), ()), ({blob(papers.authority_line)},) * 2):
        with pytest.raises(NotCertifiedError) as caught:
            require_certificate(certificate, "db.example.org", NOW, known, revoked)
        assert caught.value.is_strange


def test_a_signature_with_sha1_vouches_for_nothing(tmp_path: Path) -> None:
    papers = Papers(tmp_path / "p", kind="rsa")
    certificate = papers.certificate("-h", "-n", "db.example.org", "-t", "ssh-rsa")
    with pytest.raises(NotCertifiedError, match=r"SHA-1|wrong"):
        require_certificate(certificate, "db.example.org", NOW, {blob(papers.authority_line)}, ())


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    papers = Papers(tmp_path_factory.mktemp("good") / "p")
    return papers.certificate("-h", "-n", "db.example.org"), blob(papers.authority_line)


@given(place=st.integers(0, 400), change=st.integers(1, 255))
def test_a_certificate_with_any_byte_changed_vouches_for_nothing(
    good: tuple[bytes, bytes], place: int, change: int
) -> None:
    certificate, authority = good
    spoilt = bytearray(certificate)
    spoilt[place % len(spoilt)] ^= change
    with pytest.raises(NotCertifiedError):
        require_certificate(bytes(spoilt), "db.example.org", NOW, {authority}, ())


@given(st.binary())
def test_any_bytes_vouch_for_nothing(good: tuple[bytes, bytes], noise: bytes) -> None:
    for spoilt in (noise, good[0][: len(noise)], good[0] + noise if noise else b""):
        with pytest.raises(NotCertifiedError):
            require_certificate(spoilt, "db.example.org", NOW, {good[1]}, ())


# --- Debian's sshd ----------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenSsh, Path]]:
    """It shows a certificate for 127.0.0.1, and believes the same authority of users: with the authority's folder."""
    folder = tmp_path_factory.mktemp("certified")
    make_key(folder / "ca", "ed25519")
    extra = f"HostCertificate {folder / 'sshd' / 'host_ed25519-cert.pub'}\nTrustedUserCAKeys {folder / 'ca.pub'}"

    def certify(public: Path) -> None:
        signed(folder / "ca", public, "-h", "-n", "127.0.0.1")

    with start_sshd(folder / "sshd", types=("ed25519", "rsa"), extra=extra, made=certify) as running:
        yield running, folder


def visit(sshd: OpenSsh, known: Path, identity: Path | None = None) -> Visit:
    access = Access(
        identity_file=identity or sshd.identity, use_agent=False, known_hosts=known, limits=Limits(shell_s=50)
    )
    asset = Asset(id="s", kind="server", address=sshd.address, system="x")
    reaches = Reaches(access)
    found = reaches.of(asset).shell(SCRIPT)
    assert reaches.connections == 1
    return found


def known_hosts(folder: Path, *lines: str) -> Path:
    (folder / "known").write_text("".join(f"{line}\n" for line in lines))
    return folder / "known"


def test_a_server_that_its_authority_vouches_for_runs_the_script(sshd: tuple[OpenSsh, Path], tmp_path: Path) -> None:
    running, folder = sshd
    line = f"@cert-authority [127.0.0.1]:* {(folder / 'ca.pub').read_text()}"
    found = visit(running, known_hosts(tmp_path, line))
    assert (found.trust, found.failure) == (KeyTrust.CERTIFIED, None)


def test_a_pinned_key_still_does_where_the_authority_is_another(sshd: tuple[OpenSsh, Path], tmp_path: Path) -> None:
    running, _ = sshd
    stranger = make_key(tmp_path / "other", "ed25519")
    place = f"[127.0.0.1]:{running.port}"
    other = f"@cert-authority {place} {stranger}"
    assert visit(running, known_hosts(tmp_path, other, f"{place} {running.host_keys['ed25519']}")).output
    refused = visit(running, known_hosts(tmp_path, other))
    assert (refused.trust, refused.output) == (KeyTrust.ANOTHER, None)
    assert "Accepted" not in running.log.rpartition("Connection from")[2]


def test_a_server_without_a_certificate_is_not_known_by_its_authority(tmp_path: Path) -> None:
    authority = make_key(tmp_path / "ca", "ed25519")
    with start_sshd(tmp_path / "plain") as running:
        refused = visit(running, known_hosts(tmp_path, f"@cert-authority [127.0.0.1]:{running.port} {authority}"))
    assert refused.trust is KeyTrust.NOT_CERTIFIED
    assert refused.failure
    assert refused.failure.reason is Reason.HOST_KEY_UNKNOWN


# --- signed DNS ------------------------------------------------------------------------------------------------------

HOST = "db.rig.example"
OTHER = "AA" * 32


@pytest.fixture(scope="module")
def resolvers(sshd: tuple[OpenSsh, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Knot with a signed zone, and Unbound that validates it; with an anchor that does not fit: a forged zone."""
    digest = hashlib.sha256(blob(sshd[0].host_keys["ed25519"])).hexdigest()
    sha1 = hashlib.sha1(blob(sshd[0].host_keys["ed25519"]), usedforsecurity=False).hexdigest()
    rows = (
        "$TTL 60",
        "@ SOA ns hostmaster 1 3600 600 86400 60",
        "@ NS ns",
        "ns A 127.0.0.1",
        f"db SSHFP 4 2 {digest}",
        f"wrong SSHFP 4 2 {OTHER}",
        f"weak SSHFP 4 1 {sha1}",
        "none A 127.0.0.1",
    )
    ports = {"zone": free_port(), "validating": free_port(), "forged": free_port()}
    folder = tmp_path_factory.mktemp("zone")
    with knot(folder, "rig.example", "\n".join(rows) + "\n", ports["zone"]):
        anchors = {
            "validating": anchor_of("rig.example", ports["zone"]),
            "forged": f"rig.example. DS 12345 13 2 {OTHER}",
        }
        with ExitStack() as servers:
            for kind, anchor in anchors.items():
                place = tmp_path_factory.mktemp(kind)
                servers.enter_context(unbound(place, "rig.example", ports["zone"], anchor, ports[kind]))
            yield ports


@pytest.mark.parametrize(
    ("name", "resolver", "tiers", "trust"),
    [
        ("db", "validating", {Tier.NIGHTLY, Tier.ONLINE}, KeyTrust.SIGNED_DNS),
        ("db", "validating", {Tier.NIGHTLY}, KeyTrust.NOTHING_PINNED),  # DNS is asked in the online tier alone
        ("db", "zone", {Tier.NIGHTLY, Tier.ONLINE}, KeyTrust.NOTHING_PINNED),  # it does not say that it validated
        ("db", "forged", {Tier.NIGHTLY, Tier.ONLINE}, KeyTrust.NOTHING_PINNED),
        ("wrong", "validating", {Tier.NIGHTLY, Tier.ONLINE}, KeyTrust.ANOTHER),
        ("weak", "validating", {Tier.NIGHTLY, Tier.ONLINE}, KeyTrust.NOTHING_PINNED),
        ("none", "validating", {Tier.NIGHTLY, Tier.ONLINE}, KeyTrust.NOTHING_PINNED),
    ],
)
def test_a_signed_zone_vouches_for_a_key(
    sshd: tuple[OpenSsh, Path], resolvers: dict[str, int], name: str, resolver: str, tiers: set[Tier], trust: KeyTrust
) -> None:
    running, _ = sshd
    host = f"{name}.rig.example"
    access = Access(
        identity_file=running.identity,
        use_agent=False,
        nameservers=(Target("127.0.0.1", resolvers[resolver]),),
        connect_to={(host, 22): (Target("127.0.0.1", running.port),)},
        limits=Limits(shell_s=50),
    )
    asset = Asset(id="s", kind="server", address=f"ssh://{running.user}@{host}", system="x", tiers=frozenset(tiers))
    found = Reaches(access).of(asset).shell(SCRIPT)
    assert found.trust is trust
    assert (found.output is not None) is (trust is KeyTrust.SIGNED_DNS)


def test_a_resolver_elsewhere_is_not_believed() -> None:
    assert believed((Target("192.0.2.53", 53), Target("2001:db8::1", 53))) is None
    assert believed((Target("192.0.2.53", 53), Target("::1", 53))) == Target("::1", 53)


def test_a_user_certificate_beside_the_key_logs_in_and_an_expired_one_is_not_offered(
    sshd: tuple[OpenSsh, Path], tmp_path: Path
) -> None:
    running, folder = sshd
    known = known_hosts(tmp_path, f"[127.0.0.1]:{running.port} {running.host_keys['ed25519']}")
    make_key(tmp_path / "user", "ed25519")
    alone = visit(running, known, tmp_path / "user")
    assert alone.failure
    assert alone.failure.reason is Reason.AUTH_FAILED
    signed(folder / "ca", tmp_path / "user.pub", "-n", running.user, "-V", "-1h:+1h")
    assert visit(running, known, tmp_path / "user").output
    signed(folder / "ca", tmp_path / "user.pub", "-n", running.user, "-V", "20200101:20210101")
    late = visit(running, known, tmp_path / "user")
    assert late.failure
    assert (late.failure.reason, "expired" in late.failure.detail) == (Reason.NO_CREDENTIAL, True)


def test_a_key_whose_certificate_cannot_be_read_is_named(sshd: tuple[OpenSsh, Path], tmp_path: Path) -> None:
    running, _ = sshd
    known = known_hosts(tmp_path, f"[127.0.0.1]:{running.port} {running.host_keys['ed25519']}")
    shutil.copy(running.identity, tmp_path / "user")
    (tmp_path / "user-cert.pub").write_text("ssh-ed25519-cert-v01@openssh.com AAAA nonsense")
    found = visit(running, known, tmp_path / "user")
    with pytest.raises(Unreachable) as caught:
        found.whole()
    assert caught.value.reason is Reason.NO_CREDENTIAL
