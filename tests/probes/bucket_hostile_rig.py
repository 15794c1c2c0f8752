"""Answers of a bucket that is bad, or whose server is."""

from __future__ import annotations

from auditor.model import Outcome
from auditor.rig.hostile_s3_answers import (
    ACL,
    Says,
)

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
PUBLIC_ACL = Says(
    ACL.replace(
        "</AccessControlList>",
        "<Grant><Grantee xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'>"
        "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>WRITE</Permission></Grant>"
        "</AccessControlList>",
    )
)
