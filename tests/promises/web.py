"""A web service on loopback with faults that can be fixed one by one."""

from __future__ import annotations

import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

from auditor.model import Asset, Report, Sensitivity, Step, StepKind, Tier
from auditor.reach import Access, Reaches, Target
from auditor.rig.authority import Authority, Issued, Key, ec_key, rsa_key, self_signed
from auditor.rig.faults import FaultProxy, after
from auditor.rig.hybrid_tls import HybridTls
from auditor.rig.replies import Close
from auditor.rig.web import Site, server_context, web_listener
from tests.promises.road import QUICK, printed, report_of

NAME = "promises.rig.example"
ISSUERS = "issuers.rig.example"
CLOSED = 1  # tcpmux: nothing listens there
VERSIONS = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
MODERN = {ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3}


@cache
def root() -> Authority:
    return Authority.root("Promises Root")


@cache
def issuer() -> Authority:
    return root().intermediate("Promises Issuer")


@cache
def weak_key() -> Key:
    return rsa_key(1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebService:
    """The defaults are those of a service with nothing left to do but to ask more tiers."""

    hsts: str | None = "max-age=31536000"
    protocols: str = "TLSv1.2 TLSv1.3"
    is_expired: bool = False
    is_self_signed: bool = False
    is_for: str = NAME
    has_weak_key: bool = False
    sends_chain: bool = True
    speaks_https: bool = True
    plain_http: str = "redirect"  # redirect | content | not found | closed
    leads_to: str = ""  # where the https answer redirects to
    serves: int | None = None  # TLS connections before the port stops answering; None: it never does
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    tiers: frozenset[Tier] = frozenset({Tier.NIGHTLY, Tier.ONLINE})

    def report(self) -> Report:
        asset = Asset(
            id="a", kind="web", address=f"https://{NAME}/", system="", tiers=self.tiers, sensitivity=self.sensitivity
        )
        with tempfile.TemporaryDirectory() as folder, self.served(Path(folder)) as access:
            return report_of(asset, Reaches(access))

    def fixed(self, step: Step) -> Self:
        if step.kind is StepKind.ASK:
            return replace(self, tiers=frozenset(Tier))
        match step.check:
            case "web-hsts-missing" | "web-hsts-short" | "web-hsts-fleeting":
                return replace(
                    self, hsts=printed(step.check, r'`add_header Strict-Transport-Security "([^"]*)" always;`')
                )
            case "tls-legacy-version" | "tls-no-tls13":
                return replace(self, protocols=printed(step.check, r"`ssl_protocols ([^;]*);`"))
            case "certificate-expired":
                return replace(self, is_expired=False)
            case "certificate-untrusted":
                return replace(self, is_self_signed=False)
            case "certificate-wrong-name":
                return replace(self, is_for=NAME)
            case "certificate-weak-key":
                return replace(self, has_weak_key=False)
            case "certificate-incomplete-chain":
                return replace(self, sends_chain=True)
            case "web-no-https":
                return replace(self, speaks_https=True)
            case "web-content-over-http" | "web-http-not-redirected":
                return replace(self, plain_http="redirect")
            case "web-https-downgrade":
                return replace(self, leads_to="")
        raise AssertionError(f"no way is known to do {step}")

    @contextmanager
    def served(self, folder: Path) -> Iterator[Access]:
        """The listeners while the block lasts; how to get at them."""
        roots = folder / "roots.pem"
        roots.write_bytes(root().pem)
        with ExitStack() as stack:
            published = stack.enter_context(web_listener(Site(body=issuer().issued.der)))
            ports = {
                (NAME, 443): self._https(stack, folder),
                (NAME, 80): self._http(stack),
                (ISSUERS, 80): published.port,
            }
            yield Access(
                ca_file=roots,
                limits=QUICK,
                connect_to={place: (Target("127.0.0.1", port),) for place, port in ports.items()},
            )

    def _https(self, stack: ExitStack, folder: Path) -> int:
        redirects = {"/": (302, self.leads_to)} if self.leads_to else {}
        site = Site(hsts=self.hsts, redirects=redirects)
        if not self.speaks_https:
            return CLOSED
        listed = [VERSIONS[name] for name in re.findall(r"\S+", self.protocols)]
        paper = self._certificate().write(folder / "server.pem")
        is_modern = set(listed) == MODERN and not self.has_weak_key
        context = HybridTls(paper) if is_modern else server_context(paper, oldest=min(listed), newest=max(listed))
        listener = stack.enter_context(web_listener(site, context))
        if self.serves is None:
            return listener.port
        proxy = FaultProxy(("127.0.0.1", listener.port), after(self.serves, Close()))
        return stack.enter_context(proxy).port

    def _http(self, stack: ExitStack) -> int:
        if self.plain_http == "closed":
            return CLOSED
        site = {
            "redirect": Site(redirects={"*": (301, f"https://{NAME}/home")}),
            "content": Site(),
            "not found": Site(status=404),
        }[self.plain_http]
        return stack.enter_context(web_listener(site)).port

    def _certificate(self) -> Issued:
        key = weak_key() if self.has_weak_key else ec_key()
        ended = datetime.now(UTC) - timedelta(days=3) if self.is_expired else None
        if self.is_self_signed:
            return self_signed(self.is_for, key=key, not_after=ended)
        url = f"http://{ISSUERS}/issuer.der"
        made = issuer().leaf(self.is_for, key=key, not_after=ended, issuer_url=url)
        return made if self.sends_chain else made.without_chain()
