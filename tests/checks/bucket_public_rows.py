"""Policies and blocks of the rules about the public."""

from __future__ import annotations

from tests.derivations.bucket_facts import (
    allow,
    document,
    when,
)

BY_REFERER = document(allow(**when("StringLike", "aws:Referer", "x")))


READ = allow()
