"""The questions to Amazon Macie about one bucket: is it in use, when did it look, how many findings of which type.

All of them read, and none gives content: samples of what was found are another call, which is not in the table.
"""

from __future__ import annotations

from auditor.reach.s3_account import AccountCalls
from auditor.reach.s3_answers import NOT_ENABLED
from auditor.reach.s3_calls import Answer, Question

CLASSIFICATION = "CLASSIFICATION"  # the category of findings that speak of content; the others speak of settings


class MacieCalls:
    """Of the account behind a credential, in one region. Every failure is an `Unreachable` with its reason."""

    def __init__(self, account: AccountCalls, region: str) -> None:
        self._account = account
        self._region = region

    def session(self) -> Answer:
        """Once in a run for each region. `value` None: Macie is not in use there, by its own word."""
        question = Question(
            service="macie2",
            method="get_macie_session",
            parameters={},
            absent=NOT_ENABLED,
            region=self._region,
        )
        return self._account.told(question)

    def bucket(self, name: str) -> Answer:
        return self._told("describe_buckets", {"criteria": {"bucketName": {"eq": [name]}}, "maxResults": 2})

    def counts(self, name: str) -> Answer:
        """Findings of the bucket that are not archived, counted by type."""
        criterion = {
            "resourcesAffected.s3Bucket.name": {"eq": [name]},
            "category": {"eq": [CLASSIFICATION]},
            "archived": {"eq": ["false"]},
        }
        return self._told(
            "get_finding_statistics", {"groupBy": "type", "size": 50, "findingCriteria": {"criterion": criterion}}
        )

    def _told(self, method: str, parameters: dict[str, object]) -> Answer:
        question = Question(service="macie2", method=method, parameters=parameters, region=self._region)
        return self._account.told(question)
