"""Buckets that a service's redirects lead through: real servers redirect, and a played AWS says whose the bucket is."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.facts.bucket_holders import BucketState, NamedBucket
from auditor.facts.storage_endpoints import Provider
from auditor.model import Asset, Reason, Tier
from auditor.observe import observe_with
from auditor.probe import Seen, Unseen
from auditor.probes.named_bucket import Lead
from auditor.probes.names import NO_STORAGE, NamesProbe
from auditor.probes.redirected_buckets import by_bucket
from auditor.probes.web import WebProbe
from auditor.reach import Reach, Reaches, Target
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import ACCOUNT, DENIED, Behaviour, Says, error
from auditor.rig.web import Site, web_listener
from tests.probes.aws_road import aws_at, certified
from tests.probes.bucket_road import credential
from tests.probes.web_rig import CLOSED_PORT, LIMITS

__all__ = ["certified", "credential"]
pytestmark = pytest.mark.usefixtures("credential")

NAME = "www.city.example"
WHO = Asset(id="a", kind="web", address=f"http://{NAME}/", system="s", tiers=frozenset(Tier))
OTHERS = Says("<ListAllMyBucketsResult><Buckets><Bucket><Name>c</Name></Bucket></Buckets></ListAllMyBucketsResult>")
NO_BUCKET = error("NoSuchBucket", 404)
PATH = "https://s3.us-east-1.amazonaws.com/b/index.html"
Papers = tuple[ssl.SSLContext, Path]
Sights = dict[str, NamedBucket | Reason]


def reach_of(says_at: str, papers: Papers, plain: int, **others: int) -> Reach:
    """NAME has plain HTTP alone; `others`: plain HTTP of further hosts of the city, by their first label."""
    access = aws_at(says_at, papers[1])
    own = {(f"{label}.city.example", 80): port for label, port in {"www": plain, **others}.items()}
    table = {key: (Target("127.0.0.1", port),) for key, port in own.items()}
    closed = {(NAME, 443): (Target("127.0.0.1", CLOSED_PORT),)}
    where = {**access.connect_to, **table, **closed}
    return Reaches(replace(access, connect_to=where, audited_profiles=(None,), limits=LIMITS)).of(WHO)


def sights_of(reach: Reach) -> Sights:
    said = [one for one in observe_with(NamesProbe(), WHO, reach) if isinstance(one, (Seen, Unseen))]
    found: Sights = {}
    for one in said:
        if isinstance(one, Unseen):
            assert one.facts_type is NamedBucket
            found[one.locus] = one.reason
        elif isinstance(one.facts, NamedBucket):
            found[one.locus] = one.facts
    return found


def looked(site: Site, papers: Papers, says: Mapping[str, Behaviour] | None = None) -> Sights:
    with hostile_s3(says or {}, tls=papers[0]) as aws, web_listener(site) as plain:
        return sights_of(reach_of(aws.url, papers, plain.port))


def to(*targets: str) -> Site:
    """A page that sends on to the first, which sends on to the next, as far as they lie on the same host."""
    paths = ("/", *targets)
    return Site(redirects={path: (302, target) for path, target in zip(paths, targets, strict=False)})


@pytest.mark.parametrize(
    ("says", "state", "holder", "listed"),
    [
        ({}, BucketState.EXISTS, ACCOUNT, ()),
        ({"buckets": OTHERS}, BucketState.EXISTS, "", (ACCOUNT,)),
        ({"buckets": OTHERS, "location": DENIED}, BucketState.EXISTS, "", (ACCOUNT,)),
        ({"buckets": OTHERS, "location": NO_BUCKET}, BucketState.ABSENT, "", ()),
    ],
)
@pytest.mark.parametrize("target", [PATH, "https://b.s3.us-east-1.amazonaws.com/", "/files"])
def test_what_is_told_of_a_bucket_in_a_redirect(
    certified: Papers,
    says: Mapping[str, Behaviour],
    state: BucketState,
    holder: str,
    listed: tuple[str, ...],
    target: str,
) -> None:
    site = to(target, "http://b.s3-website-us-east-1.amazonaws.com/")
    found = looked(site, certified, says)["redirects"]
    assert isinstance(found, NamedBucket)
    assert (found.state, found.holder, found.listed, found.bucket, found.provider) == (
        state,
        holder,
        listed,
        "b",
        "aws",
    )
    assert found.name == NAME
    assert found.url in (target, "http://b.s3-website-us-east-1.amazonaws.com/")


@pytest.mark.parametrize(
    "site",
    [
        Site(),
        to("/page", "/other"),
        to("https://www.example.net/s3.amazonaws.com/b"),
        to("https://s3.amazonaws.com.example.net/b"),
        to("https://d111111abcdef8.cloudfront.net/"),
        to("mailto:b@s3.amazonaws.com"),
        to("https://[::1/"),
        Site(status=200, headers=(("Location", PATH),)),
        Site(raw=b""),
    ],
)
def test_where_no_redirect_leads_to_storage_nothing_is_said_of_one(certified: Papers, site: Site) -> None:
    found = looked(site, certified)
    one = found.pop("")
    assert isinstance(one, NamedBucket)
    assert one.why_not != NO_STORAGE  # the connect-to file leads elsewhere with the name
    assert found == ({"redirects": Reason.CLOSED} if site.raw == b"" else {})


def test_a_bucket_counts_that_is_only_passed_through_and_the_hosts_on_the_way_are_told(certified: Papers) -> None:
    with (
        hostile_s3({"buckets": OTHERS}, tls=certified[0]) as aws,
        web_listener(Site(redirects={"*": (301, PATH)})) as forms,
        web_listener(to("http://forms.city.example/")) as plain,
    ):
        found = sights_of(reach_of(aws.url, certified, plain.port, forms=forms.port))["redirects"]
    assert isinstance(found, NamedBucket)
    assert found.aliases == ("forms.city.example", "s3.us-east-1.amazonaws.com")
    assert found.url == PATH


def test_of_several_ways_the_names_count_that_all_of_them_pass() -> None:
    ways = [("forms.plan.example", "b.s3.amazonaws.com"), ("x.example", "y.example", "b.s3.amazonaws.com")]
    leads = [Lead(NAME, names, names[-1], Provider.AWS, "b", PATH) for names in ways]
    for order in (leads, leads[::-1]):
        (lead,) = by_bucket(order).values()
        assert lead.names == ("b.s3.amazonaws.com",)
    both = [*leads, Lead(NAME, ("z.example",), "c.s3.amazonaws.com", Provider.AWS, "c", PATH)]
    assert [lead.bucket for lead in by_bucket(both).values()] == ["c", "b"]
    assert by_bucket([]) == {}


def test_what_nobody_can_say_of_a_bucket_is_a_reason_of_its_own_place(certified: Papers) -> None:
    found = looked(to(PATH), certified, {"buckets": DENIED, "location": Says("<html/>", 404)})
    assert found["redirects"] is Reason.MALFORMED
    azure = looked(to("https://elm.blob.core.windows.net/c"), certified)["redirects"]
    assert isinstance(azure, NamedBucket)
    assert (azure.state, azure.bucket) == (None, "elm")
    assert azure.why_not


def test_of_several_buckets_the_citys_own_comes_last(certified: Papers) -> None:
    """So that the first place keeps its meaning, whatever is added."""
    own, other = "https://s3.us-east-1.amazonaws.com/b", "http://z-bucket.s3.amazonaws.com/"
    with (
        hostile_s3({}, tls=certified[0]) as aws,
        web_listener(to(own)) as first,
        web_listener(to(other)) as second,
    ):
        reach = reach_of(aws.url, certified, first.port)
        table = {
            **reach.access.connect_to,
            (NAME, 80): (Target("127.0.0.1", first.port), Target("127.0.0.1", second.port)),
        }
        found = sights_of(Reaches(replace(reach.access, connect_to=table)).of(WHO))
    places = {at: one.bucket for at, one in found.items() if isinstance(one, NamedBucket) and one.bucket}
    assert places == {"redirects": "z-bucket", "redirects 2": "b"}


def test_more_buckets_than_are_asked_for_are_told_to_be_there(certified: Papers) -> None:
    with hostile_s3({"buckets": OTHERS}, tls=certified[0]) as aws, ExitStack() as held:
        sites = [to(f"https://s3.amazonaws.com/b{number}/") for number in range(11)]
        many = tuple(Target("127.0.0.1", held.enter_context(web_listener(site)).port) for site in sites)
        reach = reach_of(aws.url, certified, many[0].port)
        table = {**reach.access.connect_to, (NAME, 80): many}
        found = sights_of(Reaches(replace(reach.access, connect_to=table)).of(WHO))
    assert found["redirects 11"] is Reason.TOO_LONG
    assert len(found) == 12


def test_what_the_web_probe_has_asked_is_not_asked_again(certified: Papers) -> None:
    with hostile_s3({}, tls=certified[0]) as aws, web_listener(to(PATH)) as plain:
        reach = reach_of(aws.url, certified, plain.port)
        assert observe_with(WebProbe(), WHO, reach)
        before = plain.connections
        assert isinstance(sights_of(reach)["redirects"], NamedBucket)
        assert plain.connections == before


def test_another_look_asks_anew(certified: Papers) -> None:
    with hostile_s3({}, tls=certified[0]) as aws, web_listener(to(PATH)) as plain:
        reach = reach_of(aws.url, certified, plain.port)
        for _ in range(2):
            assert isinstance(sights_of(Reaches(reach.access).of(WHO))["redirects"], NamedBucket)
        assert plain.connections == 2
