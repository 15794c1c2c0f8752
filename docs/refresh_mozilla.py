"""Mozilla's guideline file → the two profiles that rest on it.

    curl -O https://ssl-config.mozilla.org/guidelines/6.0.json
    python docs/refresh_mozilla.py 6.0.json 2026-04-06

The second word is the day on which that version was published, which the file does not say.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "auditor" / "profiles" / "data"
GROUPS = {"X25519": "x25519", "prime256v1": "secp256r1", "X448": "x448"}  # the registry's names, where they differ
TYPES = {"ecdsa": "ec", "rsa": "rsa"}


def main(path: str, published: str) -> None:
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    for name in ("intermediate", "modern"):
        lines = profile(name, said["configurations"][name], said["version"], said["href"], published)
        (DATA / f"mozilla-{name}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def profile(name: str, asks: dict[str, Any], version: float, source: str, published: str) -> Iterator[str]:
    yield f'# Mozilla\'s server side TLS guideline, "{name}". Written by `python docs/refresh_mozilla.py`.'
    yield f'id = "mozilla-{name}"'
    yield f'title = "Mozilla server side TLS {version}, {name}"'
    yield f'source = "{source}"'
    yield f"date = {published}"
    versions = [text.replace("TLSv", "tls") for text in asks["tls_versions"]]
    labels = " and ".join(text.replace("tls", "TLS ") for text in versions)
    yield from rule("versions", f"{labels}, and nothing older", allowed=versions, required=versions)
    suites = [*asks["ciphersuites"], *asks["ciphers"]["iana"]]
    yield from rule("suites", f"the {len(suites)} suites of the guideline, and no other", allowed=suites)
    groups = [GROUPS.get(group, group) for group in asks["tls_curves"]]
    yield from rule("groups", f"{', '.join(groups)}, and no other group", allowed=groups)
    bits = {"ec": asks["ecdh_param_size"], "rsa": asks["rsa_key_size"]}
    least = {TYPES[kind]: bits[TYPES[kind]] for kind in asks["certificate_types"]}
    words = " or ".join(f"{kind.upper()} of {number} bits or more" for kind, number in least.items())
    curves = [GROUPS.get(curve, curve) for curve in asks["certificate_curves"]]
    yield from rule("key", f"a certificate for {words}", least_bits=least, curves=curves)
    signed = (
        text.lower().removeprefix("ecdsa-with-").removesuffix("withrsaencryption")
        for text in asks["certificate_signatures"]
    )
    hashes = sorted({*signed, "sha384", "sha512"})  # RSA with a longer hash is no weaker
    yield from rule("signature", "a certificate that is signed with SHA-256 or better", allowed=hashes)
    days = asks["maximum_certificate_lifespan"]
    yield from rule("lifetime", f"a certificate of {days} days at most", most_days=days)
    yield from rule("hsts", f"HSTS of {asks['hsts_min_age']} seconds or more", least_seconds=asks["hsts_min_age"])
    if asks["ocsp_staple"]:
        yield from rule("staple", "a stapled OCSP answer")


def rule(kind: str, text: str, **values: object) -> Iterator[str]:
    yield from ("", "[[rule]]", f'kind = "{kind}"', f'text = "{text}"')
    for key, value in values.items():
        yield from written(key, value)


def written(key: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"{key} = {{ {', '.join(f'{name} = {number}' for name, number in value.items())} }}"
    elif isinstance(value, list):
        line = f"{key} = {json.dumps(value)}"
        yield from [line] if len(line) <= 110 else [f"{key} = [", *(f"    {json.dumps(item)}," for item in value), "]"]
    else:
        yield f"{key} = {value}"


if __name__ == "__main__":
    main(*sys.argv[1:])
