"""What is loaded in a thread of its own is what is loaded without one, and so is what it refuses."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from auditor import plugins
from auditor.doors import Door, PluginError, doors
from auditor.errors import UsageError
from auditor.loading import Loading
from auditor.model import Asset, Tier
from auditor.probe import leads
from auditor.probes.roots_file import glance_at
from auditor.rig.authority import Authority
from tests.cli.front_door import FrontDoor
from tests.strangers import install

WEB = frozenset({"web"})
SITE = Asset(id="web", kind="web", address="https://www.rig.example/", system="", tiers=frozenset({Tier.NIGHTLY}))
SLOW = """
import pathlib, time
until = time.monotonic() + 10
while not pathlib.Path({go!r}).exists() and time.monotonic() < until:
    time.sleep(0.01)
"""
PROBE = """
from dataclasses import dataclass
from auditor.facts import Facts
from auditor.model import Tier

@dataclass(frozen=True, slots=True, kw_only=True)
class {prefix}Siren(Facts):
    is_loud: bool

class SirenProbe:
    kind, tier, yields = "web", Tier.NIGHTLY, ({prefix}Siren,)
    def observe(self, asset, reach):
        return ()
    def plan(self, asset):
        return ()
"""


def test_it_gives_what_is_loaded_without_a_thread() -> None:
    installed = doors(WEB)
    found, wanted = Loading(WEB, installed).parts(), plugins.load(WEB, installed)
    assert found.checks == wanted.checks
    assert found.derivations == wanted.derivations
    assert [type(probe) for probe in found.probes] == [type(probe) for probe in wanted.probes]


def test_a_part_that_cannot_be_loaded_is_refused_where_the_parts_are_asked_for() -> None:
    with pytest.raises(PluginError, match=r"checks\.nowhere:CHECKS could not be loaded: ModuleNotFoundError"):
        Loading(WEB, broken(doors(WEB))).parts()


def test_who_leads_is_there_before_the_others_and_is_one_of_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    module = install(monkeypatch, tmp_path, SLOW.format(go=str(go)) + PROBE, doors={"auditor.probes": "SirenProbe"})
    loading = Loading(WEB, doors(WEB))
    first = loading.first_for(SITE)
    assert first is not None
    assert leads(first)
    assert loading.is_alive()
    go.touch()
    found = loading.probes_for(SITE)
    assert any(probe is first for probe in found)
    assert any(type(probe).__module__ == module for probe in found)
    assert sorted(type(probe).__name__ for probe in found) == sorted(
        type(probe).__name__ for probe in loading.parts().probes_for(SITE)
    )


@pytest.mark.parametrize(
    ("kind", "tiers", "leader"),
    [("web", {Tier.NIGHTLY}, True), ("web", {Tier.ONLINE}, False), ("tls", {Tier.NIGHTLY}, False)],
)
def test_who_leads_is_asked_of_its_own_kind_and_tier_alone(kind: str, tiers: set[Tier], leader: bool) -> None:
    asset = replace(SITE, kind=kind, tiers=frozenset(tiers))
    kinds = frozenset({"web", kind})
    loading = Loading(kinds, doors(kinds))
    assert (loading.first_for(asset) is not None) is leader
    wanted = [type(probe) for probe in loading.parts().probes_for(asset)]
    assert [type(probe) for probe in loading.probes_for(asset)] == wanted


def test_where_a_probe_cannot_be_loaded_nobody_waits_for_it_and_it_is_refused() -> None:
    loading = Loading(WEB, broken(doors(WEB), "auditor.probes", "auditor.probes.web:WebProbe"))
    assert [leads(probe) for probe in loading.probes_for(SITE)] == [True]
    with pytest.raises(PluginError, match=r"checks\.nowhere:CHECKS could not be loaded"):
        loading.parts()


def test_where_the_probe_that_leads_cannot_be_loaded_nobody_begins() -> None:
    installed = doors(WEB)
    (first,) = (door for door in installed if door.value == "auditor.probes.tls:TlsProbe")
    other = replace(first, origin=replace(first.origin, name="city-sirens"), distribution=_Nobody())
    with pytest.raises(PluginError, match="does not belong"):
        Loading(WEB, [other if door is first else door for door in installed])


def test_roots_that_openssl_takes_and_the_strict_reader_does_not_are_refused_when_it_has_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = odd_root(tmp_path / "odd.pem")
    glance_at(odd)
    with pytest.raises(UsageError, match="holds no CA certificate"):
        Loading(WEB, doors(WEB), odd).parts()
    left = FrontDoor(monkeypatch, capsys)("check", "https://127.0.0.1:9/", f"--ca-file={odd}")
    assert (left.code, left.out) == (2, "")
    assert "holds no CA certificate" in left.err


@pytest.mark.parametrize("content", [b"", b"words", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_other_roots_that_cannot_be_used_are_refused_at_a_glance(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roots.pem").write_bytes(content)
    for path in (tmp_path / "roots.pem", tmp_path / "nowhere", tmp_path):
        with pytest.raises(UsageError):
            glance_at(path)


def test_good_roots_pass_at_a_glance(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_bytes(Authority.root().pem * 2)
    glance_at(tmp_path / "roots.pem")


def odd_root(path: Path) -> Path:
    """With a version that X.509 does not have, 4."""
    der = ssl.PEM_cert_to_DER_cert(Authority.root().pem.decode("ascii"))
    version = b"\xa0\x03\x02\x01"
    path.write_text(ssl.DER_cert_to_PEM_cert(der.replace(version + b"\x02", version + b"\x03", 1)))
    return path


def broken(
    installed: Sequence[Door], group: str = "auditor.checks", value: str = "checks.web:CHECKS"
) -> tuple[Door, ...]:
    """One of the parts is not there."""
    return tuple(
        replace(door, value="checks.nowhere:CHECKS") if (door.group, door.value) == (group, value) else door
        for door in installed
    )


class _Nobody:
    """A distribution that holds nothing."""

    def read_text(self, _: str, /) -> None:
        return None

    def locate_file(self, path: str, /) -> object:
        return Path("/nowhere", path)
