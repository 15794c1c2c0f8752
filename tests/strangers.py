"""Distributions of strangers, installed into a folder on the path: real metadata, real modules, no pip."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

import pytest

COUNTER = itertools.count()

FACTS = """
from dataclasses import dataclass
from typing import ClassVar
from auditor.check import HIGH, check, failed, passed
from auditor.derive import derive, derive_from_all, Placed
from auditor.facts import Facts
from auditor.model import Tier
from auditor.probe import Seen

@dataclass(frozen=True, slots=True, kw_only=True)
class {prefix}Siren(Facts):
    is_loud: bool

@dataclass(frozen=True, slots=True, kw_only=True)
class {prefix}Quiet(Facts):
    is_quiet: bool

class SirenProbe:
    kind: ClassVar = "siren"
    tier: ClassVar = Tier.NIGHTLY
    yields: ClassVar = ({prefix}Siren,)
    def observe(self, asset, reach):
        yield Seen({prefix}Siren(observed_at=reach.now(), is_loud=asset.address.endswith("loud")))
    def plan(self, asset):
        yield f"siren {{asset.address}}"

@derive(reads=({prefix}Siren,), yields={prefix}Quiet)
def quiet(siren):
    return {prefix}Quiet(observed_at=siren.observed_at, is_quiet=not siren.is_loud)

@check("siren-quiet", reads={prefix}Quiet, severity=HIGH, effort=1, controls=("City code 7",))
def siren_quiet(facts):
    '''The siren cannot be heard.

    Why: people need to hear it.
    Fix: turn it up.
    '''
    return failed("quiet") if facts.is_quiet else passed("loud")
"""

DOORS = {"auditor.probes": "SirenProbe", "auditor.derivations": "DERIVATIONS", "auditor.checks": "CHECKS"}
GOOD = FACTS + "\nDERIVATIONS = (quiet,)\nCHECKS = (siren_quiet,)\n"


def install(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    code: str = GOOD,
    *,
    name: str = "city-sirens",
    doors: dict[str, str] | None = None,
    owned: bool = True,
) -> str:
    """Install a distribution `name` 1.2 with one module. Returns the module's name.

    `doors`: entry point group → attribute. `owned=False`: the metadata does not list the module's file.
    """
    module = f"stranger_{next(COUNTER)}"
    root = folder / module
    root.mkdir()
    source = (
        textwrap.dedent(code).replace("{prefix}", module.title().replace("_", "")).replace("{{", "{").replace("}}", "}")
    )
    (root / f"{module}.py").write_text(source, encoding="utf-8")
    info = root / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
    lines = [f"[{group}]\nsirens = {module}:{attribute}\n" for group, attribute in (doors or DOORS).items()]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    (info / "RECORD").write_text(f"{module}.py,,\n" if owned else "other.py,,\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(root))
    return module
