"""Every error of AWS Cloud Map, one function each, with AWS's words where they are known.

Texts that were seen on AWS are in ``docs/fidelity.md`` with their sources; the others are worded alike.
"""

from __future__ import annotations

from emulator.errors import ServiceError

__all__ = [
    "custom_health_not_found",
    "duplicate_request",
    "instance_not_found",
    "invalid_input",
    "namespace_already_exists",
    "namespace_in_use",
    "namespace_not_found",
    "operation_not_found",
    "resource_limit_exceeded",
    "resource_not_found",
    "service_already_exists",
    "service_attributes_limit_exceeded",
    "service_in_use",
    "service_not_found",
    "too_many_tags",
]


def invalid_input(message: str) -> ServiceError:
    """A value that breaks a rule; the message says which."""
    return ServiceError("InvalidInput", message)


def namespace_not_found() -> ServiceError:
    """No such namespace here, or not one of this account."""
    return ServiceError("NamespaceNotFound", "Namespace not found")


def service_not_found() -> ServiceError:
    """No such service here."""
    return ServiceError("ServiceNotFound", "Service not found")


def instance_not_found() -> ServiceError:
    """No such instance in the service, or its registration has not finished."""
    return ServiceError("InstanceNotFound", "Instance not found")


def operation_not_found() -> ServiceError:
    """No such operation here."""
    return ServiceError("OperationNotFound", "Operation not found")


def resource_not_found(arn: str) -> ServiceError:
    """A tag call names what does not exist."""
    return ServiceError("ResourceNotFoundException", f"Resource not found: {arn}")


def custom_health_not_found() -> ServiceError:
    """The service has no custom health check to update."""
    return ServiceError("CustomHealthNotFound", "Custom health check not found")


def duplicate_request(action: str, operation_id: str, state: str = "is in progress") -> ServiceError:
    """The resource is locked by a running operation, or the same request was made before."""
    message = f"Another operation of type {action} and id {operation_id} {state}"
    return ServiceError("DuplicateRequest", message, {"DuplicateOperationId": operation_id})


def namespace_already_exists(namespace_id: str, creator_request_id: str | None) -> ServiceError:
    """There is such a namespace, made by another request."""
    members = {"NamespaceId": namespace_id}
    if creator_request_id is not None:
        members["CreatorRequestId"] = creator_request_id
    return ServiceError("NamespaceAlreadyExists", "The namespace that you're trying to create already exists.", members)


def service_already_exists(service_id: str, service_arn: str, creator_request_id: str | None) -> ServiceError:
    """There is a service of that name in the namespace, made by another request."""
    members = {"ServiceId": service_id, "ServiceArn": service_arn}
    if creator_request_id is not None:
        members["CreatorRequestId"] = creator_request_id
    message = "The service can't be created because a service with the same name already exists."
    return ServiceError("ServiceAlreadyExists", message, members)


def namespace_in_use() -> ServiceError:
    """A namespace with services cannot be deleted."""
    message = "Namespace has associated services; delete the services before deleting the namespace"
    return ServiceError("ResourceInUse", message)


def service_in_use() -> ServiceError:
    """A service with instances cannot be deleted, nor one whose instances are still on their way."""
    message = "Service contains registered instances; delete the instances before deleting the service"
    return ServiceError("ResourceInUse", message)


def resource_limit_exceeded(what: str, limit: int) -> ServiceError:
    """A quota is used up."""
    return ServiceError("ResourceLimitExceeded", f"The maximum number of {what} is {limit}.")


def too_many_tags(arn: str, limit: int) -> ServiceError:
    """A resource would have more tags than it may."""
    message = f"The resource has more tags than the allowed {limit}."
    return ServiceError("TooManyTagsException", message, {"ResourceName": arn})


def service_attributes_limit_exceeded(limit: int) -> ServiceError:
    """A service would have more attributes than it may."""
    message = f"The service has more attributes than the allowed {limit}."
    return ServiceError("ServiceAttributesLimitExceededException", message)
