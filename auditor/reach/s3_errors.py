"""What an S3 server's error code means: the one place that turns it into a reason. Knows no SDK."""

from __future__ import annotations

from auditor.model import Reason

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "Blocked",
        "PendingVerification",
        "UnauthorizedAccess",
        "UnauthorizedOperation",
        "403",
    }
)
THROTTLED = frozenset(
    {
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequests",
        "TooManyRequestsException",
        "BandwidthLimitExceeded",
        "ServiceUnavailable",
        "Unavailable",
        "429",
        "503",
    }
)
NOT_ACCEPTED = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "InvalidClientTokenId",
        "TokenRefreshRequired",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "UnrecognizedClientException",
        "AuthFailure",
        "AuthorizationHeaderMalformed",
        "NotSignedUp",
        "OptInRequired",
        "401",
    }
)
NOT_KNOWN = frozenset({"NotImplemented", "MethodNotAllowed", "UnsupportedOperationException", "405", "501"})
GONE = frozenset(
    {
        "NoSuchBucket",
        "NotFoundException",
        "NoSuchAccessPoint",
        "InvalidSnapshot.NotFound",
        "DBSnapshotNotFound",
        "DBClusterSnapshotNotFoundFault",
    }
)
TIMES_OUT = frozenset({"RequestTimeout", "504"})

# Worth one more question after a pause; the others would say the same again.
TRANSIENT = frozenset({Reason.THROTTLED, Reason.RESET, Reason.CLOSED, Reason.TRUNCATED})

_TABLE = (
    (DENIED, Reason.ACCESS_DENIED),
    (THROTTLED, Reason.THROTTLED),
    (NOT_ACCEPTED, Reason.AUTH_FAILED),
    (NOT_KNOWN, Reason.NOT_IMPLEMENTED),
    (GONE, Reason.GONE),
    (TIMES_OUT, Reason.TIMEOUT),
)


def reason_of_error(code: str, status: int) -> Reason:
    """The reason behind an error answer.

    `code`: the answer's Code element, or "" where there was none that could be read; then the HTTP `status` speaks, but
    only for denied, throttled and unknown questions: a bare 404 may come from anything on the way. A code that nobody
    documents is MALFORMED, which is never "not configured".
    """
    for codes, reason in _TABLE:
        if (code or str(status)) in codes:
            return reason
    return Reason.MALFORMED
