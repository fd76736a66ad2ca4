"""What a test puts in place before it asks its question. Every name has a default; the world is small."""

from __future__ import annotations

from typing import Any

A_RECORD = {"Type": "A", "TTL": 60}
ADDRESS = {"AWS_INSTANCE_IPV4": "192.0.2.1"}
PUBLIC_ADDRESS = {"AWS_INSTANCE_IPV4": "8.8.8.8", "AWS_INSTANCE_PORT": "80"}
HTTP_CHECK = {"Type": "HTTP", "ResourcePath": "/", "FailureThreshold": 1}


def operation(cloudmap: Any, operation_id: str) -> dict[str, Any]:
    """The operation of that id."""
    return cloudmap.get_operation(OperationId=operation_id)["Operation"]


def made(cloudmap: Any, response: dict[str, Any]) -> str:
    """The namespace that a Create… call said it makes."""
    return operation(cloudmap, response["OperationId"])["Targets"]["NAMESPACE"]


def http_namespace(cloudmap: Any, name: str = "shop", **more: Any) -> str:
    return made(cloudmap, cloudmap.create_http_namespace(Name=name, **more))


def private_namespace(cloudmap: Any, name: str = "shop.internal", vpc: str = "vpc-1c56417b", **more: Any) -> str:
    return made(cloudmap, cloudmap.create_private_dns_namespace(Name=name, Vpc=vpc, **more))


def public_namespace(cloudmap: Any, name: str = "shop.example", **more: Any) -> str:
    return made(cloudmap, cloudmap.create_public_dns_namespace(Name=name, **more))


NAMESPACES = {"HTTP": http_namespace, "DNS_PRIVATE": private_namespace, "DNS_PUBLIC": public_namespace}


def records(*types: str, policy: str | None = None, ttl: int = 60) -> dict[str, Any]:
    """A DnsConfig of these record types."""
    config: dict[str, Any] = {"DnsRecords": [{"Type": each, "TTL": ttl} for each in types]}
    return config if policy is None else config | {"RoutingPolicy": policy}


def service(cloudmap: Any, namespace: str | None = None, name: str = "cart", **more: Any) -> str:
    """A service, in a new HTTP namespace unless one is given."""
    namespace = namespace or http_namespace(cloudmap)
    return cloudmap.create_service(Name=name, NamespaceId=namespace, **more)["Service"]["Id"]


def health_service(cloudmap: Any, namespace: str | None = None, name: str = "cart") -> str:
    """A service with custom health."""
    return service(cloudmap, namespace, name, HealthCheckCustomConfig={})


def dns_service(cloudmap: Any, *types: str, policy: str | None = None, **more: Any) -> str:
    """A service with DNS records of these types, in a new public namespace."""
    return service(cloudmap, public_namespace(cloudmap), DnsConfig=records(*types, policy=policy), **more)


def register(cloudmap: Any, service_id: str, *instances: str, **attributes: str) -> None:
    """Register instances of these ids, all with the same attributes."""
    for instance in instances:
        cloudmap.register_instance(ServiceId=service_id, InstanceId=instance, Attributes=attributes)


def discovered(cloudmap: Any, **more: Any) -> set[str]:
    """The ids of what DiscoverInstances finds of the service ``cart`` in ``shop``."""
    found = cloudmap.discover_instances(**{"NamespaceName": "shop", "ServiceName": "cart", **more})
    return {instance["InstanceId"] for instance in found["Instances"]}
