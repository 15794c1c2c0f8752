"""Of a Server header only the name of software that we know is kept."""

from __future__ import annotations

import pytest

from auditor.facts.web import Software
from auditor.probes.web_look import software_of


@pytest.mark.parametrize(
    ("headers", "software"),
    [
        ((), None),
        (("",), None),
        (("nginx",), Software.NGINX),
        (("nginx/1.22.1",), Software.NGINX),
        (("NGINX/1.25 (Debian)",), Software.NGINX),
        (("openresty/1.21",), Software.NGINX),
        (("Apache/2.4.57 (Debian) OpenSSL/3.0",), Software.APACHE),
        (("Apache-Coyote/1.1",), None),
        (("Microsoft-IIS/10.0",), Software.IIS),
        (("HAProxy",), Software.HAPROXY),
        (("a stranger nginx/1",), None),
        (("x" * 100_000,), None),
        (("Apache", "nginx"), Software.APACHE),
    ],
)
def test_the_first_product_counts(headers: tuple[str, ...], software: Software | None) -> None:
    assert software_of(headers) is software
