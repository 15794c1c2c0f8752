"""Whose a bucket is: the city's, a vendor's with an agreement in force, a stranger's; and what leaves that open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.derive import Undecided
from auditor.facts import Declared, Registered
from auditor.facts.bucket_holders import BucketState, Holder, Holding, NamedBucket
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.model import Outcome, Sensitivity
from checks.bucket_names import external, external_sensitive, name_dangling, name_external, name_external_sensitive
from checks.derivations.bucket_holders import bucket_holding, name_holding

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CITY, OTHER, VENDOR = "123456789012", "111111111111", "210987654321"
EXISTS, ABSENT = BucketState.EXISTS, BucketState.ABSENT


def entry(name: str, *, ends: datetime = NOW + timedelta(days=1), covers: bool = True) -> Registered:
    return Registered(name=name, vendor="Planwright", agreement="contract 7", ends=ends, covers_data=covers)


def declared(*own: str, **registered: tuple[Registered, ...]) -> Declared:
    rows = {f"registered_{kind}": entries for kind, entries in registered.items()}
    return Declared(observed_at=NOW, sensitivity=Sensitivity.PUBLIC, own_accounts=own, **rows)  # type: ignore[arg-type]


def named(state: BucketState | None = EXISTS, **more: object) -> NamedBucket:
    said: dict[str, object] = {"at": "s3.amazonaws.com", "provider": "aws", "bucket": "b", "aliases": ("plan.example",)}
    said |= {"told_by": "provider"} if state else {"why_not": "nothing to ask"}
    return NamedBucket(observed_at=NOW, name="files.elm.example", state=state, **(said | more))  # type: ignore[arg-type]


OPEN = "open"
NAMES = [
    (named(holder=CITY), declared(CITY), Holder.CITY),
    (named(holder=CITY), declared(), Holder.CITY),
    (named(listed=(CITY,)), declared(CITY), Holder.STRANGER),
    (named(listed=(CITY,)), declared(CITY, OTHER), OPEN),
    (named(listed=(CITY,)), declared(), OPEN),
    (named(unlisted="access_denied"), declared(CITY), OPEN),
    (named(listed=(CITY,), unlisted="access_denied"), declared(CITY), OPEN),
    (named(listed=(CITY,)), declared(CITY, buckets=(entry("b"),)), Holder.VENDOR),
    (named(listed=(CITY,)), declared(CITY, buckets=(entry("b2"),)), Holder.STRANGER),
    (named(listed=(CITY,)), declared(CITY, buckets=(entry("b", ends=NOW),)), Holder.STRANGER),
    (named(listed=(CITY,)), declared(CITY, buckets=(entry("b", covers=False),)), Holder.STRANGER),
    (named(listed=(CITY,)), declared(CITY, domains=(entry("plan.example"),)), Holder.VENDOR),
    (named(listed=(CITY,)), declared(CITY, domains=(entry("lan.example"),)), Holder.STRANGER),
    (named(None, at="elm.blob.core.windows.net", provider="azure"), declared(CITY), OPEN),
    (named(None, at="elm.blob.core.windows.net", provider="azure"), declared(CITY, buckets=(entry("b"),)), "vendor"),
    (named(None, at=""), declared(CITY), Holder.NOBODY),
    (named(ABSENT), declared(CITY), Holder.NOBODY),
]


@pytest.mark.parametrize(("seen", "said", "holder"), NAMES)
def test_whose_a_named_bucket_is(seen: NamedBucket, said: Declared, holder: str) -> None:
    if holder == OPEN:
        with pytest.raises(Undecided):
            name_holding.derive(seen, said)
    else:
        assert name_holding.derive(seen, said).holder == holder  # type: ignore[attr-defined]


def owner(listed: bool | None = None, **more: object) -> BucketOwner:
    said = {"account": CITY, "bucket": "b", "list_reason": "access_denied" if listed is None else ""}
    return BucketOwner(observed_at=NOW, server=ServerKind.AWS, is_listed=listed, **(said | more))  # type: ignore[arg-type]


FOREIGN = owner(listed=True, account=VENDOR)
OWNERS = [
    (owner(listed=True), declared(CITY), Holder.CITY),
    (owner(listed=True), declared(), Holder.CITY),
    (FOREIGN, declared(CITY), Holder.STRANGER),
    (FOREIGN, declared(CITY, accounts=(entry(VENDOR),)), Holder.VENDOR),
    (FOREIGN, declared(accounts=(entry(VENDOR),)), Holder.VENDOR),
    (FOREIGN, declared(CITY, accounts=(entry(VENDOR, ends=NOW),)), Holder.STRANGER),
    (FOREIGN, declared(CITY, buckets=(entry("b"),)), Holder.VENDOR),
    (owner(listed=False), declared(CITY), Holder.STRANGER),
    (owner(listed=False), declared(CITY, OTHER), OPEN),
    (owner(listed=False), declared(), OPEN),
    (owner(listed=False, declared_account=OTHER, is_proven=True), declared(CITY, OTHER), Holder.CITY),
    (owner(listed=False, declared_account=VENDOR, is_proven=True), declared(CITY), Holder.STRANGER),
    (owner(is_proven=True), declared(CITY), Holder.CITY),
    (owner(), declared(CITY), OPEN),
    (owner(listed=False), declared(CITY, buckets=(entry("b"),)), Holder.VENDOR),
    (BucketOwner(observed_at=NOW, server=ServerKind.COMPATIBLE, list_reason="x"), declared(CITY), Holder.NOBODY),
]


@pytest.mark.parametrize(("seen", "said", "holder"), OWNERS)
def test_whose_a_bucket_is(seen: BucketOwner, said: Declared, holder: str) -> None:
    if holder == OPEN:
        with pytest.raises(Undecided):
            bucket_holding.derive(seen, said)
    else:
        assert bucket_holding.derive(seen, said).holder == holder  # type: ignore[attr-defined]


@settings(max_examples=60)
@given(
    seen=st.sampled_from([row[0] for row in NAMES]),
    said=st.sampled_from([row[1] for row in NAMES]),
    late=st.booleans(),
    unlisted=st.sampled_from(["access_denied", "timeout"]),
)
def test_neither_an_end_nor_a_list_that_was_not_seen_makes_it_the_citys_or_a_vendors(
    seen: NamedBucket, said: Declared, late: bool, unlisted: str
) -> None:
    """Later than an agreement's end, or with less seen, nobody becomes welcome who was not."""
    less = seen if seen.holder or seen.state is not EXISTS else replace(seen, listed=(), unlisted=unlisted)
    less = replace(less, observed_at=NOW + timedelta(days=400)) if late else less
    if _welcome(less, said):
        assert _welcome(seen, said)


def _welcome(seen: NamedBucket, said: Declared) -> bool:
    try:
        found = name_holding.derive(seen, said)
    except Undecided:
        return False
    assert isinstance(found, Holding)
    return found.holder in (Holder.CITY, Holder.VENDOR)


@pytest.mark.parametrize("sensitivity", list(Sensitivity))
@pytest.mark.parametrize("holder", list(Holder))
def test_one_of_two_checks_judges_it_by_its_data(sensitivity: Sensitivity, holder: Holder) -> None:
    seen = named(listed=(CITY,)) if holder is Holder.STRANGER else named(holder=CITY)
    seen = named(ABSENT) if holder is Holder.NOBODY else seen
    facts = replace(name_holding.derive(seen, declared(CITY)), sensitivity=sensitivity)  # type: ignore[call-arg]
    wanted = {Holder.STRANGER: Outcome.FAIL, Holder.NOBODY: Outcome.NOT_APPLICABLE}.get(holder, Outcome.PASS)
    both = (
        (name_external_sensitive, name_external)
        if sensitivity.is_sensitive
        else (name_external, name_external_sensitive)
    )
    assert [one.judge(facts).outcome for one in both] == [wanted, Outcome.NOT_APPLICABLE]  # type: ignore[arg-type]


def test_an_agreement_that_ended_is_named() -> None:
    facts = bucket_holding.derive(FOREIGN, declared(CITY, accounts=(entry(VENDOR, ends=NOW),)))
    verdict = external.judge(facts)  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.FAIL
    assert "contract 7: ended" in verdict.evidence[1].seen
    assert external_sensitive.judge(facts).outcome is Outcome.NOT_APPLICABLE  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (named(ABSENT), "fail"),
        (named(ABSENT, told_by="dns"), "fail"),
        (named(), "pass"),
        (named(None), "not_applicable"),
    ],
)
def test_a_name_that_leads_to_nothing_fails(seen: NamedBucket, outcome: str) -> None:
    assert name_dangling.judge(seen).outcome is Outcome(outcome)


REDIRECT = named(listed=(CITY,), url="https://s3.amazonaws.com/b/form", aliases=("s3.amazonaws.com",))


@pytest.mark.parametrize("sensitivity", [Sensitivity.PUBLIC, Sensitivity.CONFIDENTIAL])
def test_a_redirect_to_a_strangers_bucket_fails_and_says_which(sensitivity: Sensitivity) -> None:
    facts = name_holding.derive(REDIRECT, replace(declared(CITY), sensitivity=sensitivity))
    outcomes = [one.judge(facts) for one in (name_external, name_external_sensitive)]  # type: ignore[arg-type]
    failed = outcomes[sensitivity.is_sensitive]
    assert failed.outcome is Outcome.FAIL
    assert failed.evidence[0].looked_at == "b at aws (https://s3.amazonaws.com/b/form)"
    assert outcomes[not sensitivity.is_sensitive].outcome is Outcome.NOT_APPLICABLE


def test_a_redirect_to_nothing_is_told_as_one() -> None:
    gone = replace(REDIRECT, state=ABSENT, listed=())
    verdict = name_dangling.judge(gone)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.evidence[0].looked_at == "redirect of files.elm.example"
    assert verdict.evidence[0].seen == "https://s3.amazonaws.com/b/form"


def test_a_vendors_domain_on_the_way_covers_the_bucket_while_the_agreement_lasts() -> None:
    way = replace(REDIRECT, aliases=("forms.plan.example", "s3.amazonaws.com"))
    for ends, holder in ((NOW + timedelta(days=1), Holder.VENDOR), (NOW, Holder.STRANGER)):
        said = declared(CITY, domains=(entry("plan.example", ends=ends),))
        assert name_holding.derive(way, said).holder is holder  # type: ignore[attr-defined]
    assert name_holding.derive(REDIRECT, declared(CITY, domains=(entry("plan.example"),))).holder is Holder.STRANGER  # type: ignore[attr-defined]
