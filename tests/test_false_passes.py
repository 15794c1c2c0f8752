"""Ways in which a fault once passed for health. Each test is one of them, on the real road where it needs one."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from auditor.derive import Undecided
from auditor.errors import UsageError
from auditor.facts.at_rest import AtRest, Resting
from auditor.facts.certificates import CertificateSeen, CertificateTrust
from auditor.facts.server import BlockGraph, Mount
from auditor.facts.storage import BucketAcl, Ownership, ServerKind
from auditor.facts.storage_exposure import PolicyState
from auditor.facts.tls import TlsVersion
from auditor.facts.web import HttpEnd, HttpOutcome, HttpsOffer, PlainHttp
from auditor.model import Outcome, Reason
from auditor.probe import Unseen
from auditor.probes.block_graph import parse_block_graph
from auditor.probes.client_hello import client_hello
from auditor.reach import read_connect_to
from auditor.rig.authority import Authority, Issued, ec_key, rsa_key
from auditor.rig.s3 import ALL_USERS, BucketSeed, rig_client, s3_server
from auditor.rig.web import Site, server_context, web_listener
from checks.buckets import acl_public_write, public_acl
from checks.certificates import expired, untrusted
from checks.derivations.block_walk import BlockMap
from checks.derivations.bucket_exposure import acl_exposure
from checks.derivations.bucket_transport import coverage_of
from checks.derivations.certificate_trust import certificate_trust
from checks.derivations.data_at_rest import mounted, plain_mounts
from checks.derivations.http_outcome import http_outcome
from tests.checks.test_certificates import certificate, seen
from tests.derivations.block_graphs import disk, graph, luks, on, server, without_device
from tests.derivations.bucket_facts import allow, block, deny, document, finding, policy, rows, when
from tests.derivations.bucket_facts import exposure as exposure_of_policy
from tests.probes.bucket_road import access_to, credential, findings_of
from tests.probes.bucket_road import look as bucket_look
from tests.probes.web_rig import HTTP, HTTPS, NAME, look

__all__ = ["credential"]

DAY = timedelta(days=1)
ROOT = Authority.root()
SAFE = (disk("vda"), luks("dm-0", "vda"), on("dm-0"))


def mounted_of(one: BlockGraph) -> tuple[Resting, ...]:
    return mounted(one, BlockMap(one))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("findings")


def ca_file(folder: Path, root: Authority) -> Path:
    path = folder / f"{root.issued.certificate.serial_number:x}.pem"
    path.write_bytes(root.pem)
    return path


def shown_by(issued: Issued, root: Authority, folder: Path) -> CertificateSeen:
    """What the probe sees of a real server with this certificate, trusting `root`."""
    context = server_context(issued.write(folder / "leaf.pem"), ciphers="ALL:@SECLEVEL=0")
    with web_listener(Site(), context) as secure:
        return look({443: secure.port}, ca_file=ca_file(folder, root)).facts(CertificateSeen)


def trust_in(shown: CertificateSeen) -> CertificateTrust:
    found = certificate_trust.derive(shown)
    assert isinstance(found, CertificateTrust)
    return found


def end_of(plain: PlainHttp) -> HttpEnd:
    found = http_outcome.derive(plain)
    assert isinstance(found, HttpOutcome)
    return found.end


def signed_with_sha1(folder: Path, *, is_authority: bool) -> Issued:
    """By the openssl program: cryptography signs nothing with SHA-1 any more."""
    key = ec_key()
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "root.key").write_bytes(ROOT.issued.key.private_bytes(*plain))
    (folder / "own.key").write_bytes(key.private_bytes(*plain))
    (folder / "root.crt").write_bytes(ROOT.pem)
    extension = "basicConstraints=critical,CA:TRUE" if is_authority else f"subjectAltName=DNS:{NAME}"
    (folder / "extensions").write_text(extension)
    request = ("req", "-new", "-key", "own.key", "-subj", "/CN=old", "-out", "own.csr")
    issue = ("x509", "-req", "-in", "own.csr", "-CA", "root.crt", "-CAkey", "root.key", "-set_serial", "77")
    for words in (request, (*issue, "-days", "30", "-sha1", "-extfile", "extensions", "-out", "own.crt")):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    return Issued(certificate=x509.load_pem_x509_certificate((folder / "own.crt").read_bytes()), key=key)


@pytest.mark.parametrize("is_authority", [False, True], ids=["leaf", "intermediate"])
def test_a_signature_over_sha1_is_not_trusted(folder: Path, *, is_authority: bool) -> None:
    """No browser accepts one since 2017 (CA/B BR 7.1.3), whoever issued it; OpenSSL at its laxest level does."""
    old = signed_with_sha1(folder, is_authority=is_authority)
    leaf = Authority(issued=old, is_root=False).leaf(NAME) if is_authority else old
    verdict = untrusted.judge(trust_in(shown_by(leaf, ROOT, folder)))
    assert verdict.outcome is Outcome.FAIL
    assert "SHA1" in verdict.evidence[0].seen


def test_a_root_may_be_signed_over_sha1() -> None:
    """Nobody rests on a root's signature of itself: half of Mozilla's old roots carry SHA-1."""
    root = certificate("CN=root", signature_hash="sha1", is_self_signed=True)
    assert not trust_in(seen(anchor=root)).distrust
    assert not trust_in(seen(root, anchor=root)).distrust


def test_an_expired_root_of_the_operators_file_is_not_in_its_validity_period(folder: Path) -> None:
    """OpenSSL, Go and, for anchors that were added by hand, Chromium refuse it: every resident meets a warning."""
    now = datetime.now(UTC)
    root = Authority.root("Old Root", not_before=now - 400 * DAY, not_after=now - DAY)
    verdict = expired.judge(shown_by(root.leaf(NAME), root, folder))
    assert verdict.outcome is Outcome.FAIL
    assert "Old Root" in verdict.evidence[0].looked_at


def test_a_server_without_any_certificate_ends_as_a_reason_and_not_as_a_crash(folder: Path) -> None:
    """Anonymous key exchange: the handshake succeeds and shows nobody's papers. Port 80 is judged all the same."""
    context = server_context(
        ROOT.leaf(NAME, key=rsa_key()).write(folder / "anonymous.pem"),
        ciphers="ADH-AES256-SHA:AECDH-AES128-SHA:@SECLEVEL=0",
    )
    context.maximum_version = context.minimum_version
    with web_listener(Site(), context) as secure, web_listener(Site()) as plain:
        looked = look({443: secure.port, 80: plain.port}, ca_file=ca_file(folder, ROOT))
    assert looked.reason(CertificateSeen, HTTPS) == "tls_failed"
    assert looked.reason(HttpsOffer, HTTPS) == "tls_failed"
    assert end_of(looked.facts(PlainHttp, HTTP)) is HttpEnd.CONTENT


@pytest.mark.parametrize("version", [TlsVersion.TLS10, TlsVersion.TLS11, TlsVersion.TLS12])
def test_a_hello_offers_what_a_server_in_fips_mode_insists_on(version: TlsVersion) -> None:
    """Without extended_master_secret (RFC 7627) such a server refuses a version that it speaks with everybody else."""
    extended_master_secret, session_ticket = b"\x00\x17\x00\x00", b"\x00\x23\x00\x00"
    assert extended_master_secret + session_ticket in client_hello(version, NAME)


@pytest.mark.parametrize("status", [300, 302, 305, 999])
def test_a_page_in_place_of_a_redirect_is_content(status: int) -> None:
    """A browser shows the body of whatever leads nowhere, a login form too."""
    with web_listener(Site(status=status, body=b"<form action=/login>")) as plain:
        assert end_of(look({443: None, 80: plain.port}).facts(PlainHttp, HTTP)) is HttpEnd.CONTENT


@pytest.mark.parametrize("fstype", ["fuse", "fuse.fuse2fs", "fuse.unheard"])
def test_a_program_that_serves_a_plain_disk_is_not_exempt(fstype: str) -> None:
    *nodes, root = SAFE
    served = without_device("/data", fstype, source="/dev/sdb")
    found = {row.place: row.state for row in mounted_of(graph([*nodes, disk("sdb")], [root, served]))}
    assert found["mount /data"] is AtRest.PLAIN


def test_a_program_that_serves_an_unseen_disk_is_unknown() -> None:
    *nodes, root = SAFE
    served = without_device("/data", "fuse.fuse2fs", source="/dev/disk/by-id/x")
    with pytest.raises(Undecided):
        plain_mounts.derive(server(graph(nodes, [root, served])))


@pytest.mark.parametrize(
    ("point", "state"),
    [
        ("/run/user/0/doc", AtRest.EXEMPT),
        ("/run/user/1000/gvfs", AtRest.EXEMPT),
        ("/run/user/1000/else", AtRest.UNKNOWN),
        ("/data/run/user/0/doc", AtRest.UNKNOWN),
        ("/data", AtRest.UNKNOWN),
    ],
)
def test_a_program_that_names_no_disk_is_no_disk_only_at_a_sessions_door(point: str, state: AtRest) -> None:
    """Anybody's program is called so, one that writes to a disk of its own too."""
    *nodes, root = SAFE
    served = without_device(point, "fuse", source="/dev/fuse")
    found = {row.place: row.state for row in mounted_of(graph(nodes, [root, served]))}
    assert found[f"mount {point}"] is state


@pytest.mark.parametrize("option", ["rtdev", "logdev"])
def test_a_file_system_lies_on_its_second_device_too(option: str) -> None:
    """XFS keeps file contents on its realtime device (xfs(5)), which no parent in sysfs tells of."""
    found = {row.place: row.state for row in mounted_of(_with_option(f"{option}=/dev/sdb"))}
    assert found["mount /data"] is AtRest.PARTLY_PLAIN
    assert {row.state for row in mounted_of(_with_option(f"{option}=/dev/mapper/none"))} >= {AtRest.UNKNOWN}


def _with_option(option: str) -> BlockGraph:
    """A real answer of the script, in short: XFS on LUKS, with one more device."""
    lines = {
        "uname": "Linux 6.1 x86_64",
        "sysblk": "sda dev=8:0 hw=1 slaves=\nsdb dev=8:16 hw=1 slaves=\n"
        "dm-0 dev=253:0 dmname=c dmuuid=CRYPT-LUKS2-0-c slaves=sda, hw=0\n"
        "dm-1 dev=253:1 dmname=r dmuuid=CRYPT-LUKS2-0-r slaves=sda, hw=0",
        "mountinfo": f"1 0 253:0 / /data rw - xfs /dev/mapper/c rw,attr2,{option},noquota\n"
        "2 0 253:1 / / rw - xfs /dev/dm-1 rw",
        "swaps": "Filename Type Size Used Priority",
        "crypto": "name : aes\nrefcnt : 1",
    }
    frames = (f"M BEGIN {name}\n{text}\nM END {name} rc=0\n" for name, text in lines.items())
    made = parse_block_graph("".join(frames).encode(), "M", datetime(2026, 1, 1, tzinfo=UTC))
    assert all(isinstance(mount, Mount) for mount in made.mounts)
    return made


def test_what_the_city_mounts_below_usr_local_is_not_the_distributions() -> None:
    *nodes, root = SAFE
    for point in ("/usr/local", "/usr/local/records"):
        mounts = [root, on("sdb", point, is_read_only=True)]
        assert AtRest.PLAIN in {row.state for row in mounted_of(graph([*nodes, disk("sdb")], mounts))}


TLS_ONLY = deny(Condition={"BoolIfExists": {"aws:SecureTransport": "false"}})
STRANGE_DOCUMENTS = {
    "a second, differently written Statement": {"Statement": [TLS_ONLY], "statement": [allow()]},
    "an element that is not in the grammar": {"Statement": [TLS_ONLY], "Override": [allow()]},
}


@pytest.mark.parametrize("made", STRANGE_DOCUMENTS.values(), ids=STRANGE_DOCUMENTS)
def test_a_policy_that_was_half_read_settles_nothing(made: dict[str, object]) -> None:
    """Servers written in Go read keys in any case, and take the last one."""
    text = json.dumps({"Version": "2012-10-17", "Id": "x", **made})
    with pytest.raises(Undecided) as exposure:
        exposure_of_policy(text)
    with pytest.raises(Undecided) as transport:
        coverage_of(policy(text))
    assert exposure.value.reason is transport.value.reason is Reason.MALFORMED


def exposure_of(text: str) -> PolicyState:
    return exposure_of_policy(text).state


def test_half_of_the_internet_in_small_pieces_is_the_public() -> None:
    ranges = [f"{first}.0.0.0/8" for first in range(0, 256, 2)]
    text = document(allow(**when("IpAddress", "aws:SourceIp", *ranges)))
    assert exposure_of(text) is PolicyState.PUBLIC


def test_the_networks_of_a_large_city_are_not() -> None:
    ranges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"]
    text = document(allow(**when("IpAddress", "aws:SourceIp", *ranges)))
    assert exposure_of(text) is PolicyState.NOT_PUBLIC


def test_a_connect_to_file_that_names_one_address_twice_is_refused(tmp_path: Path) -> None:
    """Both would be one place to every finding, and the second would go unseen."""
    path = tmp_path / "places"
    path.write_text("www.city.example:443 127.0.0.1:8443\nwww.city.example:443 127.0.0.1:9443\n")
    with pytest.raises(UsageError, match=":2: "):
        read_connect_to(path)


def test_a_name_with_its_final_dot_is_led_where_the_operator_said() -> None:
    """Else the connect-to file would be left behind by one dot, and somebody else asked."""
    with web_listener(Site()) as plain:
        looked = look({443: None, 80: plain.port}, url=f"https://{NAME.upper()}./")
    assert end_of(looked.facts(PlainHttp, HTTP)) is HttpEnd.CONTENT


@pytest.mark.usefixtures("credential")
def test_lists_that_a_compatible_server_calls_off_and_serves_all_the_same() -> None:
    """moto stores Object Ownership and the block; an anonymous request lists the bucket."""
    public = {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"}
    with s3_server([BucketSeed(name="called-off")]) as url:
        client: Any = rig_client(url)
        listed = client.get_bucket_acl(Bucket="called-off")
        client.delete_bucket_ownership_controls(Bucket="called-off")
        grants = {"Owner": listed["Owner"], "Grants": [*listed["Grants"], public]}
        client.delete_public_access_block(Bucket="called-off")
        client.put_bucket_acl(Bucket="called-off", AccessControlPolicy=grants)
        enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        client.put_bucket_ownership_controls(Bucket="called-off", OwnershipControls=enforced)
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        block_all = dict.fromkeys(flags, True)
        client.put_public_access_block(Bucket="called-off", PublicAccessBlockConfiguration=block_all)
        client.close()
        with urllib.request.urlopen(f"{url}/called-off") as answer:
            assert answer.status == 200
        found = findings_of(bucket_look(access_to(url), "called-off"))
    for check in ("bucket-public-acl", "bucket-acl-public-write"):
        assert (found[check].outcome, found[check].reason) == (Outcome.UNKNOWN, "not_observed")


@pytest.mark.usefixtures("credential")
def test_lists_of_objects_that_a_compatible_server_calls_off_and_serves_all_the_same() -> None:
    """moto stores both settings; an anonymous request reads the object, and the bucket's own list is clean."""
    with s3_server([BucketSeed(name="called-off", tls_only=False, ownership=None, blocks=None)]) as url:
        client: Any = rig_client(url)
        client.put_object(Bucket="called-off", Key="a", Body=b"a")
        client.put_object_acl(Bucket="called-off", Key="a", ACL="public-read")
        enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        client.put_bucket_ownership_controls(Bucket="called-off", OwnershipControls=enforced)
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        block_all = dict.fromkeys(flags, True)
        client.put_public_access_block(Bucket="called-off", PublicAccessBlockConfiguration=block_all)
        client.close()
        with urllib.request.urlopen(f"{url}/called-off/a") as answer:
            assert answer.status == 200
        said = bucket_look(access_to(url), "called-off")
    seen = [one if isinstance(one, Unseen) else one.facts for one in said]
    for rule in (public_acl, acl_public_write):
        assert finding(rule, *seen).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("reason", ["", "access_denied"])
def test_a_list_that_a_compatible_server_did_not_show_is_not_off(reason: str) -> None:
    unseen = BucketAcl(
        observed_at=datetime(2026, 1, 1, tzinfo=UTC),
        server=ServerKind.COMPATIBLE,
        ownership=Ownership.ENFORCED,
        grants=None,
        acl_reason=reason,
    )
    with pytest.raises(Undecided) as undecided:
        acl_exposure.derive(rows(unseen, block(server=ServerKind.COMPATIBLE)))
    assert undecided.value.reason.word == (reason or "not_observed")
