"""What a single value of the inventory may be: ids, dates, hosts, names. One sentence for each way to get it wrong."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from auditor.inventory import locators
from auditor.inventory.complaints import nearest
from auditor.inventory.include import export_path, part_path
from auditor.model import Tier

OURS = "inventory"  # the type of every pydantic error that already carries its sentence
ID = r"[a-z0-9]+([._-][a-z0-9]+)*"
FOUND = rf"{ID}/{ID}/[A-Za-z0-9][A-Za-z0-9._-]{{1,61}}[A-Za-z0-9]"  # the last part is a bucket's name
CODE = r"[A-Za-z0-9]+([._/-][A-Za-z0-9]+)*"
CHECK = r"[a-z][a-z0-9]*(-[a-z0-9]+)+"
LIKE_A_CHECK = "a check id is like bucket-plain-http."
KEY_TYPE = re.compile(r"ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)")
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def refuse(sentence: str, meant: str | None = None) -> PydanticCustomError:
    """An error that `shape.py` turns into a complaint."""
    return PydanticCustomError(OURS, "{sentence}", {"sentence": sentence, "meant": meant})


def _matching(pattern: str, sentence: str, longest: int = 64) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def matching(text: str) -> str:
        if len(text) > longest or not compiled.fullmatch(text):
            raise refuse(sentence)
        return text

    return matching


def _located(read: Callable[[str], str]) -> Callable[[str], str]:
    """One of `locators`, with its ValueError as ours."""

    def located(text: str) -> str:
        try:
            return read(text)
        except ValueError as error:
            raise refuse(str(error)) from error

    return located


def _network(text: str) -> str:
    return str(locators.network(text))


def _one_line(text: str) -> str:
    """Free text: folded onto one line, not empty, at most 1,000 characters."""
    line = " ".join(text.split())
    if not line:
        raise refuse("this text is empty.")
    if len(line) > 1000:
        raise refuse("this text is longer than 1,000 characters.")
    return line


def _day(text: object) -> date:
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise refuse("a date is written YYYY-MM-DD, like 2027-06-30.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"{text} is no day of the calendar.") from error


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refuse(
            "this is no IANA time zone, like America/New_York.", nearest(text, available_timezones())
        ) from error
    return text


def _with_nightly(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    """A check of a tier that is not asked caps nothing, so leaving out nightly would hide every failure."""
    if Tier.NIGHTLY not in tiers:
        raise refuse("nightly cannot be left out: what it asks would go unseen.")
    return tiers


def _host_key(text: str) -> str:
    """A fingerprint, or the key as a known_hosts line has it: type and base64 (RFC 4253 section 6.6)."""
    words = text.split()
    if FINGERPRINT.fullmatch(text):
        return text
    if len(words) >= 2 and KEY_TYPE.fullmatch(words[0]) and _holds_type(words[1], words[0]):
        return " ".join(words[:2])
    raise refuse("a host key is 'ssh-ed25519 AAAA…' (from ssh-keyscan) or 'SHA256:…' (from ssh-keygen -l).")


def _holds_type(encoded: str, name: str) -> bool:
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    wanted = len(name).to_bytes(4) + name.encode()
    return blob.startswith(wanted) and len(blob) > len(wanted)


Flag = StrictBool
Text = Annotated[StrictStr, AfterValidator(_one_line)]
Id = Annotated[
    StrictStr,
    AfterValidator(_matching(ID, "an id is a-z, 0-9, '-', '_' and '.', at most 64 characters.")),
    Field(json_schema_extra={"pattern": f"^{ID}$"}),
]
AssetId = Annotated[
    StrictStr,
    AfterValidator(_matching(rf"{ID}/{ID}", "write the asset as system/asset.", 129)),
    Field(json_schema_extra={"pattern": f"^{ID}/{ID}$"}),
]
AnyId = Annotated[
    StrictStr,
    AfterValidator(_matching(rf"{ID}(/{ID})?", "write a system's id, or an asset as system/asset.", 129)),
    Field(json_schema_extra={"pattern": f"^{ID}(/{ID})?$"}),
]
WaivedId = Annotated[
    StrictStr,
    AfterValidator(
        _matching(
            rf"{ID}(/{ID})?|{FOUND}",
            "write the asset as system/asset, or a bucket that an account was found to hold as system/account/bucket.",
            194,
        )
    ),
    Field(json_schema_extra={"pattern": f"^({ID}(/{ID})?|{FOUND})$"}),
]
Country = Annotated[
    StrictStr,
    AfterValidator(_matching(r"[A-Z]{2}", "a country is two capital letters (ISO 3166-1), like US.")),
    Field(json_schema_extra={"pattern": "^[A-Z]{2}$"}),
]
Code = Annotated[
    StrictStr,
    AfterValidator(_matching(CODE, "an id is letters, digits, '-', '_', '/' and '.', at most 129 characters.", 129)),
    Field(json_schema_extra={"pattern": f"^{CODE}$"}),
]
CheckId = Annotated[
    StrictStr,
    AfterValidator(_matching(CHECK, LIKE_A_CHECK)),
    Field(json_schema_extra={"pattern": f"^{CHECK}$"}),
]
Credential = Annotated[
    StrictStr,
    AfterValidator(
        _matching(ID, "this is the *name* of a credential: a-z, 0-9, '-', '_' and '.', never the thing itself.")
    ),
    Field(json_schema_extra={"pattern": f"^{ID}$"}),
]
User = Annotated[
    StrictStr,
    AfterValidator(_matching(r"[A-Za-z_][A-Za-z0-9_.-]*", "this is no login name.", 32)),
    Field(json_schema_extra={"pattern": "^[A-Za-z_][A-Za-z0-9_.-]*$"}),
]
Account = Annotated[
    StrictStr,
    AfterValidator(_matching(r"[0-9]{12}", "an AWS account is 12 digits in quotes.")),
    Field(json_schema_extra={"pattern": "^[0-9]{12}$"}),
]
Organisation = Annotated[
    StrictStr,
    AfterValidator(_matching(r"o-[a-z0-9]{10,32}", "an AWS organisation is o- and 10 to 32 of a-z and 0-9.")),
    Field(json_schema_extra={"pattern": "^o-[a-z0-9]{10,32}$"}),
]
Region = Annotated[
    StrictStr,
    AfterValidator(_matching(r"[a-z]{2,}(-[a-z0-9]+)+", "this is no region of a cloud, like us-east-1.", 40)),
    Field(json_schema_extra={"pattern": "^[a-z]{2,}(-[a-z0-9]+)+$"}),
]
Email = Annotated[
    StrictStr,
    AfterValidator(_matching(r"[^@\s]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", "this is no mail address.", 254)),
    Field(json_schema_extra={"format": "email"}),
]
Vpc = Annotated[
    StrictStr,
    AfterValidator(_matching(r"vpce?-[0-9a-f]{8,17}", "a VPC is like vpc-1a2b3c4d, an endpoint like vpce-1a2b3c4d.")),
    Field(json_schema_extra={"pattern": "^vpce?-[0-9a-f]{8,17}$"}),
]
Days = Annotated[StrictInt, Field(ge=0, le=36_500)]
Zone = Annotated[StrictStr, AfterValidator(_zone)]
Day = Annotated[date, BeforeValidator(_day)]
Host = Annotated[StrictStr, AfterValidator(_located(locators.host))]
Suffix = Annotated[StrictStr, AfterValidator(_located(locators.suffix))]
Subnet = Annotated[StrictStr, AfterValidator(_located(_network))]
WebUrl = Annotated[
    StrictStr,
    AfterValidator(_located(locators.web_address)),
    Field(json_schema_extra={"pattern": "^(https://|http://[^/]+:[0-9])"}),
]
TlsAddress = Annotated[
    StrictStr,
    AfterValidator(_located(locators.tls_address)),
    Field(json_schema_extra={"pattern": "^(tls|smtp|imap|pop3|ldap|postgresql|mysql)://"}),
]
BucketName = Annotated[StrictStr, AfterValidator(_located(locators.bucket_name))]
ObjectKey = Annotated[
    StrictStr,
    AfterValidator(_matching(r"[\x21-\x7e]+", "an object's key is 1 to 256 characters of ASCII, without spaces.", 256)),
]
PartPath = Annotated[StrictStr, AfterValidator(_located(part_path))]
ExportPath = Annotated[StrictStr, AfterValidator(_located(export_path))]
DeviceName = Annotated[
    StrictStr,
    AfterValidator(
        _matching(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", "a device is named by letters, digits, ' ', '.', '_' and '-'.", 128)
    ),
    Field(json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9 ._-]*$"}),
]
HostKey = Annotated[StrictStr, AfterValidator(_host_key)]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]
Tiers = Annotated[tuple[Tier, ...], AfterValidator(_with_nightly)]
People = Annotated[StrictInt, Field(ge=0, le=10_000_000_000)]
