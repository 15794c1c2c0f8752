"""Storage is told by its names: every form that the providers describe, look-alikes, and whatever else there is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.storage_endpoints import Form, Provider, StorageEndpoint, partition_of, storage_at, storage_in

HEX = "0123456789abcdef" * 2
AWS, AZURE, GOOGLE = Provider.AWS, Provider.AZURE, Provider.GOOGLE
HOST, PATH, WEBSITE, DOOR, UNREAD = Form.HOST, Form.PATH, Form.WEBSITE, Form.DOOR, Form.UNREAD
KNOWN = [
    ("elm-files.s3.amazonaws.com", AWS, HOST, "elm-files", ""),
    ("elm-files.s3.us-east-1.amazonaws.com", AWS, HOST, "elm-files", "us-east-1"),
    ("ELM-FILES.S3.US-EAST-1.AMAZONAWS.COM.", AWS, HOST, "elm-files", "us-east-1"),
    ("www.elm.example.s3.eu-west-1.amazonaws.com", AWS, HOST, "www.elm.example", "eu-west-1"),
    ("elm-files.s3-us-west-2.amazonaws.com", AWS, HOST, "elm-files", "us-west-2"),
    ("elm-files.s3.us-gov-west-1.amazonaws.com", AWS, HOST, "elm-files", "us-gov-west-1"),
    ("elm-files.s3.cn-north-1.amazonaws.com.cn", AWS, HOST, "elm-files", "cn-north-1"),
    ("elm-files.s3.dualstack.us-east-2.amazonaws.com", AWS, HOST, "elm-files", "us-east-2"),
    ("elm-files.s3-fips.us-gov-east-1.amazonaws.com", AWS, HOST, "elm-files", "us-gov-east-1"),
    ("elm-files.s3-external-1.amazonaws.com", AWS, HOST, "elm-files", ""),
    ("a.s3.us-east-1.s3.amazonaws.com", AWS, HOST, "a.s3.us-east-1", ""),
    ("s3.amazonaws.com/elm-files/a/b.pdf", AWS, PATH, "elm-files", ""),
    ("s3.amazonaws.com/", AWS, PATH, "", ""),
    ("s3-eu-west-1.amazonaws.com/elm-files", AWS, PATH, "elm-files", "eu-west-1"),
    ("s3.ap-southeast-2.amazonaws.com/elm%2Dfiles/x", AWS, PATH, "elm-files", "ap-southeast-2"),
    ("s3.dualstack.us-east-1.amazonaws.com/elm-files/", AWS, PATH, "elm-files", "us-east-1"),
    ("elm-files.s3-website-us-east-1.amazonaws.com", AWS, WEBSITE, "elm-files", "us-east-1"),
    ("elm-files.s3-website.eu-central-1.amazonaws.com", AWS, WEBSITE, "elm-files", "eu-central-1"),
    ("elm-files.s3-website.cn-northwest-1.amazonaws.com.cn", AWS, WEBSITE, "elm-files", "cn-northwest-1"),
    ("s3-website-us-east-1.amazonaws.com", AWS, WEBSITE, "", "us-east-1"),
    ("elm-files.s3-accelerate.amazonaws.com", AWS, Form.ACCELERATE, "elm-files", ""),
    ("elm-files.s3-accelerate.dualstack.amazonaws.com", AWS, Form.ACCELERATE, "elm-files", ""),
    ("forms-123456789012.s3-accesspoint.us-east-1.amazonaws.com", AWS, DOOR, "", "us-east-1"),
    ("forms-a1b2c3d4e5-s3alias.s3.us-east-1.amazonaws.com", AWS, DOOR, "", "us-east-1"),
    ("s3.us-east-1.amazonaws.com/forms-a1b2c3d4e5-s3alias/x", AWS, DOOR, "", "us-east-1"),
    ("mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", AWS, Form.REGION_DOOR, "", ""),
    ("b.bucket.vpce-1a2b-5c6d.s3.us-east-1.vpce.amazonaws.com", AWS, Form.PRIVATE, "b", "us-east-1"),
    ("elm-files.s3-tomorrow.amazonaws.com", AWS, UNREAD, "", ""),
    *((f"{name}.us-east-1.amazonaws.com", AWS, UNREAD, "", "") for name in (
        "elm.s3-website.dualstack", "s3-website.dualstack", "s3-w", "elm--use1-az4--x-s3.s3express-use1-az4",
        "f-123456789012.op-01ac5d28a6a232904.s3-outposts", "f-123456789012.s3-object-lambda-fips",
    )),
    ("elm.s3-website.dualstack.cn-north-1.amazonaws.com.cn", AWS, UNREAD, "", ""),
    ("elm-files.s3.eusc-de-east-1.amazonaws.eu", AWS, UNREAD, "", ""),
    ("elm-files.s3-website.eusc-de-east-1.amazonaws.eu", AWS, UNREAD, "", ""),
    ("s3.eusc-de-east-1.amazonaws.eu/elm-files", AWS, UNREAD, "", ""),
    ("s3.cn-north-1.amazonaws.com.cn/forms-a1b2c3d4e5-s3alias/x", AWS, DOOR, "", "cn-north-1"),
    ("s3.amazonaws.com/Elm_Files/x", AWS, PATH, "Elm_Files", ""),  # made before 2018: another than elm_files
    ("elmfiles.blob.core.windows.net/public/a.pdf", AZURE, HOST, "elmfiles", ""),
    ("elmfiles.dfs.core.windows.net", AZURE, HOST, "elmfiles", ""),
    ("elmfiles.file.core.usgovcloudapi.net", AZURE, HOST, "elmfiles", ""),
    ("elmfiles.blob.core.chinacloudapi.cn", AZURE, HOST, "elmfiles", ""),
    ("elmfiles.z13.web.core.windows.net", AZURE, WEBSITE, "elmfiles", ""),
    ("elmfiles.z22.blob.storage.azure.net", AZURE, HOST, "elmfiles", ""),
    ("elmfiles.other.core.windows.net", AZURE, UNREAD, "", ""),
    ("storage.googleapis.com/elm_files/x", GOOGLE, PATH, "elm_files", ""),
    ("elm-files.storage.googleapis.com", GOOGLE, HOST, "elm-files", ""),
    ("c.storage.googleapis.com", GOOGLE, Form.BY_NAME, "", ""),
    ("storage.cloud.google.com/elm-files", GOOGLE, PATH, "elm-files", ""),
    ("firebasestorage.googleapis.com/v0/b/elm.appspot.com/o/x", Provider.FIREBASE, PATH, "elm.appspot.com", ""),
    (f"elm.{HEX}.r2.cloudflarestorage.com", Provider.R2, HOST, "elm", ""),
    (f"{HEX}.eu.r2.cloudflarestorage.com/elm/x", Provider.R2, PATH, "elm", ""),
    (f"pub-{HEX}.r2.dev", Provider.R2, DOOR, "", ""),
    ("elm.nyc3.digitaloceanspaces.com", Provider.SPACES, HOST, "elm", ""),
    ("elm.nyc3.cdn.digitaloceanspaces.com", Provider.SPACES, HOST, "elm", ""),
    ("nyc3.digitaloceanspaces.com/elm/x", Provider.SPACES, PATH, "elm", ""),
    ("s3.eu-central-1.wasabisys.com/elm", Provider.WASABI, PATH, "elm", ""),
    ("elm.s3.wasabisys.com", Provider.WASABI, HOST, "elm", ""),
    ("f003.backblazeb2.com/file/elm/x.csv", Provider.BACKBLAZE, PATH, "elm", ""),
    ("elm.s3.us-west-004.backblazeb2.com", Provider.BACKBLAZE, HOST, "elm", ""),
    ("elm.us-east-1.linodeobjects.com", Provider.LINODE, HOST, "elm", ""),
    ("elm.website-us-east-1.linodeobjects.com", Provider.LINODE, WEBSITE, "elm", ""),
    ("objectstorage.us-ashburn-1.oraclecloud.com/n/town/b/elm/o/x", Provider.OCI, PATH, "elm", ""),
    ("objectstorage.us-ashburn-1.oraclecloud.com/p/token/n/town/b/elm/o/x", Provider.OCI, PATH, "elm", ""),
    ("elm.oss-cn-hangzhou.aliyuncs.com", Provider.OSS, HOST, "elm", ""),
    ("objectstorage.us-gov-ashburn-1.oraclegovcloud.com/n/town/b/elm/o/x", Provider.OCI, PATH, "elm", ""),
    ("elm.s3.nl-ams.scw.cloud", Provider.SCALEWAY, HOST, "elm", ""),
    ("www.elm.example.s3-website.fr-par.scw.cloud", Provider.SCALEWAY, WEBSITE, "www.elm.example", ""),
    ("s3.fr-par.scw.cloud/elm/x", Provider.SCALEWAY, PATH, "elm", ""),
    ("elm.s3.gra.io.cloud.ovh.net", Provider.OVH, HOST, "elm", ""),
    ("s3.us-east-va.io.cloud.ovh.us/elm", Provider.OVH, PATH, "elm", ""),
    ("elm.fsn1.your-objectstorage.com", Provider.HETZNER, HOST, "elm", ""),
    ("elm.s3.us-south.cloud-object-storage.appdomain.cloud", Provider.IBM, HOST, "elm", ""),
    ("elm.s3-web.us-south.cloud-object-storage.appdomain.cloud", Provider.IBM, WEBSITE, "elm", ""),
    ("elm.ewr1.vultrobjects.com", Provider.VULTR, HOST, "elm", ""),
    ("elm.sos-ch-gva-2.exo.io", Provider.EXOSCALE, HOST, "elm", ""),
    ("elm.of.tomorrow.vultrobjects.com/x", Provider.VULTR, HOST, "elm.of", ""),
    ("elm-1250000000.cos.ap-guangzhou.myqcloud.com", Provider.TENCENT, HOST, "elm-1250000000", ""),
]  # fmt: skip


@pytest.mark.parametrize(("place", "provider", "form", "bucket", "region"), KNOWN)
def test_every_form_is_known(place: str, provider: Provider, form: Form, bucket: str, region: str) -> None:
    found = storage_in(f"https://{place}")
    assert found is not None
    assert (found.provider, found.form, found.bucket, found.region) == (provider, form, bucket, region)
    host, _, path = place.partition("/")
    assert storage_at(host, path) == found


@pytest.mark.parametrize(
    "host",
    [
        "www.elm.example", "", ".", "localhost", "amazonaws.com", "ec2.us-east-1.amazonaws.com",
        "elm.s3.amazonaws.com.elm.example", "s3.amazonaws.com.evil.example", "nots3.amazonaws.com",
        "d111111abcdef8.cloudfront.net", "elm.execute-api.us-east-1.amazonaws.com", "storage.elm.example",
        "elmfiles.blob.core.windows.net.elm.example", "www.googleapis.com", "maps.googleapis.com", "192.0.2.1", "::1",
        "elm.database.windows.net", "backblazeb2.example", "é.example",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_none(host: str) -> None:
    assert storage_at(host) is None


def test_what_a_form_says_beside_the_name() -> None:
    site, door = storage_at("s3-website-us-east-1.amazonaws.com"), storage_at(KNOWN[22][0])
    assert site
    assert (site.by_host, site.has_https, site.takes_own_certificate) == (True, False, False)
    assert door
    assert (door.account, door.by_host) == ("123456789012", False)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_a_region_lies_in_one_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition


@pytest.mark.parametrize(
    ("address", "bucket"),
    [("s3://elm-files", "elm-files"), ("s3://elm-files/x", "elm-files"), ("gs://elm_files", "elm_files")],
)
def test_the_tools_own_addresses_are_read(address: str, bucket: str) -> None:
    found = storage_in(address)
    assert found
    assert found.bucket == bucket


ENDS = st.sampled_from([place.partition("/")[0] for place, *_ in KNOWN])
PARTS = st.text(alphabet="abz019-._/%{}[]@:?#é\x00 ", max_size=12) | st.text(max_size=6)


@settings(max_examples=150, deadline=None)
@given(PARTS, ENDS, PARTS)
def test_nothing_makes_it_stumble_and_a_bucket_is_a_name(before: str, host: str, after: str) -> None:
    for found in (
        storage_in(f"https://{before}{host}{after}"),
        storage_in(before + after),
        storage_at(before + host, after),
        storage_at(host, after),
    ):
        assert found is None or isinstance(found, StorageEndpoint)
        if found and found.bucket:
            assert set(found.bucket.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
