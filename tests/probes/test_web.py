"""The web probe on real listeners: what it says of good and bad services, and how little it asks for it."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from auditor import codec
from auditor.facts.certificate_variants import CertificateVariant, VariantRevocation
from auditor.facts.certificates import CertificateSeen, PathEnd
from auditor.facts.full_handshake import FullHandshake
from auditor.facts.tls import TlsVersion
from auditor.facts.web import Hsts, HttpOutcome, HttpsAnswer, HttpsOffer, HttpsService, PlainHttp, Redirects
from auditor.model import Asset, Outcome
from auditor.probe import Seen
from auditor.probes.web import WebProbe
from auditor.reach import Access, Fence, Limits, Reaches, Target
from auditor.rig.authority import Authority, Issued, self_signed
from auditor.rig.listener import Listener
from auditor.rig.web import Site, server_context, web_listener
from checks.derivations.http_outcome import http_outcome
from checks.web import content_over_http
from tests.probes.web_rig import HTTP, HTTPS, NAME, WITH_ONLINE, look

ROOT = Authority.root()
MIDDLE = ROOT.intermediate()
GOOD = MIDDLE.leaf(NAME)
HSTS = "max-age=31536000"
LOCI = {PlainHttp: HTTP, CertificateVariant: f"{HTTPS} RSA", VariantRevocation: f"{HTTPS} RSA"}
REDIRECT = Site(redirects={"*": (301, f"https://{NAME}/")})


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ROOT.pem)
    return path


def tls(tmp_path: Path, issued: Issued = GOOD) -> ssl.SSLContext:
    return server_context(issued.write(tmp_path / f"{issued.certificate.serial_number:x}.pem"))


def test_a_good_service_takes_three_connections_and_four_handshakes_of_other_clients(
    tmp_path: Path, ca_file: Path
) -> None:
    with web_listener(Site(hsts=HSTS), tls(tmp_path)) as secure, web_listener(REDIRECT) as plain:
        looked = look({443: secure.port, 80: plain.port}, ca_file=ca_file)
    assert looked.facts(CertificateSeen).end is PathEnd.ANCHORED
    assert looked.facts(HttpsOffer).answer is HttpsAnswer.TLS
    service = looked.facts(HttpsService)
    assert (service.status, service.hsts_headers, service.hsts) == (200, (HSTS,), Hsts(max_age_s=31_536_000))
    chain = looked.facts(PlainHttp, HTTP).chain
    assert chain
    assert [(hop.scheme, hop.status, hop.has_body) for hop in chain.hops] == [
        ("http", 301, False),
        ("https", 200, True),
    ]
    assert looked.facts(Redirects, HTTP).chain == chain
    assert (looked.connections, secure.connections, plain.connections) == (3 + 4, 2 + 4, 1)
    assert len(looked.observations) == 6 + 4 + 2  # of two authorities nothing, without the online tier
    usual = [looked.facts(CertificateVariant, f"{HTTPS} {one}").is_usual for one in ("ECDSA", "RSA")]
    assert usual == [True, False]
    assert looked.facts(FullHandshake).version is TlsVersion.TLS13


def test_only_the_first_hsts_header_counts(tmp_path: Path) -> None:
    """RFC 6797 section 8.1; all of them are kept."""
    headers = (("Strict-Transport-Security", "max-age=banana"), ("strict-transport-security", HSTS))
    with web_listener(Site(headers=headers), tls(tmp_path)) as secure:
        service = look({443: secure.port, 80: None}).facts(HttpsService)
    assert (service.hsts_headers, service.hsts) == (("max-age=banana", HSTS), None)


def test_the_path_and_query_of_the_asset_are_asked_and_the_query_is_not_kept(tmp_path: Path) -> None:
    with web_listener(Site(), tls(tmp_path)) as secure, web_listener(REDIRECT) as plain:
        looked = look({443: secure.port, 80: plain.port}, url=f"https://{NAME}/form?token=secret")
    assert (secure.requests[-1], plain.requests) == ("/form?token=secret", ["/form?token=secret"])
    assert "secret" not in repr(looked.observations)


def test_another_port_than_443_is_asked_and_port_80_too(tmp_path: Path) -> None:
    with web_listener(Site(), tls(tmp_path)) as secure, web_listener(REDIRECT) as plain:
        looked = look({8443: secure.port, 80: plain.port, 443: secure.port}, url=f"https://{NAME}:8443/")
    assert looked.facts(HttpsOffer, "127.0.0.1:8443").url == f"https://{NAME}:8443/"
    assert looked.facts(PlainHttp, HTTP).chain


def test_every_address_is_a_locus_of_its_own(tmp_path: Path, ca_file: Path) -> None:
    with (
        web_listener(Site(hsts=HSTS), tls(tmp_path)) as good,
        web_listener(Site(), tls(tmp_path, self_signed(NAME)), address="127.0.0.2") as bad,
        web_listener(Site(), tls(tmp_path), address="::1") as sixth,
    ):
        targets = (Target("127.0.0.1", good.port), Target("127.0.0.2", bad.port), Target("::1", sixth.port))
        access = Access(
            ca_file=ca_file, limits=Limits(pause_s=0), connect_to={(NAME, 443): targets, (NAME, 80): targets}
        )
        asset = Asset(id="a", kind="web", address=f"https://{NAME}/", system="s")
        said = list(WebProbe().observe(asset, Reaches(access).of(asset)))
    ends = {
        one.locus: one.facts.end for one in said if isinstance(one, Seen) and isinstance(one.facts, CertificateSeen)
    }
    assert ends == {
        "127.0.0.1:443": PathEnd.ANCHORED,
        "127.0.0.2:443": PathEnd.SELF_SIGNED,
        "[::1]:443": PathEnd.ANCHORED,
    }


@pytest.mark.parametrize(
    ("site", "bodies", "status"),
    [
        (Site(), [True], 200),
        (Site(status=404), [True], 404),
        (Site(body=b""), [False], 200),
        (Site(status=401), [True], 401),
    ],
)
def test_what_plain_http_answers_itself(tmp_path: Path, site: Site, bodies: list[bool], status: int) -> None:
    with web_listener(Site(), tls(tmp_path)) as secure, web_listener(site) as plain:
        chain = look({443: secure.port, 80: plain.port}).facts(PlainHttp, HTTP).chain
    assert chain
    assert ([hop.has_body for hop in chain.hops], chain.hops[-1].status, chain.stopped) == (bodies, status, "")


def test_a_closed_port_80_is_seen_as_closed_while_https_answers(tmp_path: Path) -> None:
    with web_listener(Site(), tls(tmp_path)) as secure:
        looked = look({443: secure.port, 80: None})
    assert looked.facts(PlainHttp, HTTP).chain is None
    assert looked.facts(Redirects, HTTP).chain is None


def test_a_host_that_stops_answering_has_no_closed_ports(tmp_path: Path) -> None:
    """It answers one handshake, then closes: its closed port 80 proves nothing."""

    def gone(guest: ssl.SSLSocket) -> None:
        guest.close()

    with web_listener(Site(speak=gone), tls(tmp_path)) as secure:  # type: ignore[arg-type]
        looked = look({443: secure.port, 80: None})
    assert looked.facts(HttpsOffer).answer is HttpsAnswer.TLS
    assert looked.reason(PlainHttp, HTTP) == "refused"


def test_nothing_at_all_is_unseen() -> None:
    looked = look({443: None, 80: None})
    for facts_type in WebProbe.yields:
        assert looked.reason(facts_type, LOCI.get(facts_type, HTTPS)) == "refused"


def test_http_without_https_is_seen_after_two_refusals() -> None:
    with web_listener(Site()) as plain:
        looked = look({443: None, 80: plain.port})
    offer = looked.facts(HttpsOffer)
    assert (offer.answer, offer.plain_http_status) == (HttpsAnswer.REFUSED, 200)
    assert looked.reason(CertificateSeen) == looked.reason(HttpsService) == "refused"


def test_http_on_the_https_port_is_no_https() -> None:
    def serve(guest: socket.socket, _: int) -> None:
        guest.recv(8_192)
        guest.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with Listener(serve) as plain:
        looked = look({443: plain.port, 80: None})
    assert looked.facts(HttpsOffer).answer is HttpsAnswer.PLAIN_HTTP
    assert looked.reason(CertificateSeen) == "not_tls"
    assert looked.facts(PlainHttp, HTTP).chain is None


def test_a_no_that_is_not_said_twice_is_inconsistent() -> None:
    def serve(guest: socket.socket, number: int) -> None:
        guest.recv(8_192)
        guest.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" if number == 1 else b"SSH-2.0-x\r\n")

    with Listener(serve) as plain:
        assert look({443: plain.port, 80: None}).reason(HttpsOffer) == "inconsistent"


def test_a_certificate_with_hostile_names_is_kept_harmlessly(tmp_path: Path) -> None:
    text = "<script>alert(1)</script>\x1b[2J\x00=cmd()"
    with web_listener(Site(), tls(tmp_path, MIDDLE.leaf(text))) as secure:
        seen = look({443: secure.port, 80: None}).facts(CertificateSeen)
    assert seen.dns_names == (text,)
    assert codec.decode(codec.encode(seen), [CertificateSeen]) == seen


def test_a_name_that_tls_refuses_is_seen_only_while_http_answers(tmp_path: Path) -> None:
    context = tls(tmp_path)
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    with web_listener(Site(), context) as secure, web_listener(Site()) as plain:
        assert look({443: secure.port, 80: plain.port}).facts(HttpsOffer).answer is HttpsAnswer.NAME_REFUSED
        assert look({443: secure.port, 80: None}).reason(HttpsOffer) == "tls_failed"


def test_a_server_that_wants_a_client_certificate_offers_https_and_shows_no_page(tmp_path: Path, ca_file: Path) -> None:
    context = tls(tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    with web_listener(Site(hsts=HSTS), context) as secure:
        looked = look({443: secure.port, 80: None}, ca_file=ca_file)
    assert looked.facts(CertificateSeen).end is PathEnd.ANCHORED
    assert looked.facts(HttpsOffer).answer is HttpsAnswer.TLS
    # In TLS 1.3 the refusal comes after the handshake, and may be overtaken by the end of the connection.
    assert looked.reason(HttpsService) in {"tls_failed", "closed", "reset"}


SELF = f"http://{NAME}/"


@pytest.mark.parametrize(
    ("location", "stopped", "scheme", "hops"),
    [
        (SELF, "redirect_loop", "http", 1),
        ("/", "redirect_loop", "http", 1),
        ("/a", "redirect_loop", "http", 2),
        ("ftp://www.rig.example/", "out_of_scope", "ftp", 1),
        ("file:///etc/passwd", "out_of_scope", "file", 1),
        ("javascript:alert(1)", "out_of_scope", "javascript", 1),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "out_of_scope", "gopher", 1),
        ("http://127.0.0.1/", "private_space", "http", 1),
        ("http://[::1]/", "private_space", "http", 1),
        ("http://10.0.0.1/", "private_space", "http", 1),
        ("http://169.254.169.254/latest/meta-data/", "private_space", "http", 1),
        ("http://[::ffff:169.254.169.254]/", "private_space", "http", 1),
        ("http://localhost/", "private_space", "http", 1),
        ("https://192.168.1.1/", "private_space", "https", 1),
        ("\\\\127.0.0.1\\x", "private_space", "http", 1),
        ("http:\\\\127.0.0.1/", "private_space", "http", 1),
        ("  h\tttp://127.0.0.1/", "private_space", "http", 1),
        ("http://[::1/", "malformed", "", 1),
        ("http://a.example:port/", "malformed", "", 1),
        ("https:///", "malformed", "", 1),
    ],
)
def test_where_following_stops(location: str, stopped: str, scheme: str, hops: int) -> None:
    """The asset's name was mapped by the operator, so it does not count as declared in private space."""
    with web_listener(Site(redirects={"*": (302, location)})) as plain:
        chain = look({443: None, 80: plain.port}).facts(PlainHttp, HTTP).chain
    assert chain
    assert (chain.stopped, chain.unfollowed_scheme, len(chain.hops)) == (stopped, scheme, hops)


def test_ten_redirects_are_followed_and_no_more() -> None:
    table = {f"/{number}": (302, f"/{number + 1}") for number in range(30)} | {"/": (302, "/0")}
    with web_listener(Site(redirects=table)) as plain:
        chain = look({443: None, 80: plain.port}).facts(PlainHttp, HTTP).chain
    assert chain
    assert (chain.stopped, len(chain.hops), plain.connections) == ("redirect_loop", 11, 11)


def test_a_host_outside_the_fence_is_not_asked() -> None:
    with (
        web_listener(Site()) as outside,
        web_listener(Site(redirects={"*": (301, "http://else.example.net/")})) as plain,
    ):
        looked = look(
            {443: None, 80: plain.port},
            others={("else.example.net", 80): outside.port},
            fence=Fence(suffixes=frozenset({"rig.example"})),
        )
    chain = looked.facts(PlainHttp, HTTP).chain
    assert chain
    assert (chain.stopped, chain.unfollowed, outside.connections) == ("out_of_scope", "http://else.example.net/", 0)


def test_hops_go_across_hosts_inside_the_fence_and_users_and_queries_are_not_kept(tmp_path: Path) -> None:
    there = "https://user:secret@login.rig.example/in?session=secret#secret"
    with (
        web_listener(Site(), tls(tmp_path)) as login,
        web_listener(Site(redirects={"*": (307, there)})) as plain,
    ):
        looked = look({443: None, 80: plain.port}, others={("login.rig.example", 443): login.port})
    chain = looked.facts(PlainHttp, HTTP).chain
    assert chain
    assert [hop.url for hop in chain.hops] == [SELF, "https://login.rig.example/in?…"]
    assert login.requests == ["/in?session=secret"]
    assert "secret" not in repr(looked.observations)


def test_a_downgrade_is_followed(tmp_path: Path) -> None:
    with (
        web_listener(Site(redirects={"*": (302, f"http://{NAME}/page")}), tls(tmp_path)) as secure,
        web_listener(Site(redirects={"/": (301, f"https://{NAME}/")})) as plain,
    ):
        looked = look({443: secure.port, 80: plain.port})
    chain = looked.facts(Redirects).chain
    assert chain
    assert [hop.scheme for hop in chain.hops] == ["https", "http"]
    assert looked.connections == 4 + 4


@pytest.mark.parametrize(
    "headers", [(("Location", "/a"), ("Location", "/b")), (("Location", "/a"), ("location", "/a"))]
)
def test_two_locations(headers: tuple[tuple[str, str], ...]) -> None:
    raw = (
        "HTTP/1.1 302 x\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "Content-Length: 0\r\n\r\n"
    )
    with web_listener(Site(raw=raw.encode())) as plain:
        chain = look({443: None, 80: plain.port}).facts(PlainHttp, HTTP).chain
    assert chain
    assert chain.stopped == ("malformed" if len({value for _, value in headers}) > 1 else "redirect_loop")


def test_the_issuer_is_fetched_only_in_the_online_tier(tmp_path: Path, ca_file: Path) -> None:
    leaf = MIDDLE.leaf(NAME, issuer_url="http://ca.rig.example/middle.der").without_chain()
    with (
        web_listener(Site(), tls(tmp_path, leaf)) as secure,
        web_listener(Site(body=MIDDLE.issued.der)) as ca,
    ):
        options = {"ca_file": ca_file, "others": {("ca.rig.example", 80): ca.port}}
        nightly = look({443: secure.port, 80: None}, **options)  # type: ignore[arg-type]
        assert ca.connections == 0
        online = look({443: secure.port, 80: None}, tiers=WITH_ONLINE, **options)  # type: ignore[arg-type]
    assert nightly.facts(CertificateSeen).end is PathEnd.ISSUER_MISSING
    assert online.facts(CertificateSeen).end is PathEnd.ANCHORED_WITH_HELP
    assert ca.requests == ["/middle.der"]


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://169.254.169.254/x", "http://[::1/", "http://"])
def test_an_issuers_address_is_a_strangers_word(tmp_path: Path, ca_file: Path, url: str) -> None:
    leaf = MIDDLE.leaf(NAME, issuer_url=url).without_chain()
    with web_listener(Site(), tls(tmp_path, leaf)) as secure:
        seen = look({443: secure.port, 80: None}, ca_file=ca_file, tiers=WITH_ONLINE).facts(CertificateSeen)
    assert seen.end is PathEnd.ISSUER_MISSING
    assert seen.issuer_fetch


def test_an_issuer_without_end_is_not_read_for_ever(tmp_path: Path, ca_file: Path) -> None:
    leaf = MIDDLE.leaf(NAME, issuer_url="http://ca.rig.example/").without_chain()
    with (
        web_listener(Site(), tls(tmp_path, leaf)) as secure,
        web_listener(Site(body=MIDDLE.issued.der + bytes(100_000))) as ca,
    ):
        others = {("ca.rig.example", 80): ca.port}
        seen = look({443: secure.port, 80: None}, ca_file=ca_file, tiers=WITH_ONLINE, others=others).facts(
            CertificateSeen
        )
    assert seen.end is PathEnd.ISSUER_MISSING


def test_a_silent_host_ends_inside_the_deadlines() -> None:
    """The handshake twice, the second time with less patience, and port 80 once: the address is known by then."""

    def silent(guest: ssl.SSLSocket) -> None:
        guest.recv(1)

    with web_listener(Site(speak=silent)) as plain:  # type: ignore[arg-type]
        began = time.monotonic()
        looked = look({443: plain.port, 80: plain.port}, limits=Limits(operation_s=0.3, pause_s=0.0))
        assert time.monotonic() - began < 0.9 + 0.5
    assert {looked.reason(kind, LOCI.get(kind, HTTPS)) for kind in WebProbe.yields} == {"timeout"}
    assert looked.connections == 3


def test_the_plan_touches_nothing_and_names_all() -> None:
    asset = Asset(id="a", kind="web", address="https://www.rig.example:8443/x?token=1", system="s", tiers=WITH_ONLINE)
    plan = list(WebProbe().plan(asset))
    assert plan[0] == "tcp www.rig.example:8443 one TLS handshake, GET https://www.rig.example:8443/x?…"
    assert plan[1].startswith("tcp www.rig.example:8443 TLS handshakes for RSA alone")
    assert plan[2].startswith("tcp www.rig.example:80 GET http://www.rig.example/x?…")
    assert len(plan) == 4


# --- plain HTTP on another port that the inventory declares


@pytest.mark.parametrize(
    ("site", "outcome"),
    [(Site(), Outcome.FAIL), (REDIRECT, Outcome.PASS)],
    ids=["content", "redirect"],
)
def test_plain_http_on_another_declared_port_is_judged(
    tmp_path: Path, ca_file: Path, site: Site, outcome: Outcome
) -> None:
    with web_listener(Site(hsts=HSTS), tls(tmp_path)) as secure, web_listener(site) as plain:
        ports: dict[int, int | None] = {443: secure.port, 8080: plain.port}
        looked = look(ports, ca_file=ca_file, url=f"http://{NAME}:8080/")
    seen = looked.at(PlainHttp, "127.0.0.1:8080")
    assert isinstance(seen, Seen)
    assert isinstance(seen.facts, PlainHttp)
    ended = http_outcome.derive(seen.facts)
    assert isinstance(ended, HttpOutcome)
    assert content_over_http.judge(ended).outcome is outcome
    assert looked.facts(HttpsOffer).answer is HttpsAnswer.TLS
