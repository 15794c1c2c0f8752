"""Web services that are simulated from what was really seen of one: the same facts, each time with other values.

`record` looks at a listener of the rig with the real probes; `SimulatedWeb` is a probe that gives those facts back for
any asset, made afresh part by part, so that no two assets share a text that two real ones would not share.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from auditor.codec import decode, encode
from auditor.facts.certificates import CertificateSeen
from auditor.model import Asset, Reason, Sensitivity, System, Tier
from auditor.observe import Looking
from auditor.plugins import Parts
from auditor.probe import Seen, Unseen
from auditor.reach import Access, Reach, Reaches, Target
from auditor.rig.authority import Authority
from auditor.rig.web import Site, server_context, web_listener

HOST = "template.example"
YEAR_S = 31_536_000
ASSETS_PER_SYSTEM = 4


def record(parts: Parts) -> tuple[Seen, ...]:
    """Look at a modern host of the rig with every nightly web probe. Raises RuntimeError unless all of it was seen."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Authority.root()
        roots = Path(folder, "roots.pem")
        roots.write_bytes(root.pem)
        context = server_context(root.intermediate().leaf(HOST).write(Path(folder, "leaf.pem")))
        https = stack.enter_context(web_listener(Site(hsts=f"max-age={YEAR_S}"), context))
        http = stack.enter_context(web_listener(Site(redirects={"*": (301, f"https://{HOST}/")})))
        ports = {443: https.port, 80: http.port}
        places = {(HOST, asked): (Target("127.0.0.1", port),) for asked, port in ports.items()}
        looking = Looking(parts, Reaches(Access(connect_to=places, ca_file=roots)), frozenset(Tier))
        sights = looking.asset(Asset(id="t", kind="web", address=f"https://{HOST}/", system="t")).sights
    seen = tuple(sight for sight in sights if isinstance(sight, Seen))
    if len(seen) != len(sights):
        raise RuntimeError(f"the rig was not seen whole: {[one for one in sights if isinstance(one, Unseen)]}")
    return seen


class SimulatedWeb:
    """A probe of kind "web". Every fourth host switches HSTS off, every tenth cannot be seen."""

    kind: ClassVar[str] = "web"
    tier: ClassVar[Tier] = Tier.NIGHTLY

    def __init__(self, template: tuple[Seen, ...]) -> None:
        self.yields = tuple(dict.fromkeys(type(seen.facts) for seen in template))
        # As they come home from a store, and as every run loads what reads files: pydantic.
        self._rows = tuple((decode(encode(seen.facts), self.yields), seen.locus) for seen in template)
        (certificate,) = (seen.facts for seen in template if isinstance(seen.facts, CertificateSeen))
        self._sha256 = certificate.leaf.sha256

    def observe(self, asset: Asset, reach: Reach) -> Iterator[Seen | Unseen]:
        number = int(asset.id.rpartition("-")[2])
        if number % 10 == 9:
            yield from (Unseen(kind, "", Reason.TIMEOUT, f"{asset.address} from here") for kind in self.yields)
            return
        host = urlsplit(asset.address).hostname or ""
        changes: list[tuple[object, object]] = [(HOST, host), (self._sha256, hashlib.sha256(host.encode()).hexdigest())]
        if number % 4 == 3:
            changes += [(f"max-age={YEAR_S}", "max-age=0"), (YEAR_S, 0)]
        for facts, locus in self._rows:
            yield Seen(replace(_another(facts, changes), observed_at=reach.now()), _another_place(locus, number))

    def plan(self, asset: Asset) -> Iterable[str]:
        yield f"nothing of {asset.address}"


def _another(value: Any, changes: Sequence[tuple[Any, Any]]) -> Any:
    """The same value, made anew from its parts, with texts and numbers changed."""
    if isinstance(value, (tuple, frozenset)):
        return type(value)(_another(part, changes) for part in value)
    if is_dataclass(value):
        return type(value)(**{field.name: _another(getattr(value, field.name), changes) for field in fields(value)})
    if isinstance(value, Enum):
        return value
    for before, after in changes:
        if isinstance(value, str) and isinstance(before, str):
            value = value.replace(before, after)
        elif value == before:
            value = after
    return value


def city(assets: int) -> tuple[tuple[System, ...], tuple[Asset, ...]]:
    """So many web services, four to a system."""
    systems = tuple(
        System(
            id=f"system-{number}",
            name=f"System {number}",
            department=f"department-{number % 12}",
            owner="bench",
            sensitivity=(Sensitivity.PUBLIC, Sensitivity.CONFIDENTIAL)[number % 2],
        )
        for number in range(-(-assets // ASSETS_PER_SYSTEM))
    )
    services = tuple(
        Asset(
            id=f"web-{number}",
            kind="web",
            address=f"https://service-{number}.city.example/",
            system=systems[number // ASSETS_PER_SYSTEM].id,
        )
        for number in range(assets)
    )
    return systems, services


def _another_place(locus: str, number: int) -> str:
    """The same port at an address of its own (RFC 5737 and its neighbours: nobody connects)."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}:{locus.rpartition(':')[2]}" if locus else ""
