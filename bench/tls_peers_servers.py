"""nginx hosts to measure scanners with: 127.0.1.1 and on, each with its own key and certificate, and one nginx for all.

Meant for a network namespace of its own, where these addresses and their ports 443 and 80 belong to nobody. What needs
the `cryptography` library runs in a child: who measures memory must stay small itself.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.tls_peers_places import address_of, name_of

MOST_HOSTS = 4_000
OWN_KEYS = 200  # hosts with a key of their own: making one takes a tenth of a second
APART = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
ROOTS = "roots.pem"
INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384"
)
EVERY_SUITE = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
MODERN, OLD = "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"


@dataclass(frozen=True, slots=True)
class Variant:
    """How one kind of host is set up, in nginx's words. `key`: "ec" (P-256) or "rsa" (2048 bits)."""

    name: str
    protocols: str
    ciphers: str
    key: str


VARIANTS = (
    Variant("TLS 1.2 and 1.3, ECDSA", MODERN, INTERMEDIATE, "ec"),
    Variant("TLS 1.2 and 1.3, RSA", MODERN, INTERMEDIATE, "rsa"),
    Variant("TLS 1.3 alone", "TLSv1.3", INTERMEDIATE, "ec"),
    Variant("TLS 1.2 alone, two suites", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA", "rsa"),
    Variant("TLS 1.0 to 1.3, every suite, RSA", OLD, EVERY_SUITE, "rsa"),
    Variant("TLS 1.0 to 1.3, every suite, ECDSA", OLD, EVERY_SUITE, "ec"),
)


def variant_of(number: int) -> Variant:
    """Hosts are numbered from 1; the variants take turns."""
    return VARIANTS[(number - 1) % len(VARIANTS)]


@contextmanager
def servers(folder: Path, hosts: int) -> Iterator[subprocess.Popen[bytes]]:
    """nginx with all its hosts, ready to answer. Raises RuntimeError where it does not come up."""
    if not 1 <= hosts <= MOST_HOSTS:
        raise ValueError(f"1 to {MOST_HOSTS} hosts, not {hosts}")
    subprocess.run([sys.executable, "-m", "bench.tls_peers_servers", str(folder), str(hosts)], check=True)
    prime = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"]
    subprocess.run([*prime, "-out", str(folder / "dh.pem")], check=True, stderr=subprocess.DEVNULL)
    (folder / "nginx.conf").write_text(_configuration(folder, hosts))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16_384, most), most))  # two sockets listen for each host
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address_of(hosts), process, seconds=20 + hosts / 20)
        yield process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def black_holes(addresses: tuple[str, ...]) -> Iterator[None]:
    """Addresses whose port 443 drops what knocks: their queues are full, so a further SYN is not answered."""
    with ExitStack() as held:
        for address in addresses:
            listening = held.enter_context(socket.socket())
            listening.bind((address, 443))
            listening.listen(0)
            held.enter_context(socket.create_connection((address, 443)))
        yield


def _configuration(folder: Path, hosts: int) -> str:
    """The one process that stands for all hosts goes before other work: else they all wait in its queue for a core."""
    head = (
        "daemon off; worker_processes 1; worker_priority -15; worker_rlimit_nofile 16384;\n"
        "pid nginx.pid; error_log /dev/null crit;\n"
        "events { worker_connections 8192; }\n"
        "http { access_log off; ssl_session_cache shared:S:10m; ssl_dhparam dh.pem; default_type text/plain;\n"
    )
    return head + "\n".join(_host(folder, number) for number in range(1, hosts + 1)) + "\n}\n"


def _host(folder: Path, number: int) -> str:
    variant, address, name, pem = variant_of(number), address_of(number), name_of(number), folder / f"{number}.pem"
    return (
        f"server {{ listen {address}:443 ssl; server_name {name}; ssl_protocols {variant.protocols};\n"
        f' ssl_ciphers "{variant.ciphers}"; ssl_certificate {pem}; ssl_certificate_key {pem};\n'
        " add_header Strict-Transport-Security max-age=31536000; location / { return 200 hello; } }\n"
        f"server {{ listen {address}:80; server_name {name}; return 301 https://{name}$request_uri; }}"
    )


def _wait_for(address: str, process: subprocess.Popen[bytes], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((address, 443), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("nginx did not come up")


def _make_certificates(folder: Path, hosts: int) -> None:
    from auditor.rig.authority import Authority, ec_key, rsa_key

    root = Authority.root()
    (folder / ROOTS).write_bytes(root.pem)
    intermediate = root.intermediate(key=rsa_key())
    shared = {"ec": ec_key(), "rsa": rsa_key()}
    for number in range(1, hosts + 1):
        kind = variant_of(number).key
        key = shared[kind] if number > OWN_KEYS else ec_key() if kind == "ec" else rsa_key()
        leaf = intermediate.leaf(name_of(number), addresses=[address_of(number)], key=key)
        leaf.write(folder / f"{number}.pem")


if __name__ == "__main__":
    _make_certificates(Path(sys.argv[1]), int(sys.argv[2]))
