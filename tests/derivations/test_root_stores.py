"""Which root stores hold a way to the root: by fingerprint or by what an older one signed across, never by a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.derive import Undecided
from auditor.facts.certificates import Certificate, CertificateSeen, PathEnd, RootInStores
from auditor.model import Outcome
from auditor.registers import RootStore, root_stores
from checks.certificate_issuers import root_not_everywhere
from checks.derivations import root_stores as derivation
from tests.checks.certificate_rows import in_full, shown
from tests.checks.test_certificates import certificate, seen

PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
AT = datetime(2026, 6, 1, tzinfo=UTC)
EVERYWHERE, TWICE, NEW = "aa" * 32, "bb" * 32, "cc" * 32
OLD_ROOT = "CN=Old Root,C=US"


def store(
    name: str, *roots: str, subjects: tuple[str, ...] = (), at: str = "2026-03-28", version: str = ""
) -> RootStore:
    day = datetime.fromisoformat(at).date()
    return RootStore(name=name, version=version, at=day, roots=frozenset(roots), subjects=frozenset(subjects))


STORES = (
    store("Apple", EVERYWHERE, subjects=(OLD_ROOT,), version="iOS 26"),
    store("Windows", EVERYWHERE, TWICE),
    store("Mozilla", EVERYWHERE, TWICE, subjects=(OLD_ROOT,)),
)


@pytest.fixture(autouse=True)
def stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "root_stores", lambda: STORES)


def leading_to(root: str, *sent: Certificate, **changes: object) -> CertificateSeen:
    facts = shown()
    anchor = certificate("CN=Root", issuer="CN=Root", sha256=root, is_self_signed=True)
    all_sent = (*facts.sent, *sent)
    made = replace(facts, anchor=anchor, sent=all_sent, sent_count=len(all_sent), observed_at=AT)
    return replace(made, **changes)  # type: ignore[arg-type]


def derived(facts: CertificateSeen) -> RootInStores:
    found = derivation.root_in_stores.derive(in_full(facts))
    assert isinstance(found, RootInStores)
    return found


ACROSS = certificate("CN=Root", issuer=OLD_ROOT)
STRAY = certificate("CN=Stray", issuer="CN=Nobody")


@pytest.mark.parametrize(
    ("facts", "outcome", "missing"),
    [
        (leading_to(EVERYWHERE), PASS, ()),
        (leading_to(TWICE), FAIL, ("Apple (iOS 26)",)),
        (leading_to(TWICE, STRAY), FAIL, ("Apple (iOS 26)",)),
        (leading_to(TWICE, ACROSS), PASS, ()),  # an older root has signed the new one
        (leading_to(NEW, certificate("CN=Old", sha256=EVERYWHERE)), PASS, ()),  # that root itself was sent
        (leading_to(TWICE, is_public_store=False), NOT_APPLICABLE, ()),
        (leading_to(TWICE, anchor=None, end=PathEnd.ISSUER_MISSING), NOT_APPLICABLE, ()),
        (leading_to(TWICE, anchor=None, end=PathEnd.UNKNOWN_ROOT), NOT_APPLICABLE, ()),
    ],
)
def test_a_root_that_some_lack(facts: CertificateSeen, outcome: Outcome, missing: tuple[str, ...]) -> None:
    found = derived(facts)
    assert found.missing == missing
    assert root_not_everywhere.judge(found).outcome is outcome


@pytest.mark.parametrize(
    "facts",
    [
        leading_to(NEW),  # no list of those days could hold it
        leading_to(TWICE, observed_at=AT + timedelta(days=730)),  # Apple may have taken it up since
        leading_to(EVERYWHERE, observed_at=AT + timedelta(days=730)),  # or dropped it
        leading_to(TWICE, sent_count=3),  # one was not kept: it may be the one that was signed across
        seen(),  # an older version did not read as much
    ],
)
def test_what_is_not_certain_accuses_nobody(facts: CertificateSeen) -> None:
    with pytest.raises(Undecided):
        derived(facts)


@pytest.mark.parametrize(("days", "is_told"), [(730, True), (731, False)])
def test_a_list_is_believed_for_two_years(days: int, is_told: bool) -> None:
    oldest = datetime(2026, 3, 28, 23, tzinfo=UTC)
    facts = leading_to(EVERYWHERE, observed_at=oldest + timedelta(days=days))
    if is_told:
        assert root_not_everywhere.judge(derived(facts)).outcome is PASS
    else:
        with pytest.raises(Undecided):
            derived(facts)


def test_the_register_is_read_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """ISRG Root X1 is everywhere; D-TRUST BR Root CA 1 2020 is not on the list of iOS 26."""
    monkeypatch.setattr(derivation, "root_stores", root_stores)
    isrg = "96bcec06264976f37460779acf28c5a7cfe8a3c0aae11a8ffcee05c0bddf08c6"
    d_trust = "e59aaa816009c22bff5b25bad37df306f049797c1f81d85ab089e657bd8f0044"
    assert not derived(leading_to(isrg)).missing
    (apple,) = derived(leading_to(d_trust)).missing
    assert apple.startswith("Apple (iOS 26")
