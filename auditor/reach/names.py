"""Questions to the DNS about an asset's name: the library is loaded for these alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.model import Reason, Tier
from auditor.reach.access import Target
from auditor.reach.asking import Asking

if TYPE_CHECKING:
    from auditor.reach.aliases import Aliases
    from auditor.reach.dns import Caa
    from auditor.reach.service_records import HttpsAnswer, TlsaAnswer


class Names(Asking):
    """Every failure is an `Unreachable` with its reason."""

    def caa(self, name: str, *, seconds: float) -> tuple[Caa, ...]:
        """The CAA records that stand at one name; () for none. Raises Unreachable: DNS, OUT_OF_SCOPE.

        A third party is asked, this machine's resolver or the operator's, so it is done in the online tier alone. The
        public DNS knows nothing of a host that the connect-to file leads elsewhere.
        """
        from auditor.reach import dns  # noqa: PLC0415 - the library is loaded for these questions only

        return dns.ask_caa(name, self._nameservers(name), seconds=seconds)

    def aliases(self, name: str, *, seconds: float) -> Aliases:
        """Where a name leads by its aliases. Asked as `caa` asks, in the same tier. Raises what that raises."""
        from auditor.reach import aliases  # noqa: PLC0415 - see `caa`

        return aliases.ask_aliases(name, self._nameservers(name), seconds=seconds)

    def tlsa(self, name: str, port: int) -> TlsaAnswer:
        """The TLSA records of a TCP port of a name. Asked as `caa` asks, in the same tier. Raises what that raises."""
        from auditor.reach import service_records, sshfp  # noqa: PLC0415 - see `caa`

        believed = sshfp.believed(self.access.nameservers)
        return service_records.ask_tlsa(name, port, self._nameservers(name), believed, self.limits.operation_s)

    def https_records(self, name: str, port: int) -> HttpsAnswer:
        """The HTTPS records of a web service. Asked as `caa` asks, in the same tier. Raises what that raises, and
        TOO_LONG."""
        from auditor.reach import service_records  # noqa: PLC0415 - see `caa`

        return service_records.ask_https(name, port, self._nameservers(name), self.limits.operation_s)

    @property
    def is_led_elsewhere(self) -> bool:
        """Does the connect-to file say where the asset lies, so that the public DNS knows nothing of it?"""
        return not self.access.nameservers and any(host == self._host.lower() for host, _ in self.access.connect_to)

    def _nameservers(self, name: str) -> tuple[Target, ...]:
        from auditor.reach import dns  # noqa: PLC0415 - see `caa`

        if not self.asked(Tier.ONLINE) or self.access.fence.excludes(name):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"the DNS records of {name}")
        if self.is_led_elsewhere:
            raise Unreachable(Reason.OUT_OF_SCOPE, f"the connect-to file leads elsewhere with {self._host}: its DNS")
        return self.access.nameservers or dns.system_nameservers()

    def signed_host_keys(self, name: str) -> frozenset[tuple[str, bytes]]:
        """The SSH host keys that the signed zone of a name lists, by the word of a resolver on this machine that the
        operator named; none without such a one, or where the online tier is not asked. Raises Unreachable(DNS)."""
        from auditor.reach import sshfp  # noqa: PLC0415 - the library is loaded for this question only

        nameserver = sshfp.believed(self.access.nameservers)
        if nameserver is None or not self.asked(Tier.ONLINE) or self.access.fence.excludes(name):
            return frozenset()
        return sshfp.signed_fingerprints(name, nameserver, seconds=self.limits.operation_s)
