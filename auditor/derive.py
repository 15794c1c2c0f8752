"""What a derivation is: facts → further facts, pure, run at judging time and never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

from auditor.facts.base import Facts
from auditor.facts.declared import Declared
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.records import dataclass


class Undecided(Exception):
    """Raised by a derivation whose facts do not settle the question: the result is Unseen with this reason.

    One proven bad fact settles a question even when others are unknown; health needs all of them.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Placed:
    """An observation and the asset it is of."""

    asset: str
    observation: Seen | Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class LocusDerivation:
    """Facts of one locus → one further facts value at that locus.

    `derive` gets the facts in the order of `reads`. If one of them is Unseen there, the result is Unseen with the
    same reason; the function may also raise `Undecided`. `Declared` may be among `reads`, and is there at every locus.
    """

    reads: tuple[type[Facts], ...]
    yields: type[Facts]
    derive: Callable[..., Facts]

    @property
    def source(self) -> str:
        return f"{self.derive.__module__}:{self.derive.__qualname__}"


Rows = Mapping[type[Facts], Mapping[str, Seen | Unseen]]  # facts type → locus → what was seen there


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDerivation:
    """Facts of all loci of one asset → one further facts value, of the whole asset.

    `derive` gets every Seen and Unseen of the types in `reads`, and decides itself what an Unseen means; it may raise
    `Undecided`. Its answer stands at locus "". `Declared` may be among `reads`, and is there at locus "".
    """

    reads: tuple[type[Facts], ...]
    yields: type[Facts]
    derive: Callable[[Rows], Facts]

    @property
    def source(self) -> str:
        return f"{self.derive.__module__}:{self.derive.__qualname__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDerivation:
    """Facts of all assets of the run → further facts of named assets.

    `derive` gets every Seen and Unseen of the types in `reads`, in the order (asset, locus), and decides itself
    what an Unseen means. For each asset that has one of `reads` it must say something of `yields`; where it says
    nothing, the result is Unseen.
    """

    reads: tuple[type[Facts], ...]
    yields: type[Facts]
    derive: Callable[[tuple[Placed, ...]], Iterable[Placed]]

    @property
    def source(self) -> str:
        return f"{self.derive.__module__}:{self.derive.__qualname__}"


Derivation = LocusDerivation | AssetDerivation | RunDerivation


def can_arise(derivation: Derivation, known: Set[type[Facts]]) -> bool:
    """Are there facts for it to conclude from? At one locus it needs all of them; what was declared is always there."""
    inputs = set(derivation.reads) - {Declared}
    return bool(inputs) and (inputs <= known if isinstance(derivation, LocusDerivation) else bool(inputs & known))


def derive(*, reads: tuple[type[Facts], ...], yields: type[Facts]) -> Callable[[Callable[..., Facts]], LocusDerivation]:
    """Make a derivation of a pure function from facts of one locus."""

    def decorate(function: Callable[..., Facts]) -> LocusDerivation:
        return LocusDerivation(reads=reads, yields=yields, derive=function)

    return decorate


def derive_from_places(
    *, reads: tuple[type[Facts], ...], yields: type[Facts]
) -> Callable[[Callable[[Rows], Facts]], AssetDerivation]:
    """Make a derivation of a pure function from facts of all loci of one asset."""

    def decorate(function: Callable[[Rows], Facts]) -> AssetDerivation:
        return AssetDerivation(reads=reads, yields=yields, derive=function)

    return decorate


def derive_from_all(
    *, reads: tuple[type[Facts], ...], yields: type[Facts]
) -> Callable[[Callable[[tuple[Placed, ...]], Iterable[Placed]]], RunDerivation]:
    """Make a derivation of a pure function from facts of all assets."""

    def decorate(function: Callable[[tuple[Placed, ...]], Iterable[Placed]]) -> RunDerivation:
        return RunDerivation(reads=reads, yields=yields, derive=function)

    return decorate
