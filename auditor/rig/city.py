"""Plays the example city on loopback: web, mail, SSH and S3 servers on free ports, and the files that lead to them.

Nothing here needs root, and nothing listens but on 127.0.0.1 and, for a name of two machines, on 127.0.0.2.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from ssl import SSLContext, TLSVersion

from auditor.rig import aws, fernwick, s3
from auditor.rig.authority import Authority, Issued, rsa_key, self_signed
from auditor.rig.faults import FaultProxy, after
from auditor.rig.fernwick import Paper, WebSite
from auditor.rig.hybrid_tls import HybridTls
from auditor.rig.mailbox import mailbox_listener
from auditor.rig.name_server import name_server
from auditor.rig.old_version import beside_ssl2
from auditor.rig.replies import Close
from auditor.rig.ssh_replay import SshServer, replaying, write_identity
from auditor.rig.web import Site, server_context, web_listener

LOOPBACK, SECOND_MACHINE = "127.0.0.1", "127.0.0.2"
ISSUERS_HOST = "issuers.fernwick.example"


@dataclass(frozen=True, slots=True)
class City:
    """A running city: what `auditor run` has to be told to find it."""

    connect_to: Path
    ca_file: Path
    known_hosts: Path
    identity_file: Path
    name_server: int  # its port

    @property
    def options(self) -> tuple[str, ...]:
        """Command-line options."""
        return (
            f"--connect-to={self.connect_to}",
            f"--ca-file={self.ca_file}",
            f"--known-hosts={self.known_hosts}",
            f"--identity-file={self.identity_file}",
            f"--nameserver={LOOPBACK}:{self.name_server}",
        )

    @property
    def environment(self) -> dict[str, str]:
        """The credentials of the embedded cloud; they open nothing else."""
        return {
            "AWS_ACCESS_KEY_ID": s3.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": s3.SECRET_KEY,
            "AWS_DEFAULT_REGION": fernwick.CLOUD_REGION,
        }


@contextmanager
def city(folder: Path) -> Iterator[City]:
    """Serve the city until the end of the block. `folder`: an empty folder for keys, certificates and the files."""
    with ExitStack() as stack:
        builder = Builder(folder, stack)
        for name, site in fernwick.WEB.items():
            builder.web(name, site)
        for name, takes_passwords in fernwick.MAILBOXES.items():
            builder.mailboxes(name, takes_passwords=takes_passwords)
        for name, recording in fernwick.SERVERS.items():
            builder.server(name, recording)
        builder.cloud(stack.enter_context(s3.s3_server(fernwick.BUCKETS)))
        yield builder.finish(stack.enter_context(name_server(fernwick.ALIASES)))


class Builder:
    """Starts one listener after the other and notes where it listens."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._root = Authority.root("Fernwick Demonstration Root")
        self._identity = folder / "identity"
        self._authorized = write_identity(self._identity)
        self._places: list[str] = []
        self._host_keys: list[str] = []
        self._issuer = self._root.intermediate("Fernwick Demonstration Issuer")
        self._shared_key = rsa_key()
        self._publish_issuer()

    def web(self, name: str, site: WebSite) -> None:
        """The HTTPS listener of `name` (HOST:PORT), and the plain one at port 80 of the same host."""
        host, _, _ = name.rpartition(":")
        self._place(name, self._https(host, site) if site.https else self._closed_port())
        self._place(f"{host}:80", self._plain_http(host, site))
        if site.forgotten:
            second = replace(site, oldest=site.forgotten)
            self._place(name, self._https(host, second, SECOND_MACHINE), SECOND_MACHINE)
            self._place(f"{host}:80", self._plain_http(host, second, SECOND_MACHINE), SECOND_MACHINE)

    def mailboxes(self, name: str, *, takes_passwords: bool) -> None:
        """The IMAP port of `name` (HOST:PORT)."""
        host, _, _ = name.rpartition(":")
        paper = self._certificate(host, Paper.GOOD).write(self._folder / f"{host}.pem")
        listening = mailbox_listener(HybridTls(paper), takes_passwords=takes_passwords)
        self._place(name, self._stack.enter_context(listening).port)

    def server(self, name: str, recording: str | None) -> None:
        """An SSH server that replays `recording`; None: a closed port."""
        if recording is None:
            self._place(name, self._closed_port())
            return
        server = self._stack.enter_context(SshServer(replaying(recording), authorized=self._authorized))
        host, _, port = name.rpartition(":")
        self._place(name, server.port)
        self._host_keys.append(f"{host if port == '22' else f'[{host}]:{port}'} {server.host_key}")

    def cloud(self, storage: str) -> None:
        """AWS, by the names that its SDK asks for. `storage`: the S3 server that holds the buckets."""
        asked = ("s3", "sts", "kms", "ec2", "rds", "s3tables", "s3express-control", "organizations")
        services = [f"{service}.{fernwick.CLOUD_REGION}.amazonaws.com" for service in asked]
        services.append("organizations.us-east-1.amazonaws.com")
        control = [f"{fernwick.ACCOUNT}.s3-control.{at}.amazonaws.com" for at in (fernwick.CLOUD_REGION, "us-west-2")]
        buckets = [f"{name}.s3.{fernwick.CLOUD_REGION}.amazonaws.com" for name in fernwick.BUCKET_NAMES]
        names = (*services, *control, *buckets)
        paper = self._issuer.leaf(*names).write(self._folder / "cloud.pem")
        running = self._stack.enter_context(aws.cloud(fernwick.CLOUD, server_context(paper), storage))
        for name in names:
            self._place(f"{name}:443", running.port)

    def finish(self, name_server_port: int) -> City:
        """Write the files and say where everything is."""
        return City(
            connect_to=self._write("connect-to", "".join(f"{line}\n" for line in self._places)),
            ca_file=self._write("roots.pem", self._root.pem.decode("ascii")),
            known_hosts=self._write("known_hosts", "".join(f"{line}\n" for line in self._host_keys)),
            identity_file=self._identity,
            name_server=name_server_port,
        )

    def _https(self, host: str, site: WebSite, address: str = LOOPBACK) -> int:
        paper = self._certificate(host, site.paper).write(self._folder / f"{host}-{address}.pem")
        listener = self._stack.enter_context(web_listener(Site(hsts=site.hsts), _tls(paper, site), address=address))
        if site.speaks_ssl2:
            return self._stack.enter_context(beside_ssl2((LOOPBACK, listener.port))).port
        if site.serves is None:
            return listener.port
        proxy = FaultProxy((LOOPBACK, listener.port), after(site.serves, Close()))
        return self._stack.enter_context(proxy).port

    def _plain_http(self, host: str, site: WebSite, address: str = LOOPBACK) -> int:
        if site.plain_http == "closed":
            return self._closed_port()
        redirects = {"*": (301, f"https://{host}/")} if site.plain_http == "redirect" else {}
        return self._stack.enter_context(web_listener(Site(redirects=redirects), address=address)).port

    def _certificate(self, host: str, paper: Paper) -> Issued:
        if paper is Paper.SELF_SIGNED:
            return self_signed(host)
        if paper is Paper.EXPIRED:
            return self._issuer.leaf(host, not_after=fernwick.expired_at())
        if paper is Paper.INCOMPLETE:
            return self._issuer.leaf(host, issuer_url=f"http://{ISSUERS_HOST}/issuer.der").without_chain()
        if paper is Paper.NEARLY_OVER:
            first, last = fernwick.nearly_over()
            return self._issuer.leaf(host, not_before=first, not_after=last, key=rsa_key())
        if paper is Paper.SHARED_KEY:
            return self._issuer.leaf(host, key=self._shared_key)
        return self._issuer.leaf(f"old-{host}" if paper is Paper.OTHER_NAME else host)

    def _publish_issuer(self) -> None:
        """The authority's public repository, from which a missing issuer can be fetched."""
        listener = self._stack.enter_context(web_listener(Site(body=self._issuer.issued.der)))
        self._place(f"{ISSUERS_HOST}:80", listener.port)

    def _closed_port(self) -> int:
        """A port that refuses connections until the city stops: taken, so that nobody else can listen there."""
        taken = self._stack.enter_context(socket.socket())
        taken.bind((LOOPBACK, 0))
        port: int = taken.getsockname()[1]
        return port

    def _place(self, name: str, port: int, address: str = LOOPBACK) -> None:
        self._places.append(f"{name} {address}:{port}")

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return path


def _tls(paper: Path, site: WebSite) -> SSLContext | HybridTls:
    """As good as it gets, where the site asks for nothing else."""
    if (site.oldest, site.newest, site.ciphers) == (TLSVersion.TLSv1_2, TLSVersion.TLSv1_3, ""):
        return HybridTls(paper)
    return server_context(paper, oldest=site.oldest, newest=site.newest, ciphers=site.ciphers)
