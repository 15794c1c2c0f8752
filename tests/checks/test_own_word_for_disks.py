"""Whose word counts where no look can tell: a drive's own lock may be attested, and a database's encryption may not."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.facts.privileged_disks import DriveLocking, PrivilegedDisks
from auditor.facts.server import Section, SectionState
from auditor.facts.server_settings import Directory, ServerSettings, Use
from auditor.model import Asset, Attestation, Finding, Letter, Outcome, Report, Standing, Tier
from auditor.observe import Look
from auditor.pipeline import Question, assess
from auditor.probe import Seen
from auditor.rubric import read_rubric
from tests.derivations.block_graphs import NOW, disk, graph, on
from tests.promises.road import parts

ASSET = Asset(id="db", kind="server", address="ssh://db", system="", tiers=frozenset({Tier.NIGHTLY, Tier.PRIVILEGED}))
TOLD = (Section(name="directories", state=SectionState.SEEN),)
DAY = date(2026, 11, 1)


def judged(*drives: DriveLocking, words: dict[str, str] | None = None) -> Report:
    """A server on one plain disk, with a database on it. `words`: what its owner says, by check."""
    directory = Directory(use=Use.MYSQL, path="/var/lib/mysql", is_open=True)
    settings = ServerSettings(observed_at=NOW, sections=TOLD, directories=(directory,))
    root = PrivilegedDisks(observed_at=NOW, helper="", tables=(), crypttab=(), drives=drives)
    sights = tuple(Seen(facts) for facts in (graph([disk("sda")], [on("sda")]), settings, root))
    said = tuple(
        Attestation(
            id=f"A-{check}",
            check=check,
            asset="db",
            outcome=Outcome.PASS,
            statement=statement,
            by="it",
            made=DAY,
            expires=date(2027, 6, 1),
        )
        for check, statement in (words or {}).items()
    )
    question = Question(assets=(ASSET,), rubric=read_rubric(), attestations=said)
    return assess([Look(ASSET, sights)], question, parts(), began=NOW, clock=lambda: NOW)


def of(report: Report, check: str) -> Finding:
    return next(one for one in report.findings if one.check == check)


LOCKS = DriveLocking(device="sda", is_enabled=True, encrypts=True)
RANGES = {"disk-plain": "sedutil-cli --listLockingRanges: range 0 is the whole drive, locked for reading and writing"}


def test_a_drive_that_locks_is_unknown_until_somebody_answers_for_its_ranges() -> None:
    unsaid, said = judged(LOCKS), judged(LOCKS, words=RANGES)
    assert (of(unsaid, "disk-plain").outcome, of(unsaid, "disk-plain").reason) == (Outcome.UNKNOWN, "not_observed")
    assert "a lock of its own" in of(unsaid, "disk-plain").summary
    assert (of(said, "disk-plain").outcome, of(said, "disk-plain").standing) == (Outcome.PASS, Standing.ATTESTED)
    (grade,) = said.asset_grades
    assert grade.letters.measured < Letter.A  # a word is not a look


@pytest.mark.parametrize("drive", [None, DriveLocking(device="sda", is_enabled=False, encrypts=True)])
def test_no_word_heals_a_drive_that_is_seen_to_be_open(drive: DriveLocking | None) -> None:
    report = judged(*([drive] if drive else []), words=RANGES)
    assert of(report, "disk-plain").outcome is Outcome.FAIL


def test_database_tde_never_upgrades_a_plain_disk() -> None:
    """Its logs, temporary files and dumps lie beside it in the clear, and tables that were there before it may, too."""
    tde = "innodb_encrypt_tables=FORCE, default_table_encryption=ON"
    report = judged(words=dict.fromkeys(("disk-plain", "database-plain"), tde))
    assert of(report, "disk-plain").outcome is Outcome.FAIL
    assert of(report, "database-plain").outcome is Outcome.FAIL
    assert report.asset_grades == judged().asset_grades
