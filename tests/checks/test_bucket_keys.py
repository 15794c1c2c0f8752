"""Whose key, in whose store, and what lies there without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.facts import Facts
from auditor.facts.storage import (
    BucketEncryption,
    PartState,
)
from auditor.facts.storage_effect import Keeps
from auditor.facts.storage_keys import BucketKeys, KeyRotation
from auditor.model import KeyNeed, Outcome, Reason, Sensitivity
from auditor.probe import Unseen
from checks import (
    bucket_keys,
    bucket_old_objects,
)
from tests.checks.bucket_rows import F, N, P, U, judged
from tests.derivations.bucket_facts import (
    allow,
    declared,
    document,
    hidden,
    when,
)
from tests.derivations.storage_samples import (
    COMPATIBLE,
    FOREIGN_KEY,
    KEY,
    NOBODYS,
    OTHER,
    OURS,
    denied_key,
    encryption,
    key,
    keys,
    old,
    owner,
    promise,
)

STILL = KeyRotation(state=PartState.SET, is_enabled=False)
HIDDEN_ROTATION = KeyRotation(state=PartState.UNSEEN, reason="access_denied")
KEYS: dict[str, tuple[Outcome, Outcome, Outcome, Outcome, Outcome, tuple[Facts | Unseen, ...]]] = {
    # no-customer-key, foreign, unusable, still, shared
    "ours": (P, P, P, P, P, (encryption(), keys(key()), owner())),
    "the provider's default": (F, P, P, P, P, (encryption("AES256", None), keys(), owner())),
    "the provider's key service": (F, P, P, P, P, (encryption("aws:kms", None), keys(), owner())),
    "managed by the provider under its full name": (
        F,
        P,
        P,
        P,
        P,
        (encryption(), keys(key(manager="AWS", rotation=KeyRotation(state=PartState.NO_SWITCH))), owner()),
    ),
    "outside the provider": (P, P, P, P, P, (encryption(), keys(key(origin="EXTERNAL_KEY_STORE")), owner())),
    "foreign": (F, F, P, P, P, (encryption(), keys(key(account=OTHER, arn=FOREIGN_KEY)), owner())),
    "an alias that is another's": (
        F,
        F,
        P,
        P,
        P,
        (encryption(key_id="alias/x"), keys(key(named="alias/x", account=OTHER, arn=FOREIGN_KEY)), owner()),
    ),
    "denied, ours by its name": (U, P, U, U, U, (encryption(), keys(denied_key()), owner())),
    "denied, foreign by its name": (F, F, U, U, U, (encryption(), keys(denied_key(FOREIGN_KEY, OTHER)), owner())),
    "denied, an alias": (U, U, U, U, U, (encryption(), keys(denied_key("alias/x", "")), owner())),
    "owner hidden": (U, U, P, P, U, (encryption(), keys(key()), NOBODYS)),
    "hidden keys": (U, U, U, U, U, (encryption(), Unseen(type(keys()), "", Reason.TIMEOUT, ""), owner())),
    "disabled": (P, P, F, P, P, (encryption(), keys(key(key_state="Disabled")), owner())),
    "about to be deleted": (P, P, F, P, P, (encryption(), keys(key(key_state="PendingDeletion")), owner())),
    "without material": (P, P, F, P, P, (encryption(), keys(key(key_state="PendingImport")), owner())),
    "never renewed": (
        P,
        P,
        P,
        F,
        P,
        (encryption(), keys(key(rotation=STILL)), owner()),
    ),
    "imported, of a kind that never renews itself": (
        P,
        P,
        P,
        P,
        P,
        (encryption(), keys(key(origin="EXTERNAL", rotation=STILL)), owner()),
    ),
    "in a store of the city's own, of a kind that never renews itself": (
        P,
        P,
        P,
        P,
        P,
        (encryption(), keys(key(origin="AWS_CLOUDHSM", key_store="cks-1", rotation=STILL)), owner()),
    ),
    "imported, renewal hidden": (
        P,
        P,
        P,
        P,
        P,
        (encryption(), keys(key(origin="EXTERNAL", rotation=HIDDEN_ROTATION)), owner()),
    ),
    "of an origin that nobody documents": (
        P,
        P,
        P,
        F,
        P,
        (encryption(), keys(key(origin="MOON", rotation=STILL)), owner()),
    ),
    "renewal hidden": (
        P,
        P,
        P,
        U,
        P,
        (encryption(), keys(key(rotation=HIDDEN_ROTATION)), owner()),
    ),
    "shared with an outsider": (
        P,
        P,
        P,
        P,
        F,
        (
            encryption(),
            keys(key(document(allow(Principal={"AWS": OTHER}, Action="kms:Decrypt", Resource="*")))),
            owner(),
        ),
    ),
    "shared with everybody": (
        P,
        P,
        P,
        P,
        F,
        (encryption(), keys(key(document(allow(Action="kms:*", Resource="*")))), owner()),
    ),
    "everybody of the account": (
        P,
        P,
        P,
        P,
        P,
        (
            encryption(),
            keys(key(document(allow(Action="kms:*", Resource="*", **when("StringEquals", "kms:CallerAccount", OURS))))),
            owner(),
        ),
    ),
    "hidden key policy": (P, P, P, P, U, (encryption(), keys(key(None)), owner())),
    "malformed key policy": (P, P, P, P, U, (encryption(), keys(key("{")), owner())),
}


@pytest.mark.parametrize(("held", "foreign", "unusable", "still", "shared", "facts"), KEYS.values(), ids=KEYS)
def test_keys(
    held: Outcome, foreign: Outcome, unusable: Outcome, still: Outcome, shared: Outcome, facts: tuple[Facts, ...]
) -> None:
    judged(bucket_keys.no_customer_key, held, facts)
    judged(bucket_keys.key_foreign, foreign, facts)
    judged(bucket_keys.key_unusable, unusable, facts)
    judged(bucket_keys.key_still, still, facts)
    judged(bucket_keys.key_shared, shared, facts)


def test_a_key_that_nobody_asked_for_is_no_fault_of_public_data() -> None:
    for data in (Sensitivity.PUBLIC, Sensitivity.INTERNAL):
        facts = (encryption(), keys(denied_key()), owner())
        judged(bucket_keys.no_customer_key, N, facts, declared(sensitivity=data))


HALF_BLOCKED = replace(
    encryption(), rules=(*(encryption("AES256", None, "SSE-C").rules or ()), *(encryption("AES256", None).rules or ()))
)


@pytest.mark.parametrize(
    ("wanted", "facts", "data"),
    [
        (P, encryption("AES256", None, "SSE-C"), Sensitivity.CONFIDENTIAL),
        (F, encryption("AES256", None), Sensitivity.CONFIDENTIAL),
        (F, encryption("aws:kms", KEY, "SSE-X"), Sensitivity.UNDECLARED),
        (F, HALF_BLOCKED, Sensitivity.CONFIDENTIAL),
        (N, encryption("AES256", None), Sensitivity.INTERNAL),
        (N, encryption("AES256", None, server=COMPATIBLE), Sensitivity.RESTRICTED),
        (U, replace(encryption(), rules=None), Sensitivity.RESTRICTED),
    ],
)
def test_keys_that_callers_bring(wanted: Outcome, facts: Facts, data: Sensitivity) -> None:
    judged(bucket_keys.callers_key, wanted, (facts,), declared(sensitivity=data))


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        (P, old()),
        (P, old(counted=0, old=0, headed=0)),
        (F, old(without_encryption=1)),
        (F, old(without_encryption=1, is_complete=False, why_incomplete="budget", headed=2)),
        (U, old(is_complete=False, why_incomplete="budget", headed=2)),
        (U, old(server=COMPATIBLE)),
        (N, old(server=COMPATIBLE, old=0, headed=0)),
        (F, old(server=COMPATIBLE, without_encryption=4)),
        (U, Unseen(type(old()), "", Reason.ACCESS_DENIED, "")),
    ],
)
def test_old_objects(wanted: Outcome, facts: Facts) -> None:
    judged(bucket_old_objects.old_plaintext, wanted, (facts,))


STORE = {"origin": "EXTERNAL_KEY_STORE", "key_store": "cks-1234567890abcdef0", "external_key": "bb8562"}
CLUSTER = {"origin": "AWS_CLOUDHSM", "key_store": "cks-0987654321fedcba0"}
OWN_STORE = declared(key_need=KeyNeed.OWN_STORE, sensitivity=Sensitivity.RESTRICTED)
STORED: dict[str, tuple[Outcome, Outcome, tuple[Facts | Unseen, ...]]] = {  # its store, a key of the city's own
    "outside": (P, P, (encryption(), keys(key(**STORE)), owner())),
    "in a cluster": (P, P, (encryption(), keys(key(**CLUSTER)), owner())),
    "in the provider's": (F, P, (encryption(), keys(key()), owner())),
    "material brought along": (F, P, (encryption(), keys(key(origin="EXTERNAL")), owner())),
    "one of two": (F, P, (encryption(), keys(key(**STORE), key(named="alias/b")), owner())),
    "outside, store not told": (U, P, (encryption(), keys(key(origin="EXTERNAL_KEY_STORE")), owner())),
    "the provider's own key": (F, F, (encryption("aws:kms", None), keys(), owner())),
    "no key service": (F, F, (encryption("AES256", None), keys(), owner())),
    "another's store": (
        F,
        F,
        (encryption("aws:kms", FOREIGN_KEY), keys(key(arn=FOREIGN_KEY, account=OTHER, **STORE)), owner()),
    ),
    "nobody knows whose": (U, U, (encryption(), keys(key(**STORE)), NOBODYS)),
    "denied": (U, U, (encryption(), keys(denied_key()), owner())),
    "no key told of": (U, U, (encryption(), keys(), owner())),
    "hidden keys": (U, U, (encryption(), hidden(BucketKeys), owner())),
    "hidden encryption": (U, U, (hidden(BucketEncryption), keys(key(**STORE)), owner())),
    "compatible server": (
        U,
        U,
        (encryption(server=COMPATIBLE), keys(), owner(server=COMPATIBLE), promise(Keeps.YES)),
    ),
}


@pytest.mark.parametrize(("stored", "held", "facts"), STORED.values(), ids=STORED)
def test_key_store_that_the_data_asks_for(stored: Outcome, held: Outcome, facts: tuple[Facts, ...]) -> None:
    judged(bucket_keys.key_store_not_own, stored, facts, OWN_STORE)
    judged(bucket_keys.no_customer_key, held, facts, OWN_STORE)
    judged(bucket_keys.key_store_not_own, N, facts, declared(key_need=KeyNeed.CUSTOMER))


@pytest.mark.parametrize(("need", "wanted"), [(KeyNeed.BY_TIER, N), (KeyNeed.CUSTOMER, F), (KeyNeed.OWN_STORE, F)])
def test_internal_data_may_ask_for_a_key_of_the_city_s_own(need: KeyNeed, wanted: Outcome) -> None:
    said = declared(key_need=need, sensitivity=Sensitivity.INTERNAL)
    judged(bucket_keys.no_customer_key, wanted, (encryption("AES256", None), keys(), owner()), said)
    with_key = (encryption(), keys(key()), owner())
    judged(bucket_keys.no_customer_key, N if need is KeyNeed.BY_TIER else P, with_key, said)


def test_a_compatible_server_s_word_for_a_key_is_no_proof() -> None:
    here = owner(server=COMPATIBLE, account="", is_proven=None)
    for keeps, held, encrypted in ((Keeps.YES, U, P), (Keeps.NO, F, F), (Keeps.UNKNOWN, U, U)):
        facts = (encryption(server=COMPATIBLE), keys(denied_key()), here, promise(keeps))
        judged(bucket_keys.no_customer_key, held, facts)
        judged(bucket_keys.not_encrypted, encrypted, facts)
    facts = (encryption("AES256", None, server=COMPATIBLE), keys(), here, promise(Keeps.YES))
    judged(bucket_keys.no_customer_key, F, facts)
    judged(bucket_keys.not_encrypted, P, facts)
