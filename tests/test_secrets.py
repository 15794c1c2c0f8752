"""The city's secrets stay where they are: runs whose inputs hold marked secrets, and a search of all that was written.

Every place where a secret can stand has a mark of its own. A credential, and what only a target's visitor should read,
is found nowhere. What is evidence is found exactly where it is allowed, each with its reason; so the search is known
to find things, and a new way out of the house fails here.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from auditor.rig.authority import Authority, Issued, self_signed
from auditor.rig.hostile_s3 import HostileS3, hostile_s3
from auditor.rig.hostile_s3_answers import NAMESPACE, Says
from auditor.rig.listener import Listener
from auditor.rig.ssh_replay import Door, SshServer, replaying, write_identity
from auditor.rig.web import Site, WebListener, server_context, web_listener
from tests.marked import Mark, as_read, everything_in

ROOT = Path(__file__).parents[1]


def mark(word: str) -> Mark:
    """Both ends are its own, and some characters are written otherwise in URLs."""
    return Mark(f"{word}+ZQ/7={word[::-1]}")


# What opens something, or is meant for one pair of eyes: nowhere, in no form.
SECRET = {
    "AWS key id": Mark("AKIAZQ7MARKEDKEYID99"),
    "AWS secret key": mark("awssecretkey"),
    "AWS session token": Mark("FwoGZXIvZQ7/session+token" + "q9X/+" * 60 + "token+noisses=="),
    "secret of an AWS profile": mark("awsprofile"),
    "password of a proxy": mark("proxypass"),
    "password in ~/.netrc": mark("netrcpass"),
    "what SSH_ASKPASS says": mark("askpass"),
    "passphrase of a key": mark("passphrase"),
    "password in PGPASSWORD": mark("pgpassword"),
    "token in a typed target": Mark("typedZQ7-token-nekot-7QZdepyt"),
    "cookie": mark("cookie"),
    "Authorization header": mark("bearer"),
    "X-Api-Key header": mark("apikey"),
    "Server header": mark("serverheader"),
    "realm of a login": mark("realmoflogin"),
    "status line": mark("statusline"),
    "malformed header": mark("malformed"),
    "page": mark("pagebody"),
    "social security number": Mark("SSN-078-05-1120"),
    "query of a redirect": Mark("queryZQ7-redirect-tcerider-7QZyreuq"),
    "fragment of a redirect": Mark("fragmentZQ7-redirect-tcerider-7QZtnemgarf"),
    "user of a redirect": Mark("userZQ7-redirect-tcerider-7QZresu"),
    "password of a redirect": Mark("passZQ7-redirect-tcerider-7QZssap"),
    "session in a path": Mark("sessionZQ7-path-htap-7QZnoisses"),
    "address of a mailto redirect": Mark("mailtoZQ7-jane.enaj-7QZotliam"),
    "code of a redirect to an app": Mark("appcodeZQ7-edocppa"),
    "query of the address of an issuer": Mark("issuerZQ7-query-yreuq-7QZreussi"),
    "SSH version": Mark("sshversionZQ7_noisrevhss"),
    "SSH banner": mark("sshbanner"),
    "greeting of a login": mark("greeting"),
    "error output of a login": mark("erroroutput"),
    "password of a mount": Mark("mountZQ7-password-drowssap-7QZtnuom"),
    "section that nobody reads": mark("fstabsection"),
    "body of an S3 error": mark("s3errorbody"),
    "name of an S3 grantee": mark("s3grantee"),
    "header of an S3 answer": mark("s3header"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text that may be written, where, and why."""

    mark: Mark
    where: frozenset[str]
    why: str


SHOWN = frozenset({"table", "JSON", "report", "shown later", "state"})
KEPT = frozenset({"state"})
EVIDENCE = {
    "subject of a certificate": Evidence(
        Mark("subjectZQ7-certificate-7QZtcejbus"), SHOWN, "public by its nature; it says whose certificate is at fault"
    ),
    "name in a certificate": Evidence(
        Mark("namezq7-of-a-certificate-7qzeman.example"),
        SHOWN,
        "public by its nature; it says why the name does not fit",
    ),
    "HSTS header": Evidence(Mark("hstsZQ7-directive-7QZstsh-h"), SHOWN, "the fault is in its very characters"),
    "path of a redirect": Evidence(
        Mark("pathZQ7-redirect-7QZhtap-p"), SHOWN, "where content is served over http has to be found again"
    ),
    "mount": Evidence(Mark("dirZQ7-of-a-mount-7QZrid"), SHOWN, "the disk at fault has to be found again"),
    "policy": Evidence(Mark("sidZQ7-statement-7QZdis-s"), SHOWN, "the statement at fault has to be found again"),
    "condition of a policy": Evidence(
        Mark("refererZQ7-condition-7QZrerefer"), KEPT, "a policy is judged again only if it is kept whole"
    ),
    "tag": Evidence(
        Mark("tagZQ7-bucket-7QZgat-bucket"), KEPT, "kept as it was seen; no rule reads it, so nothing shows it"
    ),
    "id of an S3 grantee": Evidence(Mark("idZQ7-grantee-7QZdi-grantee"), KEPT, "whom a list lets in is what is judged"),
    "id of an S3 request": Evidence(
        Mark("reqidZQ7-call-7QZdiqer"),
        KEPT | {"shown later"},  # `auditor explain` shows the facts
        "the provider's support finds the call by it",
    ),
}

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
TARGETS = (
    "https://www.trap.example/?token={token}#{token}",
    "https://forms.trap.example/",
    "https://old.trap.example/",
    "https://app.trap.example/",
    "ssh://audit@db.trap.example",
    "ssh://audit@odd.trap.example",
    "s3://trap-box",
)


# Whatever shows what was kept. A new command of this kind belongs here.
SHOWING = (
    ("report", "table"),
    ("report", "json"),
    ("report", "csv"),
    ("report", "html"),
    ("report", "tickets"),
    ("diff",),
    ("diff", "--json"),
    ("judge", "--json"),
    ("explain", "site/www"),
    ("explain", "site/www", "web-hsts-missing", "--json"),
    ("explain", "site/box", "bucket-public-policy"),
    ("explain", "site/db", "disk-plain"),
    ("store", "runs"),
    ("store", "check"),
    ("store", "mend"),
)


def secret(name: str) -> str:
    return SECRET[name].text


def evidence(name: str) -> str:
    return EVIDENCE[name].mark.text


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


def pages() -> dict[str, tuple[Site, Site]]:
    """What each name says: over https, over http."""
    told = (
        ("Set-Cookie", f"session={secret('cookie')}; Path=/"),
        ("Authorization", f"Bearer {secret('Authorization header')}"),
        ("X-Api-Key", secret("X-Api-Key header")),
        ("Server", secret("Server header")),
        ("WWW-Authenticate", f'Basic realm="{secret("realm of a login")}"'),
    )
    page = f"<p>{secret('page')} {secret('social security number')}".encode()
    path = f"/{evidence('path of a redirect')};jsessionid={secret('session in a path')}"
    query = f"?token={secret('query of a redirect')}#{secret('fragment of a redirect')}"
    user = f"{secret('user of a redirect')}:{secret('password of a redirect')}@"
    plain = Site(
        redirects={
            "/": (302, f"http://{user}www.trap.example{path}{query}"),
            f"{path}{query.partition('#')[0]}": (302, f"http://www.trap.example/end{query}"),
        },
        headers=told,
        body=page,
    )
    raw = (
        f"HTTP/1.1 200 {secret('status line')}\r\n{secret('malformed header')}\r\nContent-Length: 3\r\n"
        f"Transfer-Encoding: {secret('malformed header')}\r\n\r\nabc"
    ).encode()
    mail = Site(redirects={"*": (302, f"mailto:{secret('address of a mailto redirect')}@trap.example")})
    call = Site(redirects={"*": (302, f"city-app://{secret('code of a redirect to an app')}/back")})
    hsts = f'max-age=x; {evidence("HSTS header")}="'
    return {
        "www": (Site(headers=told, body=page, hsts=hsts), plain),
        "forms": (Site(status=401, headers=told, body=page), Site(status=401, headers=told, body=page)),
        "old": (Site(raw=raw), Site(raw=raw)),
        "app": (mail, call),
    }


def papers(root: Authority) -> dict[str, Issued]:
    token = secret("query of the address of an issuer")
    lost = root.intermediate().leaf("old.trap.example", issuer_url=f"http://issuers.trap.example/ca.der?t={token}")
    return {
        "www": root.leaf("www.trap.example"),
        "forms": root.leaf(
            evidence("name in a certificate"),
            subject=evidence("subject of a certificate"),
            not_after=datetime.now(UTC) - timedelta(days=3),
        ),
        "old": lost.without_chain(),
        "app": self_signed("app.trap.example"),
    }


class Talkative(Door):
    """An SSH server that greets whoever connects."""

    def get_banner(self) -> tuple[str, str]:
        return (f"{secret('SSH banner')}\r\n", "en")


def shell(channel: paramiko.Channel, command: str, script: bytes) -> None:
    """The recording of a machine with plain disks, with a greeting before it, errors beside it and odd mounts in it."""
    where, share = evidence("mount"), f"https://dav:{secret('password of a mount')}@files.trap.example/x"
    odd = f"900 27 0:99 / /mnt/{where} rw - fuse.davfs {share} rw,password={secret('password of a mount')}\n".encode()

    class Odd:
        def sendall(self, data: bytes) -> None:
            channel.sendall(
                data.replace(b"BEGIN mountinfo\n", b"BEGIN mountinfo\n" + odd)
                .replace(b"/srv/records", b"/srv/" + where.encode())
                .replace(b"BEGIN fstab\n", b"BEGIN fstab\n" + secret("section that nobody reads").encode() + b"\n")
            )

        def send_exit_status(self, status: int) -> None:
            channel.send_exit_status(status)

    channel.sendall(f"Welcome! {secret('greeting of a login')}\n".encode())
    channel.sendall_stderr(secret("error output of a login").encode())
    replaying("plain")(Odd(), command, script)  # type: ignore[arg-type]


def bucket_answers() -> dict[str, Says]:
    statement = (
        f'{{"Sid": "{evidence("policy")}", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": '
        '"arn:aws:s3:::trap-box/*"}'
    )
    guarded = statement.replace(
        '"Resource"',
        f'"Condition": {{"StringLike": {{"aws:Referer": "{evidence("condition of a policy")}"}}}}, "Resource"',
    )
    grantee = (
        '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
        f"<ID>{evidence('id of an S3 grantee')}</ID>"
        f"<DisplayName>{secret('name of an S3 grantee')}</DisplayName></Grantee>"
    )
    told = {"x-amz-request-id": evidence("id of an S3 request"), "x-amz-meta": secret("header of an S3 answer")}
    refusal = (
        f"<Error><Code>AccessDenied</Code><Message>{secret('body of an S3 error')}</Message><AWSAccessKeyId>"
        f"{secret('AWS key id')}</AWSAccessKeyId><CanonicalRequest>x-amz-security-token:{secret('AWS session token')}"
        "</CanonicalRequest></Error>"
    )
    return {
        "policy": Says(f'{{"Version": "2012-10-17", "Statement": [{statement}, {guarded}]}}', headers=told),
        "tagging": Says(
            f"<Tagging><TagSet><Tag><Key>contact</Key><Value>{evidence('tag')}</Value></Tag></TagSet></Tagging>"
        ),
        "acl": Says(
            f"<AccessControlPolicy {NAMESPACE}><Owner><ID>o</ID></Owner><AccessControlList><Grant>{grantee}"
            "<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
        ),
        "publicAccessBlock": Says("<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>", 404),
        "encryption": Says(refusal, 403, told),
    }


def drop(connection: object, number: int) -> None:
    """Takes a connection and says nothing: nobody may come here."""


def speak_oddly(connection: socket.socket, number: int) -> None:
    """Says that it is an SSH server, and nothing that one would say."""
    connection.sendall(f"SSH-2.0-{secret('SSH version')}\r\n{secret('SSH version')}\r\n".encode() * 9)


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
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


@pytest.fixture(scope="module")
def written(trap: Trap) -> dict[str, bytes]:
    """Everything that the program wrote, by place: runs and checks, told to say as much as they can."""
    inventory, token = str(trap.folder / "inventory.yaml"), secret("token in a typed target")
    targets = [target.format(token=token) for target in TARGETS]
    log = f"--log-file={trap.folder / 'logs' / 'audit.log'}"
    out = f"--out={trap.folder / 'out'}"
    table = trap.audit("run", inventory, out, "-v", log)
    document = trap.audit("run", inventory, out, "--json", "-v", log)
    typed, typed_document = trap.audit("check", *targets, "-v", log), trap.audit("check", *targets, "--json", "-v", log)
    later = [trap.show(*words) for words in SHOWING]
    every = (table, document, typed, typed_document, *later)
    for left in every:
        assert left.returncode in (0, 1, 3), (left.args, left.stderr.decode())
    found = {
        "table": table.stdout + typed.stdout,
        "JSON": document.stdout + typed_document.stdout,
        "stderr": b"".join(left.stderr for left in every),
        "log": everything_in(trap.folder / "logs"),
        "report": everything_in(trap.folder / "out"),
        "shown later": b"".join(left.stdout for left in later) + everything_in(trap.folder / "cwd"),
        "state": everything_in(trap.folder / "state"),
        "home": b"".join(path.name.encode() for path in (trap.folder / "home").rglob("*")),
    }
    return {place: as_read(text) for place, text in found.items()}


def test_the_secrets_were_there_to_be_written(trap: Trap, written: dict[str, bytes]) -> None:
    """Every server was asked, and the login worked: what is not found was seen, and left out."""
    assert all(web.requests for web in trap.webs)
    asked = [path for web in trap.webs for path in web.requests]
    assert any(secret("query of a redirect") in path for path in asked)
    assert any(secret("query of the address of an issuer") in path for path in asked)
    assert not any(secret("token in a typed target") in path for path in asked), "it is not even sent"
    assert trap.server.execs
    assert {"policy", "acl", "tagging", "encryption"} <= set(trap.storage.asked)
    assert trap.proxy.connections == 0
    assert all(written[place] for place in ("table", "JSON", "stderr", "log", "report"))


def places(mark: Mark, written: dict[str, bytes]) -> set[str]:
    return {place for place, text in written.items() if mark.is_in(text)}


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_written_nowhere(name: str, written: dict[str, bytes]) -> None:
    assert places(SECRET[name], written) == set()


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_is_written_where_it_is_allowed(name: str, written: dict[str, bytes]) -> None:
    assert places(EVIDENCE[name].mark, written) == EVIDENCE[name].where


def test_no_part_of_a_private_key_is_written(trap: Trap, written: dict[str, bytes]) -> None:
    for name in ("identity", "locked"):
        for line in (trap.folder / "home/.ssh" / name).read_text().splitlines()[1:-1]:
            assert places(Mark(line), written) <= set(), name


def test_targets_that_differ_in_what_is_dropped_are_one(trap: Trap) -> None:
    left = trap.show("check", "https://127.0.0.1:1/x?a", "https://127.0.0.1:1/x#b", "--json")
    assert [asset["address"] for asset in json.loads(left.stdout)["assets"]] == ["https://127.0.0.1:1/x"]
