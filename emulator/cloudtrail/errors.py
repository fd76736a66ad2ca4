"""Every error of AWS CloudTrail that occurs here, one function each, with AWS's words where they are known.

Texts that were seen on AWS are in ``docs/fidelity.md`` with their sources; the others are worded alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.errors import ServiceError
from emulator.validate import violations_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.validate import Violation

__all__ = [
    "arn_invalid",
    "bucket_does_not_exist",
    "insight_not_enabled",
    "insufficient_bucket_policy",
    "invalid",
    "invalid_bucket_name",
    "invalid_event_selectors",
    "invalid_home_region",
    "invalid_insight_selectors",
    "invalid_key",
    "invalid_log_group",
    "invalid_log_role",
    "invalid_lookup_attributes",
    "invalid_next_token",
    "invalid_parameter_combination",
    "invalid_prefix",
    "invalid_tag",
    "invalid_time_range",
    "invalid_token",
    "invalid_topic_name",
    "invalid_trail_name",
    "not_in_an_organization",
    "resource_not_found",
    "resource_type_not_supported",
    "too_many_tags",
    "too_many_trails",
    "trail_already_exists",
    "trail_not_found",
    "unsupported_operation",
]


def invalid_trail_name(message: str) -> ServiceError:
    """A name that no trail can have."""
    return ServiceError("InvalidTrailNameException", message)


def arn_invalid(message: str = "The ARN is not that of a trail.") -> ServiceError:
    """A text that is no trail's ARN where one is needed, or an ARN that may not be used here."""
    return ServiceError("CloudTrailARNInvalidException", message)


def trail_not_found(trail: str, account: str) -> ServiceError:
    """No such trail of this account."""
    return ServiceError("TrailNotFoundException", f"Unknown trail: {trail} for the user: {account}")


def trail_already_exists(name: str, account: str) -> ServiceError:
    """The region has a trail of that name."""
    return ServiceError("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {account}")


def too_many_trails(account: str, limit: int, region: str) -> ServiceError:
    """The region has as many trails as it may."""
    message = f"User: {account} already has {limit} trails in {region}."
    return ServiceError("MaximumNumberOfTrailsExceededException", message)


def invalid_home_region(arn: str, home: str) -> ServiceError:
    """A trail is changed only where it was made."""
    return ServiceError("InvalidHomeRegionException", f"The trail {arn} can be changed in its home region {home} only.")


def bucket_does_not_exist(bucket: str) -> ServiceError:
    """No such bucket."""
    return ServiceError("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")


def insufficient_bucket_policy(bucket: str) -> ServiceError:
    """CloudTrail may not write to the bucket."""
    message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
    return ServiceError("InsufficientS3BucketPolicyException", message)


def invalid_bucket_name(message: str) -> ServiceError:
    """A name that no bucket can have."""
    return ServiceError("InvalidS3BucketNameException", message)


def invalid_prefix(message: str) -> ServiceError:
    """A prefix that log files cannot have."""
    return ServiceError("InvalidS3PrefixException", message)


def invalid_topic_name(message: str) -> ServiceError:
    """Neither a topic's name nor its ARN."""
    return ServiceError("InvalidSnsTopicNameException", message)


def invalid_key(key: str) -> ServiceError:
    """Neither the id nor the alias nor the ARN of a KMS key."""
    return ServiceError("InvalidKmsKeyIdException", f"The KMS key ID {key} is not valid.")


def invalid_log_group(message: str) -> ServiceError:
    """No ARN of a log group."""
    return ServiceError("InvalidCloudWatchLogsLogGroupArnException", message)


def invalid_log_role(message: str) -> ServiceError:
    """No ARN of a role that writes to the log group."""
    return ServiceError("InvalidCloudWatchLogsRoleArnException", message)


def invalid_parameter_combination(message: str) -> ServiceError:
    """Parameters that do not go together."""
    return ServiceError("InvalidParameterCombinationException", message)


def not_in_an_organization(account: str) -> ServiceError:
    """Accounts stand alone here."""
    return ServiceError("OrganizationsNotInUseException", f"The account {account} is not a member of an organization.")


def invalid_event_selectors(message: str) -> ServiceError:
    """Event selectors that say nothing, or what cannot be."""
    return ServiceError("InvalidEventSelectorsException", message)


def invalid_insight_selectors(message: str) -> ServiceError:
    """Insight selectors that cannot be."""
    return ServiceError("InvalidInsightSelectorsException", message)


def insight_not_enabled(arn: str) -> ServiceError:
    """The trail has no insight selectors."""
    message = (
        f"Trail {arn} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the"
        " operation again."
    )
    return ServiceError("InsightNotEnabledException", message)


def resource_not_found(arn: str) -> ServiceError:
    """A tag call names a trail that does not exist."""
    return ServiceError("ResourceNotFoundException", f"Resource not found: {arn}")


def resource_type_not_supported(kind: str) -> ServiceError:
    """A tag call names something that is no trail."""
    message = f"Resources of type {kind} are not supported: only trails have tags here."
    return ServiceError("ResourceTypeNotSupportedException", message)


def invalid_tag(message: str) -> ServiceError:
    """A tag that cannot be."""
    return ServiceError("InvalidTagParameterException", message)


def too_many_tags(limit: int) -> ServiceError:
    """A trail would have more tags than it may."""
    return ServiceError("TagsLimitExceededException", f"A trail can have at most {limit} tags.")


def invalid_token() -> ServiceError:
    """A page token where no pages are."""
    return ServiceError("InvalidTokenException", "The NextToken is not one that was returned for this request.")


def invalid_next_token() -> ServiceError:
    """A page token of event history that was not given out, or for another look-up."""
    return ServiceError("InvalidNextTokenException", "The NextToken is not one that was returned for this request.")


def invalid_lookup_attributes(message: str) -> ServiceError:
    """Nothing that events can be looked up by."""
    return ServiceError("InvalidLookupAttributesException", message)


def invalid_time_range(message: str) -> ServiceError:
    """A span of time that cannot be."""
    return ServiceError("InvalidTimeRangeException", message)


def unsupported_operation(name: str) -> ServiceError:
    """An operation of CloudTrail's that Maptrail does not have."""
    return ServiceError("UnsupportedOperationException", f"The operation {name} is not supported.")


_CODES = {
    "eventCategory": "InvalidEventCategoryException",
    "eventDataStore": "InvalidParameterException",
    "eventSelectors": "InvalidEventSelectorsException",
    "advancedEventSelectors": "InvalidEventSelectorsException",
    "insightSelectors": "InvalidInsightSelectorsException",
    "insightsDestination": "InvalidParameterException",
    "lookupAttributes": "InvalidLookupAttributesException",
    "maxResults": "InvalidMaxResultsException",
    "name": "InvalidTrailNameException",
    "resourceId": "CloudTrailARNInvalidException",
    "resourceIdList": "CloudTrailARNInvalidException",
    "s3BucketName": "InvalidS3BucketNameException",
    "tagsList": "InvalidTagParameterException",
    "trailName": "InvalidTrailNameException",
}


def invalid(violations: Sequence[Violation]) -> ServiceError | None:
    """CloudTrail has an error of its own for each member that can break its shape; the first decides."""
    broken = [each for each in violations if not _overlong_attribute(each)]
    if not broken:
        return None
    first = broken[0]
    if first.path.endswith(".readWriteType"):
        return invalid_event_selectors(f"Value {first.value} for ReadWriteType is invalid.")
    code = _CODES.get(first.path.partition(".")[0], "ValidationException")  # what a newer model has come to ask
    return ServiceError(code, violations_message(broken))


def _overlong_attribute(violation: Violation) -> bool:
    """AWS looks up what is too long, and finds nothing."""
    return violation.path.endswith(".attributeValue") and bool(violation.value)
