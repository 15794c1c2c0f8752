"""What AWS's services around S3 say of an account that holds nothing special: fixed answers, by host and path."""

from __future__ import annotations

JSON, XML = "application/x-amz-json-1.1", "text/xml"
NO_MULTI_REGION = b"<ListMultiRegionAccessPointsResult><AccessPoints/></ListMultiRegionAccessPointsResult>"
NO_ACCESS_POINTS = b"<ListAccessPointsResult><AccessPointList/></ListAccessPointsResult>"
NO_GRANTS = b"<ListAccessGrantsInstancesResult/>"
NO_BLOCK = b"<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error></ErrorResponse>"
NO_DIRECTORY = b"<ListAllMyDirectoryBucketsResult><Buckets/></ListAllMyDirectoryBucketsResult>"
NO_ORGANISATION = b'{"__type": "AWSOrganizationsNotInUseException"}'
BY_SERVICE = {
    "organizations": (400, NO_ORGANISATION, JSON),
    "s3express-control": (200, NO_DIRECTORY, XML),
    "s3tables": (200, b'{"tableBuckets": []}', JSON),
}
BY_PATH = {
    "mrap": (200, NO_MULTI_REGION, XML),
    "accesspoint": (200, NO_ACCESS_POINTS, XML),
    "accessgrantsinstances": (200, NO_GRANTS, XML),
    "configuration": (404, NO_BLOCK, XML),
}


def beside(host: str, path: str) -> tuple[int, bytes, str] | None:
    """Status, body and content type; None for what is S3's own."""
    words = host.partition(":")[0].split(".")
    if ".s3-control." in host:
        return BY_PATH.get(path.partition("?")[0].strip("/").split("/")[1])
    return BY_SERVICE.get(words[0])
