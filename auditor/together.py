"""The probes of one asset, two at a time where they allow it: one leads, the others join it one after the other.

What was in doubt for want of being alone (`reach.company`) is thrown away, and asked again when nobody else looks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from auditor.model import Asset, Tier
from auditor.probe import Probe, joins
from auditor.reach import Company as AtOneHost
from auditor.reach import Reach, Side, host_of


class Probes(Protocol):
    """Those that are asked of an asset. They may be loaded only just now: who leads need not wait for the others."""

    def first_for(self, asset: Asset) -> Probe | None:
        """The one that leads, None where none does."""
        ...

    def probes_for(self, asset: Asset) -> tuple[Probe, ...]: ...


class Answered(Protocol):
    """What a probe said. `is_whole`: nothing of it is Unseen."""

    @property
    def is_whole(self) -> bool: ...


A = TypeVar("A", bound=Answered)
Ask = Callable[[Probe, Reach], A]


def ask_together(probes: Probes, asset: Asset, reach: Reach, ask: Ask[A]) -> list[A]:
    """Each probe's answer, in the order of the probes; what each says is what it would say alone.

    Only where no deep tier is asked: its probes time a server, and want all of its budget.
    """
    answers: dict[int, A] = {}
    leader = None if Tier.DEEP in asset.tiers else probes.first_for(asset)
    if leader is not None:
        answers = _side_by_side(leader, lambda: filter(joins, probes.probes_for(asset)), reach, ask)
    every = probes.probes_for(asset)
    if leader is not None and any(id(probe) not in answers for probe in filter(joins, every)):
        reach.pause(host_of(asset.address))  # before what is a retry, and alone now
    return [answers[id(probe)] if id(probe) in answers else ask(probe, reach) for probe in every]


def _side_by_side(leader: Probe, joining: Callable[[], Iterable[Probe]], reach: Reach, ask: Ask[A]) -> dict[int, A]:
    """Answers by the probe's identity; those that are in doubt are not among them. `joining` may have to wait."""
    company, answers = AtOneHost(), dict[int, A]()

    def join() -> None:
        for probe in joining():
            company.joined.begin()
            answer = ask(probe, reach.in_company(company.joined))
            if _is_in_doubt(answer, company.joined):
                reach.forget()
            else:
                answers[id(probe)] = answer

    thread = threading.Thread(target=join, daemon=True)
    thread.start()
    try:
        answers[id(leader)] = ask(leader, reach.in_company(company.leader))
    finally:
        company.leave()
        thread.join()
    return answers


def _is_in_doubt(answer: Answered, side: Side) -> bool:
    return side.is_in_doubt or (side.was_beside and not answer.is_whole)
