"""The trust anchors of a run, Mozilla's or the operator's, and OpenSSL's verdict on a path. Knows no network."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography import x509
from OpenSSL import crypto

from auditor.errors import UsageError
from auditor.installed import version_of
from auditor.late import one_at_a_time
from auditor.once import once
from auditor.probes.certificate import BROKEN, REMEMBERED, is_issued_by
from auditor.quiet import quietly
from auditor.records import dataclass

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, unnamed in pyOpenSSL: a date must not masquerade as distrust
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: an intermediate in the operator's file is an anchor, too
# X509_V_ERR_…: the way simply ends there. Every other error means that the way is there and breaks a rule.
WAY_ENDS = frozenset({2, 18, 19, 20, 21})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What OpenSSL has against a path. `is_open_end`: nothing but that no anchor was reached."""

    is_open_end: bool
    words: str


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Made once per file and process: loading the anchors costs some 20 ms."""

    label: str
    is_public: bool  # a browser's roots
    _own_roots: frozenset[x509.Certificate]  # of the operator; empty where nothing but roots is in the store
    _today: crypto.X509Store
    _timeless: crypto.X509Store
    _with_intermediates: crypto.X509Store

    def path(
        self, leaf: x509.Certificate, others: tuple[x509.Certificate, ...]
    ) -> tuple[x509.Certificate, ...] | Refusal:
        """The way from the leaf to an anchor, both in it, dates left aside.

        Where several ways lead there, one whose dates hold today is taken: a server may send an expired
        cross-certificate beside a good one.
        """
        found: tuple[x509.Certificate, ...] | Refusal = Refusal(is_open_end=True, words="")
        for store in (self._today, self._timeless, self._with_intermediates):
            found = _verified(store, leaf, others)
            if not isinstance(found, Refusal):
                return found
        return found

    def knows_issuer_of(self, certificate: x509.Certificate) -> bool:
        """Did a root of the operator's file sign it?"""
        return any(is_issued_by(certificate, root) for root in self._own_roots)


@once
def trust_store(ca_file: Path | None) -> TrustStore:
    """`ca_file` replaces the Mozilla roots; it may hold intermediates. Raises UsageError when it cannot be used."""
    return _mozilla() if ca_file is None else _of_operator(ca_file)


def _mozilla() -> TrustStore:
    """All roots. OpenSSL loads them itself: some break rules that a stricter reader insists on."""
    with one_at_a_time():
        import certifi  # noqa: PLC0415 - takes long to load, and whoever has roots of their own does not need it
    today, timeless = crypto.X509Store(), crypto.X509Store()
    timeless.set_flags(NO_CHECK_TIME)
    for store in (today, timeless):
        store.load_locations(certifi.where())
    label = f"Mozilla's roots (certifi {version_of('certifi')})"
    return TrustStore(label, True, frozenset(), today, timeless, timeless)  # noqa: FBT003 - a field of its own name


def _of_operator(path: Path) -> TrustStore:
    try:
        with quietly():
            anchors = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} could not be read: {error.strerror}.", "Name a readable CA file.") from error
    except BROKEN as error:
        raise UsageError(f"{path} holds no CA certificate in PEM.", "Name a file of CA certificates in PEM.") from error
    roots = [anchor for anchor in anchors if is_issued_by(anchor, anchor)]
    return TrustStore(
        f"the CA file {path.name}",
        False,  # noqa: FBT003
        frozenset(roots),
        _store(roots, 0),
        _store(roots, NO_CHECK_TIME),
        _store(anchors, NO_CHECK_TIME | PARTIAL_CHAIN),
    )


def _store(anchors: list[x509.Certificate], flags: int) -> crypto.X509Store:
    store = crypto.X509Store()
    store.set_flags(flags)
    for anchor in anchors:
        store.add_cert(crypto.X509.from_cryptography(anchor))
    return store


@lru_cache(maxsize=REMEMBERED)
def _issuer(certificate: x509.Certificate) -> crypto.X509:
    """As pyOpenSSL has it. A city's hosts show the same few."""
    return crypto.X509.from_cryptography(certificate)


def _verified(
    store: crypto.X509Store, leaf: x509.Certificate, others: tuple[x509.Certificate, ...]
) -> tuple[x509.Certificate, ...] | Refusal:
    context = crypto.X509StoreContext(store, crypto.X509.from_cryptography(leaf), [_issuer(one) for one in others])
    try:
        verified = context.get_verified_chain()
    except crypto.X509StoreContextError as error:
        code, _, words = error.errors
        return Refusal(is_open_end=code in WAY_ENDS, words=str(words))
    with quietly():
        return tuple(one.to_cryptography() for one in verified)
