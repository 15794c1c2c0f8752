"""Where an asset lies: hosts, URLs, networks and bucket names as written → as we compare and dial them.

Pure text work: no name is resolved here. Every function raises ValueError with a sentence that never repeats a URL,
since a password may stand in it.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from auditor.facts.starttls import Spoken
from auditor.reach.fence import IPNetwork

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
TLS_PORTS = {"smtps": 465, "imaps": 993, "pop3s": 995, "ldaps": 636}  # where TLS begins at once (RFC 8314, IANA)
WRITTEN = "write tls://host:port, or smtp://, imap://, pop3://, ldap://, postgresql:// or mysql://host[:port]."
DIGITS = re.compile(r"[\d.]+")
NUMERIC = re.compile(r"(\d+|0x[0-9a-f]*)")


def host(text: str) -> str:
    """A DNS name (RFC 1123 section 2.1) or an IP address, in lower case and without a final dot."""
    bare = text.removesuffix(".").lower()
    address = _address(bare)
    if address:
        return address
    labels = bare.split(".")
    if not bare.isascii():
        raise ValueError("write the host in its ASCII form (xn--…).")
    if any(letter in "@:/" for letter in bare):
        raise ValueError("write one host name or IP address alone: no scheme, user, port, path or prefix.")
    if len(bare) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("this is not a host name or an IP address.")
    if NUMERIC.fullmatch(labels[-1]):  # 127.1 and 0x7f.1 are addresses to some resolvers
        raise ValueError("write an IPv4 address as four numbers from 0 to 255.")
    return bare


def suffix(text: str) -> str:
    """A DNS name whose whole subtree is meant."""
    if text.startswith(("*.", ".")):
        raise ValueError("write the domain alone: all names under it are meant.")
    name = host(text)
    if _address(name):
        raise ValueError("an address belongs under subnets.")
    if "." not in name:
        raise ValueError("a single label is too wide for a scope: name the city's own domain.")
    return name


def network(text: str) -> IPNetwork:
    try:
        parsed = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError("this is not a network like 192.0.2.0/24 (the bits after the prefix must be 0).") from error
    if parsed.prefixlen == 0:
        raise ValueError("the whole internet is no scope.")
    return parsed


def web_address(text: str) -> str:
    """A URL as it is compared: host in lower case, no default port, at least "/" as path.

    http:// is for a port other than 80 that answers without TLS; port 443 of the same host is then looked at beside it.
    """
    if any(map(str.isspace, text)):
        raise ValueError("a URL has no spaces.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError("the port or the brackets of this URL cannot be read.") from error
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ValueError("a user or password stands in this URL: take it out, and change the password.")
    is_plain = parts.scheme == "http"
    if is_plain and port in (None, 80):
        raise ValueError("write https://: a web service is asked for HTTPS, and its port 80 is looked at anyway.")
    if parts.scheme != "https" and not is_plain:
        raise ValueError("a web address begins with https://.")
    if not parts.hostname:
        raise ValueError("this URL names no host.")
    if "?" in text or "#" in text:
        raise ValueError("leave out the query and the fragment: secrets hide there, and no check reads them.")
    if port == 0:
        raise ValueError("a port is 1 to 65535.")
    path = parts.path or "/"
    if not PATH.fullmatch(path):
        raise ValueError("the path holds a character that must be percent-encoded.")
    return f"{parts.scheme}://{_authority(host(parts.hostname), port, None if is_plain else 443)}{path}"


def tls_address(text: str) -> str:
    """tls://host:port, where TLS begins with the first byte, or a protocol that goes over to TLS: imap://host[:port]."""
    scheme, mark, rest = text.partition("://")
    if scheme in TLS_PORTS and mark:
        raise ValueError(
            f"TLS begins at once there: write tls:// and the port, which is {TLS_PORTS[scheme]} as a rule."
        )
    if scheme in ("https", "http") and mark:
        raise ValueError("a web service is of kind web.")
    if scheme not in set(Spoken) or not mark:
        raise ValueError(WRITTEN)
    if any(letter.isspace() or letter in "/?#" for letter in rest):
        raise ValueError("leave out the path and all that follows the port.")
    return _tls_address(Spoken(scheme), rest)


def port_of(text: str) -> str:
    """A TLS port, whatever is spoken there: one port speaks one protocol."""
    parts = urlsplit(tls_address(text))
    return f"tcp://{_authority(parts.hostname or '', parts.port or Spoken(parts.scheme).usual_port, None)}"


def mx_port(name: str) -> str:
    """The same of a mail exchanger; `name` as `host` gives it."""
    return f"tcp://{_authority(name, 25, None)}"


def mx_address(name: str) -> str:
    """smtp://host; `name` as `host` gives it."""
    return f"smtp://{_authority(name, None, 25)}"


def _tls_address(spoken: Spoken, rest: str) -> str:
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError as error:
        raise ValueError("the port or the brackets of this address cannot be read.") from error
    if "@" in rest:
        raise ValueError("a user or password stands in this address: take it out, and change the password.")
    if not parts.hostname:
        raise ValueError("this address names no host.")
    if port == 0:
        raise ValueError("a port is 1 to 65535.")
    port = port or spoken.usual_port
    if port is None:
        raise ValueError("name the port, like tls://mail.example.org:993.")
    if (spoken, port) == (Spoken.SMTP, 25):
        raise ValueError("on port 25 other mail servers come in: list it as kind mx. Programs send at port 587.")
    return f"{spoken}://{_authority(host(parts.hostname), port, spoken.usual_port)}"


def host_of(address: str) -> str:
    """The host of an address that one of these functions made."""
    return urlsplit(address).hostname or ""


def ssh_address(name: str, port: int = 22, user: str | None = None) -> str:
    """ssh://[user@]host[:port]; `name` as `host` gives it."""
    return f"ssh://{user + '@' if user else ''}{_authority(name, port, 22)}"


def bucket_name(text: str) -> str:
    """Amazon S3 user guide, "General purpose bucket naming rules"."""
    if not BUCKET.fullmatch(text) or ".." in text or DIGITS.fullmatch(text):
        raise ValueError(
            "a bucket name is 3 to 63 of a-z, 0-9, '-' and '.', and begins and ends with a letter or digit."
        )
    return text


def bucket_address(name: str) -> str:
    return f"s3://{name}"


def account_address(provider: str, number: str | None, credential: str | None) -> str:
    """aws://number. A user of a server of one's own has no number: s3-compatible://credential."""
    return f"aws://{number}" if provider == "aws" else f"{provider}://{credential or 'default'}"


def export_address(file: str) -> str:
    """file:path, as seen from the inventory's folder. No host: nothing is contacted."""
    return f"file:{file}"


def _address(text: str) -> str | None:
    """An IP address in its shortest form; None for anything else."""
    bare = text.removeprefix("[").removesuffix("]")
    if ":" not in bare and not bare[-1:].isdigit():
        return None  # most are names, and it takes long to say so with an error
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _authority(name: str, port: int | None, usual: int | None) -> str:
    bracketed = f"[{name}]" if ":" in name else name
    return bracketed if port in (None, usual) else f"{bracketed}:{port}"
