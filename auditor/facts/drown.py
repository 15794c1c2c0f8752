"""Where the inventory shows an asset's RSA keys beside SSL 2.0. Knows no rule."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssl2Place(Plain):
    """A place that accepts SSL 2.0 and belongs to an asset that shows `key`, the SHA-256 of a public key."""

    asset: str
    locus: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrownExposure(Facts):
    """Derived from all assets of a run. `rsa_keys`: how many the asset shows; `places`: where they are exposed."""

    rsa_keys: int
    places: tuple[Ssl2Place, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.places and not self.rsa_keys:
            raise ValueError("only a key can be exposed")
