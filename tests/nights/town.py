"""A town of real servers on loopback that can be mended, broken and turned off between nights."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from auditor.rig.authority import Authority
from auditor.rig.hybrid_tls import HybridTls
from auditor.rig.listener import Listener
from auditor.rig.replies import Hang
from auditor.rig.ssh_replay import SshServer, replaying, write_identity
from auditor.rig.web import Site, web_listener

YEAR = "max-age=31536000"
GOOD = Site(hsts=YEAR)
PLAIN_PORT, HTTPS_PORT, SSH_PORT = 80, 443, 22


@dataclass
class Turns:
    """Two backends behind one name: each request is answered by the next one, in turn."""

    sites: tuple[Site, ...]
    asked: int = 0

    def __call__(self, connection: socket.socket) -> None:
        site = self.sites[self.asked % len(self.sites)]
        self.asked += 1
        connection.sendall(site.answer("/"))


@dataclass
class Town:
    """Names, what listens behind them, and the files that lead a run there."""

    folder: Path
    root: Authority = field(default_factory=lambda: Authority.root("Oak Root"))
    _stacks: dict[str, ExitStack] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)
    _listeners: dict[str, list[Listener]] = field(default_factory=dict)
    _contexts: dict[str, HybridTls] = field(default_factory=dict)
    _host_keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "roots.pem").write_bytes(self.root.pem)
        self._authorized = write_identity(self.folder / "identity")
        self._write()

    @property
    def options(self) -> tuple[str, ...]:
        """Of the command line."""
        folder = self.folder
        return (
            f"--connect-to={folder / 'connect-to'}",
            f"--ca-file={folder / 'roots.pem'}",
            f"--known-hosts={folder / 'known_hosts'}",
            f"--identity-file={folder / 'identity'}",
        )

    def web(self, host: str, site: Site) -> None:
        """From now on `host` answers so over HTTPS, and leads there over HTTP."""
        stack = self._anew(host)
        away = Site(redirects={"*": (301, f"https://{host}/")})
        https = stack.enter_context(web_listener(site, self._context(host)))
        http = stack.enter_context(web_listener(away))
        self._put(host, {HTTPS_PORT: https.listener, PLAIN_PORT: http.listener})

    def hang(self, host: str) -> None:
        """From now on `host` takes connections and says nothing."""
        stack = self._anew(host)
        silent = stack.enter_context(Listener(lambda connection, _: Hang().play(connection)))
        self._put(host, {HTTPS_PORT: silent, PLAIN_PORT: silent})

    def server(self, host: str, recording: str) -> None:
        """From now on `host` answers over SSH as a real server did once."""
        server = self._anew(host).enter_context(SshServer(replaying(recording), authorized=self._authorized))
        self._host_keys = [line for line in self._host_keys if not line.startswith(f"{host} ")]
        self._host_keys.append(f"{host} {server.host_key}")
        self._put(host, {})
        self._places[f"{host}:{SSH_PORT}"] = server.port
        self._write()

    def off(self, host: str) -> None:
        """From now on every port of `host` refuses."""
        taken = self._anew(host).enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))  # nobody else can listen there
        port: int = taken.getsockname()[1]
        self._put(host, {})
        self._places |= {f"{host}:{number}": port for number in (HTTPS_PORT, PLAIN_PORT, SSH_PORT)}
        self._write()

    def connections(self, host: str) -> int:
        """So many came since it was last changed."""
        return sum(listener.connections for listener in self._listeners[host])

    def close(self) -> None:
        for stack in self._stacks.values():
            stack.close()

    def _anew(self, host: str) -> ExitStack:
        if host in self._stacks:
            self._stacks[host].close()
        self._stacks[host] = ExitStack()
        return self._stacks[host]

    def _context(self, host: str) -> HybridTls:
        """One certificate per host: a server that changes its mind does not change its name."""
        if host not in self._contexts:
            self._contexts[host] = HybridTls(self.root.leaf(host).write(self.folder / f"{host}.pem"))
        return self._contexts[host]

    def _put(self, host: str, listeners: dict[int, Listener]) -> None:
        self._listeners[host] = list(listeners.values())
        self._places |= {f"{host}:{port}": listener.port for port, listener in listeners.items()}
        self._write()

    def _write(self) -> None:
        lines = "".join(f"{name} 127.0.0.1:{port}\n" for name, port in self._places.items())
        (self.folder / "connect-to").write_text(lines)
        (self.folder / "known_hosts").write_text("".join(f"{line}\n" for line in self._host_keys))


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    made = Town(folder)
    try:
        yield made
    finally:
        made.close()
