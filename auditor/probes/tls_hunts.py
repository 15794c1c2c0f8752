"""Topics that find all of a list that an endpoint takes, by leaving out of each hello what was taken before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from auditor.facts.cipher_suites import suite
from auditor.model import Reason
from auditor.probes.flight import Prime
from auditor.probes.offer import Offer
from auditor.probes.server_hello import Alert, Answer, ServerHello
from auditor.probes.tls_chunks import CERTIFICATE_CURVES, PRIME_GROUPS
from auditor.probes.tls_meaning import words
from auditor.probes.tls_topics import Assure, Single, Topic

UNEXPECTED_MESSAGE, PROTOCOL_VERSION = 10, 70
SMALL_PORTION = 48  # suites
USUAL_SUITES = 3  # of TLS 1.3, that most servers take


class SuiteHunt(Topic):
    """Which of these suites are taken? Leaves out of each hello what was picked before.

    `known_groups`: groups of TLS 1.3 that are taken, if hellos may leave them out. `groups`: those it was told of.
    """

    def __init__(
        self,
        offer: Offer,
        *,
        is_accepted: bool = True,
        assure: Assure | None = None,
        known_groups: tuple[int, ...] = (),
    ) -> None:
        super().__init__(offer, is_accepted=is_accepted, assure=assure)
        self.found: list[int] = []
        self.primes: list[Prime] = []
        self.without_prime = 0  # how many suites picked should have shown a prime, and did not
        self.groups: list[int] = list(known_groups)
        self._is_narrow = bool(known_groups)
        self._left = list(offer.suites)
        self._most = len(self._left)  # suites of one hello
        self._declined: list[int] = []  # in smaller portions
        self._is_doubted = False  # was the last answer a decline of the version?

    def take(self, answer: Answer) -> None:
        """A hello that left out the groups known to be taken says nothing when it is declined: they come back.

        Nor does it if the version is declined, which is accepted: where another hello gets another answer there are two
        servers.
        """
        is_narrow = bool(self.groups) and not set(self._asked.groups) >= set(self.groups)
        is_of_version = self._is_accepted and answer == Alert(PROTOCOL_VERSION)
        is_doubted, self._is_doubted = self._is_doubted, is_of_version and not self._is_doubted
        super().take(answer)
        label = self.offer.version.label
        if is_doubted and not is_of_version:
            detail = f"{label} was accepted, then declined by alert 70, and then a hello in it {words(answer)}"
            self.unclear = (Reason.INCONSISTENT, detail)
        elif self._is_doubted:
            self.closed, self.unclear = "", (Reason.TLS_FAILED, f"{label} was accepted, and then declined by alert 70")
        elif is_narrow and self.closed:
            self.closed, self._is_narrow = "", False
        elif self.closed:
            self._go_on()

    def shorten(self) -> None:
        """Boxes were seen that break on long lists, and servers that read no further than 64 suites."""
        self._most = min(self._most, SMALL_PORTION)

    def decline(self, how: str) -> None:
        super().decline(how)
        self._go_on()

    def reopen(self) -> None:
        super().reopen()
        self._left, self._declined = [*self._declined, *self._left], []

    def _go_on(self) -> None:
        """One portion is declined; are there more?"""
        portion = set(self._left[: self._most])
        if len(self._left) > self._most:
            self.closed = ""
            self._declined += [one for one in self._left if one in portion]
            self._left = [one for one in self._left if one not in portion]

    def _next(self) -> Offer | None:
        """The usual three suites of TLS 1.3 are asked for with fresh groups alone: each answer then tells of one."""
        if not self._left:
            return None
        suites, groups = tuple(self._left[: self._most]), self.offer.groups
        if self.groups:
            fresh = tuple(group for group in groups if group not in self.groups)
            known = tuple(group for group in groups if group in self.groups)
            is_narrow = self._is_narrow and known and fresh and len(self.found) < USUAL_SUITES - 1
            groups = fresh if is_narrow else (*fresh, *known)
        return self.offer.asking(suites, groups)

    def _keep(self, answer: ServerHello) -> None:
        self._is_accepted = True
        self._left.remove(answer.suite)
        self.found.append(answer.suite)
        if answer.group and answer.group not in self.groups:
            self.groups.append(answer.group)
        if answer.flight.prime is not None:
            self.primes.append(answer.flight.prime)
        elif suite(answer.suite).is_finite_field:
            self.without_prime += 1


class NamedPrimeHunt(SuiteHunt):
    """Which suites with a prime are taken from a client that names the primes of RFC 7919? And are weak ones declined?

    GnuTLS without primes of its own has these for such clients alone. A server that knows these names and none of the
    primes must keep its own to itself then (section 4), so they are named only where nothing was found without
    (`beside`), and in an older version not where they were declined in a `newer` one.

    The hello also has weak suites that the hunts `beside` saw declined, by what may have been one alert out of trouble.
    So it goes out when those have ended.
    """

    def __init__(
        self, offer: Offer, *, beside: Sequence[SuiteHunt], newer: Sequence[SuiteHunt], assure: Assure
    ) -> None:
        super().__init__(offer, assure=assure)
        self._beside = beside
        self._newer = newer

    @property
    def is_waiting(self) -> bool:
        return any(not (hunt.closed or hunt.unclear) for hunt in self._beside)

    def _next(self) -> Offer | None:
        taken = {one for hunt in self._beside for one in hunt.found}
        is_idle = bool(self._newer) and all(hunt.closed and not _primed(hunt.found) for hunt in self._newer)
        if is_idle:
            return None
        gone = {*taken, *(one for one in self._left if suite(one).is_finite_field)} if _primed(taken) else taken
        self._left = [one for one in self._left if one not in gone]
        return super()._next()


def _primed(numbers: Iterable[int]) -> bool:
    """Is there a suite with a prime among them?"""
    return any(suite(one).is_finite_field for one in numbers)


class GroupHunt(Topic):
    """Which of these groups does TLS 1.3 take? The HelloRetryRequest names them.

    Java declines by alert 10 (unexpected_message) where it knows none of them; like alert 80 that takes two hellos.
    `beside`: hunts for suites of the same endpoint, which are told of groups too. `is_apart`: each prime group is asked
    for on its own. The first hello has meaningless numbers beside the groups: where it is answered, `is_tolerant`.
    """

    def __init__(
        self, offer: Offer, found: Iterable[int], *, beside: Sequence[SuiteHunt] = (), is_apart: bool = False
    ) -> None:
        super().__init__(offer)
        self.found: list[int] = []
        self.is_tolerant = False
        self._beside = beside
        self._is_apart = is_apart
        self._has_greased = False
        self._left = list(offer.groups)
        for group in found:
            self.add(group)

    def take(self, answer: Answer) -> None:
        is_repeated = answer == self._before == Alert(UNEXPECTED_MESSAGE)
        super().take(answer)
        if is_repeated:
            self.unclear, self.closed = None, "alert 10 (unexpected_message) to two different hellos"
        if self._asked.grease:
            self._has_greased = True
            self.is_tolerant = not (self.closed or self.unclear)
            self.closed = ""  # it is asked again without

    def add(self, group: int) -> None:
        """A group that is taken, whoever saw it. One prime group stands for all, unless they are asked apart."""
        if group in self._left:
            self.found.append(group)
            gone = PRIME_GROUPS if group in PRIME_GROUPS and not self._is_apart else (group,)
            self._left = [one for one in self._left if one not in gone]

    def learn(self) -> None:
        """What the hunts beside it were told."""
        for hunt in self._beside:
            for group in hunt.groups:
                self.add(group)

    @property
    def is_waiting(self) -> bool:
        return any(not (hunt.closed or hunt.unclear) for hunt in self._beside)

    def assured(self, hello: Offer) -> Offer | None:
        return hello.with_groups(*hello.groups, self.found[0]) if self.found else None

    def _next(self) -> Offer | None:
        self.learn()
        if not self._left:
            return None
        asked = self.offer.with_groups(*self._left)
        return asked if self._has_greased else asked.but(grease=True)

    def _keep(self, answer: ServerHello) -> None:
        if answer.group in self._asked.groups:
            self.add(answer.group)
        else:
            self.unclear = (Reason.MALFORMED, f"group {answer.group:#06x} was named, and not offered")


class OldGroupHunt(Topic):
    """Which of these groups does an older version take? The ServerKeyExchange names them.

    A server with an ECDSA certificate alone takes nobody who does not offer the certificate's own curve. Where it
    declines without, each curve that such certificates have comes back in turn, last: what the server passes over for
    it, no client that can read its certificate will ever meet.
    """

    def __init__(self, offer: Offer, *, needs_curve: bool, options: Single) -> None:
        super().__init__(offer)
        self.found: list[int] = []
        self.has_explicit_curve = False
        self._options = options
        self._needs_curve = needs_curve
        self._left = list(offer.groups)
        self._curves = list(CERTIFICATE_CURVES) if needs_curve else []
        self._curve: tuple[int, ...] = ()

    def take(self, answer: Answer) -> None:
        super().take(answer)
        if self.closed and not isinstance(answer, ServerHello):
            self.decline(self.closed)

    def assured(self, hello: Offer) -> Offer | None:
        """With a group that was seen to be taken, and with the curves that the certificate may lie on."""
        seen = self._options.hello.flight.group if self._options.hello else 0
        taken = self.found[:1] or ([seen] if seen else [])
        beside = (*taken, *(CERTIFICATE_CURVES if self._needs_curve else ()))
        return hello.with_groups(*dict.fromkeys((*hello.groups, *beside))) if taken else None

    def decline(self, how: str) -> None:
        super().decline(how)
        if self._curves:
            self.closed, self._curve = "", (self._curves.pop(0),)

    def _next(self) -> Offer | None:
        rest = [group for group in self._left if group not in self._curve]
        return self.offer.with_groups(*rest, *self._curve) if rest else None

    def _keep(self, answer: ServerHello) -> None:
        flight = answer.flight
        if flight.has_explicit_curve:
            self.has_explicit_curve = True
            self.closed = "it answers with a curve of its own"
        elif flight.group in self._asked.groups:
            self._add(flight.group)
        elif not flight.has_key_exchange:
            self.unclear = (Reason.TRUNCATED, "the key exchange did not come")
        else:
            self.unclear = (Reason.MALFORMED, f"group {flight.group:#06x} was picked, and not offered")

    def _add(self, group: int) -> None:
        if group in self._left:
            self._left.remove(group)
            self.found.append(group)
        if group in self._curve:
            self.closed = f"group {group} is picked before any of them"
