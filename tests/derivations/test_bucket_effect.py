"""What was not answered over plain HTTP is not known, whoever the provider is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from auditor.derive import Undecided
from auditor.facts.storage import BucketPlace, ServerKind
from auditor.facts.storage_effect import BucketServer, Effect, EffectiveAccess, PlainEffect, Tried
from auditor.model import Outcome, Reason
from auditor.probe import Seen
from checks.bucket_effect import effective_plain_http
from checks.derivations.bucket_effect import plain_effect

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DENIED = Tried(effect=Effect.DENIED, asked="GET https://s3.example/b")
SILENT = Tried(effect=Effect.UNSEEN, asked="GET http://s3.example/b", reason="timeout", detail="s3.example:80")
SERVED = Tried(effect=Effect.SERVED, asked="GET http://s3.example/b")


def concluded(server: ServerKind, plain: Tried) -> PlainEffect:
    tried = EffectiveAccess(observed_at=NOW, server=server, is_allowed=True, listing=DENIED, plain_listing=plain)
    found = plain_effect.derive(
        {
            EffectiveAccess: {"": Seen(tried)},
            BucketServer: {"": Seen(BucketServer(observed_at=NOW, server=server))},
            BucketPlace: {"": Seen(BucketPlace(observed_at=NOW, server=server, location=None))},
        }
    )
    assert isinstance(found, PlainEffect)
    return found


@pytest.mark.parametrize("server", list(ServerKind))
def test_silence_over_plain_http_is_no_answer(server: ServerKind) -> None:
    with pytest.raises(Undecided) as undecided:
        concluded(server, SILENT)
    assert undecided.value.reason is Reason.TIMEOUT


@pytest.mark.parametrize("server", list(ServerKind))
@pytest.mark.parametrize(("plain", "outcome"), [(SERVED, "fail"), (DENIED, "not_applicable")])
def test_what_was_answered_is_judged(server: ServerKind, plain: Tried, outcome: str) -> None:
    found = effective_plain_http.judge(concluded(server, plain)).outcome
    assert found is Outcome(outcome)
