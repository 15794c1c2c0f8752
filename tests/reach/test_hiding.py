"""What a library can do without is not loaded for it, and nobody else misses it."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from auditor.reach.hiding import hidden

SDK_ALONE = """
import ssl, sys
from auditor.reach import Access, Reaches
Reaches(Access()).storage()
from botocore import httpsession
assert httpsession.SSLContext is ssl.SSLContext
print(*sorted({"OpenSSL", "cryptography", "botocore"} & sys.modules.keys()))
import urllib3.contrib.pyopenssl
"""


def test_the_storage_sdk_is_loaded_without_pyopenssl_and_whoever_wants_that_still_has_it() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SDK_ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["botocore"]


def test_what_is_hidden_is_not_there_and_comes_back() -> None:
    sys.modules.pop("colorsys", None)
    with hidden(("colorsys", "sys")):
        assert sys.modules["sys"] is sys
        with pytest.raises(ImportError), hidden(("colorsys",)):
            importlib.import_module("colorsys")
    assert importlib.import_module("colorsys").rgb_to_hsv


def test_it_comes_back_where_loading_fails() -> None:
    sys.modules.pop("colorsys", None)
    with pytest.raises(ZeroDivisionError), hidden(("colorsys",)):
        raise ZeroDivisionError
    assert "colorsys" not in sys.modules
