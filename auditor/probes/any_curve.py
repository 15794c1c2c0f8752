"""A second handshake, where the first found nothing in common: with curves on which no browser takes a certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.probes.handshake_talk import Wants

T = TypeVar("T")


def first_as_anybody(shake: Callable[[Wants], T]) -> T:
    """OpenSSL shows a certificate to those alone who offer its curve. Raises the first failure where both fail."""
    try:
        return shake(Wants.ANYTHING)
    except Unreachable as error:
        if error.reason is not Reason.TLS_FAILED:
            raise
        try:
            return shake(Wants.ANY_CURVE)
        except Unreachable:
            raise error from None
