"""A town with one good web service, and the command line that audits it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.rig.authority import Authority
from auditor.rig.listener import Listener
from auditor.rig.web import Site, WebListener, server_context, web_listener
from tests.cli.front_door import Left

INVENTORY = """\
schema: inventory/v1
organisation: {id: elm, name: Town of Elm, timezone: Europe/Paris}
scope:
  dns_suffixes: [elm.example]
  aws_accounts: ["123456789012"]
  exclude:
    - {match: plant.elm.example, reason: control system, approved_by: CIO, expires: 2030-01-01}
data_classes:
  open: {tier: public}
  contact: {tier: confidential}
departments:
  - {id: it, name: Computing}
systems:
  - id: site
    name: Town site
    department: it
    owner: web team
    data_classes: [open]
    assets:
      - {id: www, kind: web, url: "https://www.elm.example/"}
  - id: desk
    name: Help desk
    department: it
    owner: web team
    data_classes: [contact]
    assets:
      - {id: form, kind: web, url: "https://desk.elm.example/", tiers: [nightly, online]}
"""


@dataclass(frozen=True)
class Town:
    """www (nothing to find fault with but what is not asked) and desk (no HSTS), and a trap where nobody may go."""

    folder: Path
    www: WebListener
    desk: WebListener
    trap: Listener
    root: Authority

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yaml"

    @property
    def connections(self) -> int:
        return self.www.connections + self.desk.connections

    def map(self, name: str, port: int) -> None:
        """Let a name lead to a port of this machine from now on."""
        with (self.folder / "connect-to").open("a") as file:
            file.write(f"{name} 127.0.0.1:{port}\n")

    def write(self, *edits: tuple[str, str], more: str = "") -> None:
        text = INVENTORY + more
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        self.inventory.write_text(text)

    def words(self, *words: str) -> tuple[str, ...]:
        """The command line."""
        folder = self.folder
        files = (f"--connect-to={folder / 'connect-to'}", f"--ca-file={folder / 'roots.pem'}")
        return ("run", str(self.inventory), f"--out={folder / 'out'}", *files, *words)

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "out" / "report.json").read_text())
        return document

    def everything(self, left: Left) -> str:
        """All that was printed and written."""
        return left.out + left.err + "".join(path.read_text() for path in (self.folder / "out").iterdir())


def drop(connection: object, number: int) -> None:
    """The trap: takes a connection, counts it, and says nothing."""


@pytest.fixture(name="town")
def the_town(tmp_path: Path) -> Iterator[Town]:
    root = Authority.root("Elm Root")
    (tmp_path / "roots.pem").write_bytes(root.pem)
    with ExitStack() as stack:

        def https(name: str, site: Site) -> WebListener:
            context = server_context(root.leaf(name).write(tmp_path / f"{name}.pem"))
            return stack.enter_context(web_listener(site, context))

        www = https("www.elm.example", Site(hsts="max-age=31536000"))
        desk = https("desk.elm.example", Site())
        away = Site(redirects={"*": (301, "https://www.elm.example/")})
        plain = stack.enter_context(web_listener(away))
        made = Town(tmp_path, www, desk, stack.enter_context(Listener(drop)), root)
        for name, port in {
            "www.elm.example:443": www.port,
            "www.elm.example:80": plain.port,
            "desk.elm.example:443": desk.port,
            "desk.elm.example:80": plain.port,
        }.items():
            made.map(name, port)
        made.write()
        yield made
