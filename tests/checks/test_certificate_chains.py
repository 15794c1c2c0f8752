"""The chain as it is sent."""

from __future__ import annotations

import pytest

from auditor.facts.certificates import (
    Certificate,
)
from auditor.model import Outcome
from checks import (
    certificate_chains,
)
from tests.checks.certificate_rows import FAIL, NOT_APPLICABLE, PASS, ROOT
from tests.checks.test_certificates import certificate, seen

LEAF = certificate("CN=leaf", issuer="CN=lower")
LOWER = certificate("CN=lower", issuer="CN=upper")
UPPER = certificate("CN=upper", issuer="CN=root")
CROSS = certificate("CN=root", issuer="CN=older root", sha256="cc")
STRAY = certificate("CN=stray", issuer="CN=elsewhere")


@pytest.mark.parametrize(
    ("sent", "more", "outcome", "word"),
    [
        ((LEAF,), 0, NOT_APPLICABLE, ""),
        ((LEAF, LOWER), 0, PASS, ""),
        ((LEAF, LOWER, UPPER), 0, PASS, ""),
        ((LEAF, LOWER, UPPER, CROSS), 0, PASS, ""),
        ((LEAF, UPPER, LOWER), 0, FAIL, "before"),
        ((LEAF, LOWER, UPPER, ROOT), 0, FAIL, "root"),
        ((LEAF, LOWER, LOWER), 0, FAIL, "sent before"),
        ((LEAF, LEAF), 0, FAIL, "sent before"),
        ((LEAF, LOWER, STRAY), 0, FAIL, "none of the others"),
        ((LEAF, LOWER), 1, FAIL, "unreadable"),
        ((LEAF, LOWER), 98, FAIL, "too many"),
    ],
)
def test_chains_are_short_and_in_order(sent: tuple[Certificate, ...], more: int, outcome: Outcome, word: str) -> None:
    facts = seen(LEAF, sent=sent, sent_count=len(sent) + more)
    verdict = certificate_chains.untidy_chain.judge(facts)
    assert verdict.outcome is outcome
    assert word in " ".join(row.seen for row in verdict.evidence)
