"""A town that is a trap: its inventory, its servers on loopback, and all that a careless administrator has around."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from auditor.rig.authority import Authority
from auditor.rig.hostile_s3 import HostileS3, hostile_s3
from auditor.rig.listener import Listener
from auditor.rig.ssh_replay import SshServer, write_identity
from auditor.rig.web import Site, WebListener, server_context, web_listener
from tests.secret_marks import secret
from tests.secret_servers import Talkative, bucket_answers, drop, pages, papers, shell, speak_oddly

ROOT = Path(__file__).parents[1]
INVENTORY = """\
schema: inventory/v1
organisation: {id: trap, name: Town of Trap, timezone: Europe/Paris}
scope:
  dns_suffixes: [trap.example]
  aws_accounts: ["123456789012"]
data_classes:
  contact: {tier: confidential}
departments:
  - {id: it, name: Computing}
systems:
  - id: site
    name: Town site
    department: it
    owner: web team
    data_classes: [contact]
    assets:
      - {id: www, kind: web, url: "https://www.trap.example/", tiers: [nightly, online]}
      - {id: forms, kind: web, url: "https://forms.trap.example/", tiers: [nightly, online]}
      - {id: old, kind: web, url: "https://old.trap.example/", tiers: [nightly, online]}
      - {id: app, kind: web, url: "https://app.trap.example/"}
      - {id: db, kind: server, host: db.trap.example, user: audit}
      - {id: odd, kind: server, host: odd.trap.example, user: audit}
      - {id: vault, kind: server, host: vault.trap.example, user: audit, credential: locked}
      - {id: box, kind: bucket, name: trap-box, account: "123456789012"}
"""


@dataclass(frozen=True)
class Trap:
    """The running town, and what leads an audit there."""

    folder: Path
    environment: dict[str, str]
    options: tuple[str, ...]
    webs: tuple[WebListener, ...]
    server: SshServer
    storage: HostileS3
    proxy: Listener

    def audit(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Look, at what stands here."""
        return self.show(*words, *self.options)

    def show(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """A process of its own, as a user would start it: what libraries write by themselves comes along."""
        return subprocess.run(
            [sys.executable, "-m", "auditor", *words],
            env=self.environment,
            cwd=self.folder / "cwd",
            capture_output=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="module", name="trap")
def the_trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
    folder = tmp_path_factory.mktemp("trap")
    for name in ("cwd", "home", "home/.aws", "home/.ssh", "out", "logs", "state"):
        (folder / name).mkdir(mode=0o700)
    (folder / "inventory.yaml").write_text(INVENTORY)
    root = Authority.root("Trap Root")
    (folder / "roots.pem").write_bytes(root.pem)
    with ExitStack() as stack:
        places: list[str] = []
        webs: list[WebListener] = []
        for name, paper in papers(root).items():
            context = server_context(paper.write(folder / f"{name}.pem"))
            for port, site, tls in zip((443, 80), pages()[name], (context, None), strict=True):
                webs.append(stack.enter_context(web_listener(site, tls)))
                places.append(f"{name}.trap.example:{port} 127.0.0.1:{webs[-1].port}\n")
        webs.append(stack.enter_context(web_listener(Site(status=404))))
        places.append(f"issuers.trap.example:80 127.0.0.1:{webs[-1].port}\n")
        server = stack.enter_context(
            SshServer(shell, authorized=write_identity(folder / "home/.ssh/identity"), door=Talkative)
        )
        storage = stack.enter_context(hostile_s3(bucket_answers()))
        proxy = stack.enter_context(Listener(drop))
        odd = stack.enter_context(Listener(speak_oddly))
        places.append(f"odd.trap.example:22 127.0.0.1:{odd.port}\n")
        places += [f"{name}.trap.example:22 127.0.0.1:{server.port}\n" for name in ("db", "vault")]
        (folder / "connect-to").write_text("".join(places))
        hosts = ("db.trap.example", "odd.trap.example", "vault.trap.example")
        (folder / "known_hosts").write_text("".join(f"{host} {server.host_key}\n" for host in hosts))
        options = (
            f"--connect-to={folder / 'connect-to'}",
            f"--ca-file={folder / 'roots.pem'}",
            f"--known-hosts={folder / 'known_hosts'}",
            f"--identity-file={folder / 'home/.ssh/identity'}",
            f"--endpoint-url={storage.url}",
        )
        yield Trap(folder, environment(folder, proxy.port), options, tuple(webs), server, storage, proxy)


def environment(folder: Path, proxy_port: int) -> dict[str, str]:
    """All that a careless administrator has around."""
    home = folder / "home"
    (home / ".netrc").write_text(f"default login a password {secret('password in ~/.netrc')}\n")
    (home / ".netrc").chmod(0o600)
    (home / ".aws/credentials").write_text(
        f"[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = {secret('secret of an AWS profile')}\n"
    )
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(secret("passphrase of a key").encode())
    )
    (home / ".ssh/locked").touch(mode=0o600)
    (home / ".ssh/locked").write_bytes(locked)
    proxy = f"http://user:{secret('password of a proxy')}@127.0.0.1:{proxy_port}"
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "XDG_STATE_HOME": str(folder / "state"),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "400",  # so that no line break cuts a mark in two
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), proxy),
        "AWS_ACCESS_KEY_ID": secret("AWS key id"),
        "AWS_SECRET_ACCESS_KEY": secret("AWS secret key"),
        "AWS_SESSION_TOKEN": secret("AWS session token"),
        "SSH_ASKPASS": "/bin/true",
        "SSH_ASKPASS_PASSWORD": secret("what SSH_ASKPASS says"),
        "AUDITOR_SSH_KEY_LOCKED": str(home / ".ssh/locked"),
        "KEY_PASSPHRASE": secret("passphrase of a key"),
        "PGPASSWORD": secret("password in PGPASSWORD"),
    }
