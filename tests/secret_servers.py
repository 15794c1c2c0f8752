"""What the servers of the trap say to whoever asks: pages, papers, a shell and a bucket full of secrets."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import paramiko

from auditor.rig.authority import Authority, Issued, self_signed
from auditor.rig.hostile_s3_answers import NAMESPACE, Says
from auditor.rig.ssh_replay import Door, replaying
from auditor.rig.web import Site
from tests.secret_marks import evidence, secret


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
