"""The detail of a leaf: what its key may be used for, and which logs promised it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from auditor import codec
from auditor.errors import Unreachable
from auditor.facts.certificates import CertificateSeen, KeyUsage, Vetting
from auditor.model import Reason
from auditor.probes.public_key import key_sha256
from auditor.rig.authority import ec_key, rsa_key
from checks.derivations.certificate_trust import may_serve
from tests.probes.certificate_path_rig import (
    MIDDLE,
    NAME,
    ROOT,
    read,
    roots_of_the_rig,  # noqa: F401 - the fixture `ca_file`
)
from tests.probes.papers import MUST_STAPLE, leaf

KEY_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def test_the_detail_of_a_leaf_is_read(ca_file: Path) -> None:
    detail = read(MIDDLE.leaf(NAME, key=rsa_key(1024)).sent, ca_file).detail
    assert detail
    assert (len(detail.modulus), detail.exponent, len(detail.spki_sha256)) == (256, "10001", 64)
    assert (detail.issuer_organization, detail.scts, detail.must_staple) == ("", (), False)


@pytest.mark.parametrize(
    ("policies", "vetting"),
    [
        ((), None),
        (("2.23.140.1.1",), Vetting.EXTENDED),
        (("2.23.140.1.2.1",), Vetting.DOMAIN),
        (("1.3.6.1.4.1.44947.1.1.1", "2.23.140.1.2.2"), Vetting.ORGANIZATION),
        (("2.23.140.1.2.3",), Vetting.INDIVIDUAL),
        (("2.23.140.1.2",), None),
    ],
)
def test_what_the_authority_made_sure_of(policies: tuple[str, ...], vetting: Vetting | None, ca_file: Path) -> None:
    named = [x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in policies]
    extensions = (x509.CertificatePolicies(named),) if named else ()
    detail = read(leaf(MIDDLE, NAME, *extensions).sent, ca_file).detail
    assert detail
    assert detail.vetting is vetting


def test_the_keys_of_issuers_are_read_in_the_order_of_the_path(ca_file: Path) -> None:
    facts = read(MIDDLE.leaf(NAME).sent, ca_file)
    assert [one.sha256 for one in facts.path[1:]] == [facts.sent[1].sha256]
    assert facts.anchor
    assert facts.issuer_keys == (key_sha256(MIDDLE.issued.certificate), key_sha256(ROOT.issued.certificate))


@pytest.mark.parametrize(
    ("named", "usages", "is_trusted"),
    [
        ((), tuple(KeyUsage), True),
        (("digital_signature",), (KeyUsage.SIGN,), True),
        (("digital_signature", "key_encipherment"), (KeyUsage.SIGN, KeyUsage.ENCRYPT), True),
        (("key_encipherment",), (KeyUsage.ENCRYPT,), False),
        (("key_agreement", "encipher_only"), (KeyUsage.AGREE,), False),
        (("key_cert_sign",), (), False),
    ],
)
def test_what_the_key_may_be_used_for(
    named: tuple[str, ...], usages: tuple[KeyUsage, ...], is_trusted: bool, ca_file: Path
) -> None:
    """GnuTLS refuses all three, OpenSSL the last."""
    extensions = (x509.KeyUsage(**{bit: bit in named for bit in KEY_USAGES}),) if named else ()
    facts = read(leaf(MIDDLE, NAME, *extensions).sent, ca_file)
    assert facts.detail
    assert facts.detail.usages == usages
    assert may_serve(facts) is is_trusted


@pytest.mark.parametrize(
    ("extensions", "is_authority"),
    [
        ((), False),
        ((x509.BasicConstraints(ca=False, path_length=None),), False),
        ((x509.BasicConstraints(ca=True, path_length=None),), True),
        ((x509.BasicConstraints(ca=True, path_length=0),), True),
    ],
)
def test_whether_a_leaf_may_issue_others(
    extensions: tuple[x509.ExtensionType, ...], is_authority: bool, ca_file: Path
) -> None:
    facts = read(leaf(MIDDLE, NAME, *extensions).sent, ca_file)
    assert facts.detail
    assert facts.detail.is_authority is is_authority


def test_keys_are_the_same_wherever_they_are_shown(ca_file: Path) -> None:
    key = ec_key()
    one, other = (read(MIDDLE.leaf(name, key=key).sent, ca_file).detail for name in (NAME, "other.example"))
    assert one
    assert other
    assert one.spki_sha256 == other.spki_sha256


def test_facts_of_an_older_run_are_read_back(ca_file: Path) -> None:
    """What it did not know is not made up."""
    stored = json.loads(codec.encode(read(MIDDLE.leaf(NAME).sent, ca_file)))
    for later in ("detail", "is_public_store"):
        del stored["facts"][later]
    back = codec.decode(json.dumps(stored).encode(), [CertificateSeen])
    assert isinstance(back, CertificateSeen)
    assert (back.detail, back.is_public_store) == (None, False)


def sct(log: int, milliseconds: int) -> bytes:
    """A signed certificate timestamp of version 1 (RFC 6962 section 3.2), with its length."""
    body = b"\x00" + bytes([log]) * 32 + milliseconds.to_bytes(8, "big") + b"\x00\x00" + b"\x04\x03" + b"\x00\x02ab"
    return len(body).to_bytes(2, "big") + body


def logged(*scts: bytes) -> x509.UnrecognizedExtension:
    """A list of them as it stands in a certificate (section 3.3)."""
    content = b"".join(scts)
    content = len(content).to_bytes(2, "big") + content
    octets = b"\x04" + (bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big"))
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), octets + content)


AT = 1_780_000_000_000
MINUTES = 60_000


@pytest.mark.parametrize(
    ("extension", "logs"),
    [
        (logged(sct(1, AT)), ["01" * 32]),
        (logged(sct(1, AT), sct(2, AT + MINUTES)), ["01" * 32, "02" * 32]),
        (logged(), []),
        (logged(sct(1, 2**63)), []),
        (logged(*(sct(number, AT) for number in range(200))), [f"{number:02x}" * 32 for number in range(20)]),
    ],
)
def test_logs_are_read_from_the_certificate(
    extension: x509.UnrecognizedExtension, logs: list[str], ca_file: Path
) -> None:
    detail = read(leaf(MIDDLE, NAME, extension).sent, ca_file).detail
    assert detail
    assert [one.log for one in detail.scts] == logs
    assert all(one.at >= datetime.fromtimestamp(AT / 1_000, UTC) for one in detail.scts)


@pytest.mark.parametrize(
    "extension",
    [
        logged(b"\x00\x01\x00"),
        logged(b"\xff\xff\x00"),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"garbage"),
    ],
)
def test_a_list_of_logs_that_breaks_its_encoding_is_a_reason(
    extension: x509.UnrecognizedExtension, ca_file: Path
) -> None:
    """The library reads all extensions or none."""
    with pytest.raises(Unreachable) as unreachable:
        read(leaf(MIDDLE, NAME, extension).sent, ca_file)
    assert unreachable.value.reason is Reason.MALFORMED


def test_the_promise_of_a_staple_is_read(ca_file: Path) -> None:
    plain, promising = (read(leaf(MIDDLE, NAME, *more).sent, ca_file).detail for more in ((), (MUST_STAPLE,)))
    assert plain
    assert promising
    assert (plain.must_staple, promising.must_staple) == (False, True)
