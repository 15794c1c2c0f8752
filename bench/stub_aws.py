"""AWS for a bench: one loopback port that answers every question about any number of buckets, each after 40 ms.

A program of its own, so that its memory and CPU are nobody else's: `python -m bench.stub_aws PEM BUCKETS [deny]` prints
its port. Ended by the end of its standard input, when it prints how many requests came. With `deny` everything is
refused but who one is, which cannot be.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections import Counter
from urllib.parse import parse_qs, urlsplit

from auditor.rig.hostile_s3_answers import ACCOUNT, ACCOUNT_ANSWERS, DENIED, HEALTHY, NOT_CONFIGURED, POLICY, Says

DELAY_S = 0.04
PAGE = 1_000
REGION = "eu-west-1"
# A usual bucket: the policy refuses requests without TLS, nothing is public, versions are not kept.
USUAL = {**HEALTHY, **{name: NOT_CONFIGURED[name] for name in ("versioning", "lifecycle", "logging", "tagging")}}
ENCRYPTED = Says(
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
EMPTY = {
    "DescribeRegions": f"<DescribeRegionsResponse><regionInfo><item><regionName>{REGION}</regionName></item>"
    "</regionInfo></DescribeRegionsResponse>",
}


ANSWERED = Counter[str]()


class Aws(asyncio.Protocol):
    """One connection: whole requests in, one answer each, in order."""

    def __init__(self, buckets: int, *, denies: bool) -> None:
        self._buckets, self._denies = buckets, denies
        self._said = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._said += data
        head, mark, rest = self._said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
        length = int(headers.get("Content-Length", 0))
        if mark and len(rest) >= length:
            body, self._said = rest[:length], rest[length:]
            target = head.split(b" ", 2)[1].decode()
            answer = self._answer(headers.get("Host", ""), target, headers.get("X-Amz-Target", ""), body.decode())
            asyncio.get_running_loop().call_later(DELAY_S, self._send, answer)

    def _send(self, said: Says) -> None:
        ANSWERED["requests"] += 1
        body = said.body.encode() if isinstance(said.body, str) else said.body
        head = f"HTTP/1.1 {said.status} X\r\nContent-Length: {len(body)}\r\nx-amz-request-id: STUB\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head.encode() + body)

    def _answer(self, host: str, target: str, operation: str, body: str) -> Says:
        parts = urlsplit(target)
        asked = parse_qs(parts.query, keep_blank_values=True)
        if host.startswith("sts."):
            return _said(ACCOUNT_ANSWERS["identity"])
        if self._denies:
            is_json = bool(operation) or host.startswith("s3tables.")
            return Says('{"__type": "AccessDeniedException"}', 403) if is_json else DENIED
        if operation:
            return _said(ACCOUNT_ANSWERS[operation.rpartition(".")[2]])
        if host.startswith(("ec2.", "rds.")):
            return _nothing(body)
        if host.startswith(f"{ACCOUNT}.s3-control"):
            return _control(parts.path)
        if host.startswith("s3express"):
            return Says("<ListAllMyDirectoryBucketsResult><Buckets/></ListAllMyDirectoryBucketsResult>")
        if host.startswith("s3tables."):
            return _said(ACCOUNT_ANSWERS["tableBuckets"])
        name = parts.path.strip("/") if host.startswith("s3.") else host.partition(".")[0]
        if not name:
            return Says(self._listing(int(asked.get("continuation-token", ["0"])[0])))
        return _of_bucket(name, next(iter(asked), ""))

    def _listing(self, start: int) -> str:
        end = min(start + PAGE, self._buckets)
        rows = "".join(
            f"<Bucket><Name>{name_of(number)}</Name><CreationDate>2024-01-01T00:00:00.000Z</CreationDate>"
            f"<BucketRegion>{REGION}</BucketRegion></Bucket>"
            for number in range(start, end)
        )
        more = f"<ContinuationToken>{end}</ContinuationToken>" if end < self._buckets else ""
        inside = f"<Owner><ID>75aa57</ID></Owner><Buckets>{rows}</Buckets>{more}"
        return f"<ListAllMyBucketsResult>{inside}</ListAllMyBucketsResult>"


def name_of(number: int) -> str:
    return f"elm-bucket-{number:07d}"


def _said(behaviour: object) -> Says:
    assert isinstance(behaviour, Says)
    return behaviour


def _control(path: str) -> Says:
    if path.endswith("/accesspoint"):
        return _said(ACCOUNT_ANSWERS["accessPoints"])
    if path.endswith("/accessgrantsinstances"):
        return _said(ACCOUNT_ANSWERS["accessGrants"])
    return _said(ACCOUNT_ANSWERS["multiRegion" if "/mrap/" in path else "accountBlock"])


def _of_bucket(name: str, question: str) -> Says:
    if question == "policy":
        return Says(POLICY.replace(":::b", f":::{name}"))
    return ENCRYPTED if question == "encryption" else _said(USUAL[question])


def _nothing(body: str) -> Says:
    """An account without disks and databases."""
    operation = parse_qs(body).get("Action", [""])[0]
    inner = "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>" if operation.startswith("GetEbs") else ""
    inner = inner or (f"<{operation}Result/>" if "DB" in operation else "")
    return Says(EMPTY.get(operation) or f"<{operation}Response>{inner}</{operation}Response>")


async def _serve(pem: str, buckets: int, *, denies: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Aws(buckets, denies=denies), "127.0.0.1", 0, ssl=context, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(ANSWERED["requests"], flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), denies="deny" in sys.argv[3:]))
