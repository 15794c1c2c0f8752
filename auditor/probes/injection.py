"""Sends a harmless command in one piece with STARTTLS, and hears whether it is answered inside TLS. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from auditor.facts.base import Facts
from auditor.facts.starttls import Spoken, StartTlsInjection
from auditor.late import one_at_a_time
from auditor.model import Asset, Tier
from auditor.probe import Seen, Unseen
from auditor.probes.port import Port
from auditor.reach import Reach

PLAN = (
    "5 connections up to TLS, on two of them NOOP in one piece with STARTTLS (intrusion detection may report these);"
    " inside one command and a farewell"
)
SPOKEN = frozenset({Spoken.SMTP, Spoken.IMAP, Spoken.POP3})  # what has words for it


class InjectionProbe:
    """A port to which people and programs of the city come."""

    kind: ClassVar[str] = "tls"
    tier: ClassVar[Tier] = Tier.DEEP
    yields: ClassVar[tuple[type[Facts], ...]] = (StartTlsInjection,)
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.injection_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Seen | Unseen]:
        return _observe(asset, reach)

    def plan(self, asset: Asset) -> Iterable[str]:
        return _plan(asset)


class MxInjectionProbe(InjectionProbe):
    """The same of a mail exchanger."""

    kind: ClassVar[str] = "mx"


def _plan(asset: Asset) -> Iterator[str]:
    port = Port.of(asset.address)
    if port.spoken in SPOKEN:
        yield f"tcp {port.host}:{port.port} {PLAN}, at each address; no login, no mail"


def _observe(asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
    """Raises Unreachable when the name leads nowhere we may go."""
    with one_at_a_time():
        from auditor.probes.injection_look import look  # noqa: PLC0415 - brings what reads certificates

    port = Port.of(asset.address)
    for endpoint in reach.endpoints(port.host, port.port):
        yield look(reach, port.spoken, endpoint)
