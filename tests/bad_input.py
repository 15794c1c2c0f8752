"""A web service that is well, beside one that is not: both through the whole road, from address to letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from auditor import plugins
from auditor.clock import utc_now
from auditor.model import Asset, Grade, Outcome, Report, Sensitivity, Tier
from auditor.observe import observe
from auditor.pipeline import Question, assess
from auditor.reach import Access, Limits, Reaches, Target
from auditor.rig.authority import Authority
from auditor.rig.listener import Listener
from auditor.rig.replies import Reply
from auditor.rig.web import Site, server_context, web_listener
from auditor.rubric import read_rubric

QUICK = Limits(operation_s=0.5, host_s=12.0, shell_s=3.0, pause_s=0.0)
YEAR = "max-age=31536000"
ROOT = Authority.root("Bad Input Root")
WELL = "well.example"
ILL = "ill.example"
Places = dict[tuple[str, int], tuple[Target, ...]]


def web(host: str) -> Asset:
    tiers = frozenset({Tier.NIGHTLY})
    return Asset(
        id=host, kind="web", address=f"https://{host}/", system="", tiers=tiers, sensitivity=Sensitivity.PUBLIC
    )


@dataclass(frozen=True)
class Judged:
    """A report, read by asset."""

    report: Report

    def grade(self, asset: str) -> Grade:
        return next(grade for grade in self.report.asset_grades if grade.id == asset)

    def outcomes(self, asset: str) -> dict[str, Outcome]:
        found = [finding for finding in self.report.findings if finding.asset == asset]
        return {finding.check: finding.outcome for finding in found}

    def reasons(self, asset: str) -> set[str]:
        return {finding.reason for finding in self.report.findings if finding.asset == asset and finding.reason}


class Street:
    """A folder of certificates, and where each name leads."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.places: Places = {}
        self.ca_file = folder / "root.pem"
        self.ca_file.write_bytes(ROOT.pem)
        self.well = self.serve(WELL)

    def serve(self, host: str, site: Site | None = None, **context: object) -> int:
        """A good HTTPS listener and its redirecting neighbour; returns the HTTPS port."""
        paper = ROOT.leaf(host).write(self._folder / f"{host}.pem")
        tls = server_context(paper, **context)  # type: ignore[arg-type]
        https = self._stack.enter_context(web_listener(site or Site(hsts=YEAR), tls)).port
        self.plain(host, Site(redirects={"*": (301, f"https://{host}/")}))
        self.lead(host, 443, https)
        return https

    def plain(self, host: str, site: Site) -> None:
        self.lead(host, 80, self._stack.enter_context(web_listener(site)).port)

    def lead(self, host: str, port: int, to: int) -> None:
        self.places[host, port] = (Target("127.0.0.1", to),)

    def judge(self, *assets: Asset, places: Mapping[tuple[str, int], tuple[Target, ...]] | None = None) -> Judged:
        """Both neighbours, or the assets given, in one run."""
        chosen = assets or (web(WELL), web(ILL))
        access = Access(limits=QUICK, ca_file=self.ca_file, connect_to=dict(places or self.places))
        question = Question(assets=chosen, rubric=read_rubric())
        parts = plugins.load()
        looks = observe(chosen, parts, Reaches(access))
        return Judged(assess(looks, question, parts, began=utc_now(), clock=utc_now))


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    with ExitStack() as stack:
        yield Street(folder, stack)


def speaks(reply: Reply) -> Callable[[ExitStack], int]:
    """A listener that answers every connection so, after it heard something."""

    def start(stack: ExitStack) -> int:
        def serve(connection: object, _: int) -> None:
            if connection.recv(65_536):  # type: ignore[attr-defined]
                reply.play(connection)  # type: ignore[arg-type]

        return stack.enter_context(Listener(serve)).port

    return start
