"""Every operation that storage is asked, and the permission of AWS that it needs: the least that suffices.

From the Service Authorization Reference. An operation that is not named here is not carried: the table is whole, and
nothing in it writes.
"""

from __future__ import annotations

NIGHTLY: dict[str, str] = {
    "kms:DescribeKey": "kms:DescribeKey",
    "kms:GetKeyPolicy": "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus": "kms:GetKeyRotationStatus",
    "kms:ListGrants": "kms:ListGrants",
    "organizations:DescribeOrganization": "organizations:DescribeOrganization",
    "s3:GetBucketAcl": "s3:GetBucketAcl",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLocation": "s3:GetBucketLocation",
    "s3:GetBucketLogging": "s3:GetBucketLogging",
    "s3:GetBucketOwnershipControls": "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy": "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus": "s3:GetBucketPolicyStatus",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetBucketTagging": "s3:GetBucketTagging",
    "s3:GetBucketVersioning": "s3:GetBucketVersioning",
    "s3:GetBucketWebsite": "s3:GetBucketWebsite",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "",  # it is asked for the region in its header, which comes whatever the permissions
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "s3control:GetAccessPoint": "s3:GetAccessPoint",
    "s3control:GetAccessPointPolicy": "s3:GetAccessPointPolicy",
    "s3control:GetAccessPointPolicyStatus": "s3:GetAccessPointPolicyStatus",
    "s3control:GetMultiRegionAccessPointPolicy": "s3:GetMultiRegionAccessPointPolicy",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "s3control:ListAccessGrantsInstances": "s3:ListAccessGrantsInstances",
    "s3control:ListAccessPoints": "s3:ListAccessPoints",
    "s3control:ListMultiRegionAccessPoints": "s3:ListMultiRegionAccessPoints",
    "s3tables:ListTableBuckets": "s3tables:ListTableBuckets",
    "sts:GetCallerIdentity": "",  # everybody may ask who they are
}
DEEP: dict[str, str] = {
    "macie2:DescribeBuckets": "macie2:DescribeBuckets",
    "macie2:GetFindingStatistics": "macie2:GetFindingStatistics",
    "macie2:GetMacieSession": "macie2:GetMacieSession",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
}
DISKS: dict[str, str] = {  # what an account holds beside its buckets, every night
    "ec2:DescribeInstances": "ec2:DescribeInstances",
    "ec2:DescribeRegions": "ec2:DescribeRegions",
    "ec2:DescribeSnapshotAttribute": "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots": "ec2:DescribeSnapshots",
    "ec2:DescribeVolumes": "ec2:DescribeVolumes",
    "ec2:GetEbsEncryptionByDefault": "ec2:GetEbsEncryptionByDefault",
    "rds:DescribeDBClusterSnapshotAttributes": "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots": "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters": "rds:DescribeDBClusters",
    "rds:DescribeDBInstances": "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshotAttributes": "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots": "rds:DescribeDBSnapshots",
}
PRIVILEGED: dict[str, str] = {
    "s3:HeadObject": "s3:GetObject",  # AWS has no smaller permission for it
    "s3:ListObjectVersions": "s3:ListBucketVersions",
}
LISTS: dict[str, str] = {  # privileged too: of the bucket that S3 Inventory writes its lists into
    "s3:GetObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}
SAMPLING: dict[str, str] = {  # a credential of its own, where the inventory names one
    "s3:GetObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}
ACTIONS = {**NIGHTLY, **DEEP, **DISKS, **PRIVILEGED, **LISTS, **SAMPLING}
