"""What a probe does not say, or says before it breaks, is never health; what is seen comes home at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from auditor.engine import Threads
from auditor.errors import Unreachable
from auditor.facts import Declared, Facts
from auditor.journal import Journal
from auditor.model import Asset, Reason, Sensitivity, Tier
from auditor.observe import observe, observe_with
from auditor.plugins import Parts
from auditor.probe import Found, Observation, Probe, Seen, Unseen
from auditor.reach import Access, Reach, Reaches

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ASSET = Asset(id="a", kind="toy", address="toy://a", system="")


@dataclass(frozen=True, slots=True, kw_only=True)
class One(Facts):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Two(Facts):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray(Facts):
    """Facts that the probe does not yield."""


class Toy:
    kind: ClassVar[str] = "toy"
    tier: ClassVar[Tier] = Tier.NIGHTLY
    yields: ClassVar[tuple[type[Facts], ...]] = (One, Two)

    def __init__(self, *script: Observation | Exception) -> None:
        self.script = script

    def observe(self, asset: Asset, reach: Reach) -> Iterable[Observation]:
        for line in self.script:
            if isinstance(line, Exception):
                raise line
            yield line

    def plan(self, asset: Asset) -> Iterable[str]:
        return ()


def said(*script: Observation | Exception) -> list[tuple[str, str, str]]:
    observations = observe_with(Toy(*script), ASSET, Reaches(Access()).of(ASSET))
    return sorted(
        (one.facts_type.__name__, one.locus, one.reason.word)
        if isinstance(one, Unseen)
        else (type(one.facts).__name__, one.locus, "seen")
        for one in observations
        if isinstance(one, (Seen, Unseen))
    )


def test_silence_about_a_type_is_unseen() -> None:
    assert said(Seen(One(observed_at=NOW))) == [("One", "", "seen"), ("Two", "", "not_observed")]


def test_a_crash_blinds_everything_and_keeps_what_was_said() -> None:
    assert said(Seen(One(observed_at=NOW), "x"), RuntimeError("boom")) == [
        ("One", "", "probe_error"),
        ("One", "x", "seen"),
        ("Two", "", "probe_error"),
    ]


def test_an_unreachable_target_keeps_its_reason() -> None:
    assert said(Unreachable(Reason.REFUSED, "a:1")) == [("One", "", "refused"), ("Two", "", "refused")]


def test_a_crash_does_not_repeat_what_a_target_said() -> None:
    observations = observe_with(Toy(RuntimeError("ssn 123-45-6789")), ASSET, Reaches(Access()).of(ASSET))
    assert "123-45-6789" not in repr(observations)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "PASS",
        Declared(observed_at=NOW, sensitivity=Sensitivity.PUBLIC),
        Seen(Stray(observed_at=NOW)),
        Seen(One(observed_at=NOW), locus=7),  # type: ignore[arg-type]
        Unseen(One, "", "refused", ""),  # type: ignore[arg-type]
        Unseen(One, "", Reason.REFUSED, None),  # type: ignore[arg-type]
        Unseen(One, b"x", Reason.REFUSED, ""),  # type: ignore[arg-type]
        Found("https://a.example/"),  # type: ignore[arg-type]
    ],
)
def test_a_probe_that_says_something_else_is_broken_and_harms_nobody(junk: Any) -> None:
    assert said(Seen(One(observed_at=NOW), "x"), junk, Seen(Two(observed_at=NOW))) == [
        ("One", "", "probe_error"),
        ("One", "x", "seen"),
        ("Two", "", "probe_error"),
    ]


# A whole run.


def toys(number: int, host: str = "a") -> tuple[Asset, ...]:
    return tuple(Asset(id=f"t/{n}", kind="toy", address=f"toy://{host}/{n}", system="t") for n in range(number))


def parts(*probes: Probe) -> Parts:
    return Parts((), (), probes, {})


class Slow(Toy):
    """Waits before every asset but the first."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self.begun: list[str] = []

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Observation]:
        self.begun.append(asset.id)
        if len(self.begun) > 1:
            assert self.may_go_on.wait(10)
        yield Seen(One(observed_at=NOW))
        yield Seen(Two(observed_at=NOW))


def test_a_look_comes_home_before_the_next_asset_of_its_host_is_looked_at() -> None:
    """Whoever kills the run now has lost one look at most for each worker."""
    probe = Slow()
    looks = observe(toys(5), parts(probe), Reaches(Access()))
    assert next(looks).asset.id == "t/0"
    assert len(probe.begun) <= 2
    probe.may_go_on.set()
    assert [look.asset.id for look in looks] == ["t/1", "t/2", "t/3", "t/4"]


def test_one_worker_has_a_whole_host() -> None:
    threads: dict[str, set[int]] = {}

    class Polite(Toy):
        def observe(self, asset: Asset, reach: Reach) -> Iterator[Observation]:
            threads.setdefault(asset.address[6], set()).add(threading.get_ident())
            yield from ()

    assets = [asset for host in "abcdefgh" for asset in toys(6, host)]
    looks = list(observe(assets[::2] + assets[1::2], parts(Polite()), Reaches(Access())))
    assert len(looks) == 48
    assert {host: len(seen) for host, seen in threads.items()} == dict.fromkeys("abcdefgh", 1)


def test_whoever_stops_listening_ends_the_looking() -> None:
    probe = Slow()
    looks = observe(toys(50), parts(probe), Reaches(Access()), engine=Threads(1))
    next(looks)
    looks.close()  # type: ignore[attr-defined]
    probe.may_go_on.set()
    threading.Event().wait(0.05)
    assert len(probe.begun) <= 2


def test_a_tier_that_is_left_out_says_so_and_is_not_looked_at() -> None:
    class Never(Toy):
        tier: ClassVar[Tier] = Tier.DEEP

        def observe(self, asset: Asset, reach: Reach) -> Iterator[Observation]:
            raise AssertionError

    asset = Asset(id="a", kind="toy", address="toy://a", system="", tiers=frozenset({Tier.DEEP, Tier.NIGHTLY}))
    (look,) = observe([asset], parts(Never()), Reaches(Access()), tiers=frozenset({Tier.NIGHTLY}))
    assert look.sights == tuple(Unseen(kind, "", Reason.LEFT_OUT, "the deep tier") for kind in (One, Two))


def logged(folder: Path, *probes: Probe, **more: Any) -> tuple[dict[str, Any], str]:
    """The event of one asset, and the whole file."""
    file = folder / "audit.log"
    with Journal(watched=True, file=file):
        list(observe(toys(1), parts(*probes), Reaches(Access()), **more))
    text = file.read_text()
    return json.loads(text.splitlines()[0]), text


def test_the_log_hears_of_every_look(tmp_path: Path) -> None:
    event, _ = logged(tmp_path, Toy(Seen(One(observed_at=NOW), "127.0.0.1:1"), Unseen(Two, "x", Reason.DNS, "y")))
    assert (event["event"], event["asset"], event["again"]) == ("asset-looked-at", "t/0", False)
    assert event["seen"] == [{"facts": "One", "places": 1, "loci": ["127.0.0.1:1"]}]
    assert event["unseen"] == [{"facts": "Two", "reason": "dns", "places": 1, "loci": []}]
    assert 0 <= event["seconds"] < 10


def test_the_log_knows_a_second_look(tmp_path: Path) -> None:
    assert logged(tmp_path, Toy(), again=True)[0]["again"] is True


def test_the_log_tells_which_probe_broke_and_of_what_kind_the_error_is(tmp_path: Path) -> None:
    event, _ = logged(tmp_path, Toy(Seen(One(observed_at=NOW)), RuntimeError("hunter2")))
    assert event["broken"] == {"Toy": "RuntimeError"}


def test_nothing_that_a_target_said_reaches_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = Asset(id="hunter2", kind="toy", address="toy://hunter2", system="")
    _, text = logged(
        tmp_path,
        Toy(Unseen(One, "hunter2", Reason.REFUSED, "hunter2"), Found(found), Unreachable(Reason.RESET, "hunter2")),
        Toy(Seen(One(observed_at=NOW), "/srv/hunter2"), ValueError("hunter2")),
    )
    printed = capsys.readouterr()
    assert "hunter2" not in text + printed.out + printed.err
    assert '"found": 1' in text
