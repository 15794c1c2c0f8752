"""The program is loaded in a thread of its own, while somebody looks: first the other probes, then what judges.

Whoever begins this has loaded the probe that leads. Libraries are loaded by one thread at a time (`late`); what judges
is the program's own, and knows no circles.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from auditor import plugins
from auditor.doors import PROBES, Door, PluginError
from auditor.errors import UsageError
from auditor.late import one_at_a_time
from auditor.model import Asset
from auditor.probe import Probe, late_of, leads

FIRST = frozenset({"auditor.probes.tls:TlsProbe"})  # what leads; and needs none of the libraries that take long


class Loading(threading.Thread):
    """What can be asked of assets of these kinds. Begins at once. An interrupted program does not wait for it."""

    def __init__(self, kinds: frozenset[str], installed: Sequence[Door], ca_file: Path | None = None) -> None:
        """`ca_file`: the operator's roots, to be read. Raises PluginError for what begins, and cannot be loaded."""
        super().__init__(daemon=True)
        self._ca_file = ca_file
        self._kinds = kinds
        self._installed = installed
        begins = [door for door in installed if door.group == PROBES and door.value in FIRST]
        self._first = plugins.load_probes(begins).probes
        self._probes = self._first
        self._has_probes = threading.Event()
        self._made: list[plugins.Parts] = []
        self.start()

    def first_for(self, asset: Asset) -> Probe | None:
        """The probe that leads, as soon as it is there; None where the asset has none."""
        at_once = (probe for probe in self._first if probe.kind == asset.kind and probe.tier in asset.tiers)
        return next(filter(leads, at_once), None) or next(filter(leads, self.probes_for(asset)), None)

    def probes_for(self, asset: Asset) -> tuple[Probe, ...]:
        """Wait for all that are asked of an asset. Those that cannot be loaded are left out: `parts` says so."""
        self._has_probes.wait()
        return tuple(probe for probe in self._probes if probe.kind == asset.kind and probe.tier in asset.tiers)

    def parts(self) -> plugins.Parts:
        """Wait for them all. Raises PluginError, and UsageError for roots that cannot be used."""
        self.join()
        return self._made[0] if self._made else self._load_all()

    def run(self) -> None:
        with suppress(PluginError, UsageError):  # `parts` says it to whoever waits
            with one_at_a_time():
                self._load_probes()
                self._load_what_asks()
            self._made.append(self._load_all())

    def _load_all(self) -> plugins.Parts:
        from auditor import pipeline  # noqa: F401, PLC0415 - needed next, and loaded here

        plugins.load_late(self._probes)
        if self._ca_file and any(map(late_of, self._probes)):
            from auditor.probes.trust_store import trust_store  # noqa: PLC0415 - loads what takes long

            trust_store(self._ca_file)
        return plugins.load(self._kinds, self._installed)

    def _load_probes(self) -> None:
        try:
            begun = {type(probe): probe for probe in self._first}
            loaded = plugins.load_probes(self._installed).probes
            self._probes = tuple(begun.get(type(probe), probe) for probe in loaded)
        finally:
            self._has_probes.set()

    def _load_what_asks(self) -> None:
        """What the probes need when they look, and those of a web service next: it takes longer to load than they."""
        plugins.load_late(self._probes)
        if "web" in self._kinds:
            from auditor.reach import load_http  # noqa: PLC0415

            load_http()
