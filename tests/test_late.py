"""What reads certificates is loaded where certificates are looked at, and nowhere else."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import certifi
import pytest

from auditor import plugins
from auditor.doors import PluginError
from auditor.facts import Facts
from auditor.model import Asset, Tier
from auditor.probe import Probe, late_of
from auditor.reach import Reach

PROBES = plugins.load().probes
LATE = re.compile(r"from (auditor\.probes\.\w+) import \w+  # noqa: PLC0415 - brings what reads certificates")
HEAVY = ("cryptography.x509", "OpenSSL", "auditor.probes.trust_store")
INVENTORY = """
schema: inventory/v1
organisation: {id: elm, name: Elm, timezone: UTC}
departments: [{id: it, name: Computing}]
systems:
  - {id: s, name: S, department: it, owner: it, assets: [{id: b, kind: bucket, name: elm-uploads}]}
"""


def loaded_by(code: str, *words: str) -> str:
    """Which of what takes long is loaded once `code` has run, in a process of its own."""
    tell = f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    words = (sys.executable, "-c", f"import sys\n{code}\n{tell}", *words)
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


def test_knowing_all_parts_loads_nothing_of_it() -> None:
    assert loaded_by("from auditor import plugins; plugins.load()").split() == []


def test_whoever_will_look_can_load_it_before() -> None:
    code = "from auditor import plugins; plugins.load_late(plugins.load().probes)"
    assert loaded_by(code).split() == list(HEAVY)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: type(probe).__name__)
def test_a_probe_tells_what_it_loads_when_it_looks(probe: Probe) -> None:
    source = Path(str(sys.modules[type(probe).__module__].__file__)).read_text(encoding="utf-8")
    found = set(LATE.findall(source))
    assert set(late_of(probe)) <= found
    alike = [one for one in PROBES if type(one).__module__ == type(probe).__module__]
    assert found == {name for one in alike for name in late_of(one)}


def test_a_run_without_certificates_loads_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "roots.pem").write_text(Path(certifi.where()).read_text(encoding="utf-8"))
    words = ["run", str(tmp_path / "inventory.yaml"), "-q", "--exit-zero", "--endpoint-url", "http://127.0.0.1:1"]
    words += ["--out", str(tmp_path), "--store", str(tmp_path / "store.db"), "--ca-file", str(tmp_path / "roots.pem")]
    code = "from auditor.cli import main\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    assert loaded_by(code, *words).splitlines()[-1].split() == []


class Unfit:
    """A probe of which a part is missing."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = ()
    late: ClassVar[tuple[str, ...]] = ("auditor.probes.nowhere_look",)

    def observe(self, asset: Asset, reach: Reach) -> Iterable[object]:
        return ()

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


def test_what_cannot_be_loaded_late_is_refused_by_name() -> None:
    probe: object = Unfit()
    with pytest.raises(PluginError, match=r"Unfit: auditor\.probes\.nowhere_look could not be loaded: ModuleNotFound"):
        plugins.load_late([probe])  # type: ignore[list-item]
