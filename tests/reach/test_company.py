"""Who may open a connection while two probes look at one host, and what of it is in doubt."""

from __future__ import annotations

import threading

import pytest

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.reach.company import Company
from auditor.reach.silence import Chance


def opened(side_may_open: int | None) -> int:
    assert side_may_open is not None
    return side_may_open


def test_nobody_joins_before_the_host_has_answered() -> None:
    company = Company()
    assert company.leader.try_open() is not None
    assert company.joined.try_open() is None
    company.welcome()
    assert company.joined.try_open() is not None


def test_what_overlaps_was_beside_whoever_began() -> None:
    company = Company()
    company.welcome()
    first = opened(company.leader.try_open())
    second = opened(company.joined.try_open())
    assert company.leader.close(first)
    third = opened(company.leader.try_open())
    assert company.joined.close(second)
    assert company.leader.close(third)


def test_what_begins_and_ends_within_another_was_beside_for_both() -> None:
    company = Company()
    company.welcome()
    long = opened(company.leader.try_open())
    assert company.joined.close(opened(company.joined.try_open()))
    assert company.leader.close(long)


def test_one_after_the_other_is_not_beside() -> None:
    company = Company()
    company.welcome()
    for side in (company.leader, company.joined, company.leader):
        assert not side.close(opened(side.try_open()))
    company.joined.doubt()
    assert not company.joined.is_in_doubt


def test_after_a_doubt_the_leader_waits_for_what_is_open_and_is_then_alone() -> None:
    company = Company()
    company.welcome()
    lead, joined = opened(company.leader.try_open()), opened(company.joined.try_open())
    company.leader.close(lead)
    company.leader.part()
    assert company.leader.try_open() is None
    company.joined.close(joined)
    assert company.joined.try_open() is None
    assert not company.leader.close(opened(company.leader.try_open()))
    company.leave()
    assert not company.joined.close(opened(company.joined.try_open()))


def test_a_failure_in_company_is_in_doubt_and_says_nothing_of_the_endpoint() -> None:
    company, chance = Company(), Chance(1.0)
    company.welcome()
    company.leader.try_open()
    with pytest.raises(Unreachable), company.joined.connection(chance):
        raise Unreachable(Reason.RESET, "here")
    assert company.joined.is_in_doubt
    assert chance.was_beside
    assert company.joined.try_open() is None


def test_a_failure_alone_is_not_in_doubt() -> None:
    company, chance = Company(), Chance(1.0)
    company.welcome()
    with pytest.raises(Unreachable), company.joined.connection(chance):
        raise Unreachable(Reason.RESET, "here")
    assert not company.joined.is_in_doubt
    assert not chance.was_beside


def test_the_next_probe_begins_without_a_doubt() -> None:
    company = Company()
    company.welcome()
    lead = opened(company.leader.try_open())
    company.joined.close(opened(company.joined.try_open()))
    company.leader.close(lead)
    company.joined.doubt()
    assert company.joined.is_in_doubt
    company.joined.begin()
    assert not company.joined.is_in_doubt


def test_who_joins_is_let_in_when_the_leader_is_done() -> None:
    company, came = Company(), threading.Event()

    def join() -> None:
        with company.joined.connection(Chance(1.0)):
            came.set()

    thread = threading.Thread(target=join)
    thread.start()
    assert not came.wait(0.05)
    company.leave()
    thread.join(5.0)
    assert came.is_set()
