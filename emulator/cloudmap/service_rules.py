"""Which services there can be: record types, routing policies and health checks that go together. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.cloudmap.errors import invalid_input

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["check_configuration", "check_update", "name_key", "record_types", "service_type"]

_RECORD_SETS = ({"A"}, {"AAAA"}, {"A", "AAAA"}, {"SRV"}, {"CNAME"})
_LONGEST_NAME = 253


def service_type(request: Mapping[str, Any], namespace_type: str) -> str:
    """``DNS_HTTP`` for a service with DNS records, otherwise ``HTTP``: found by API calls only."""
    return "DNS_HTTP" if namespace_type != "HTTP" and "DnsConfig" in request else "HTTP"


def name_key(name: str, kind: str) -> str | None:
    """What must be unique in a namespace besides the name itself: DNS does not tell upper from lower case."""
    return name.lower() if kind == "DNS_HTTP" else None


def record_types(dns_config: Mapping[str, Any] | None) -> list[str]:
    """The types of a configuration's DNS records, in its order."""
    return [record["Type"] for record in (dns_config or {}).get("DnsRecords", ())]


def check_configuration(request: Mapping[str, Any], namespace_name: str, namespace_type: str) -> None:
    """Raise ``InvalidInput`` for a CreateService request whose parts do not go together."""
    dns_config = request.get("DnsConfig")
    if dns_config is not None:
        if namespace_type == "HTTP":
            raise invalid_input(
                "When you create a service using a namespace that has a type of HTTP, you can't include a DnsConfig"
                " element."
            )
        if request.get("Type") == "HTTP":
            raise invalid_input("When you specify an HTTP service, you can't include a DnsConfig element.")
        _check_records(record_types(dns_config), dns_config.get("RoutingPolicy", "MULTIVALUE"))
        if len(f"{request['Name']}.{namespace_name}") > _LONGEST_NAME:
            raise invalid_input(f"The DNS name of the service must not be longer than {_LONGEST_NAME} characters.")
    health_check = request.get("HealthCheckConfig")
    if health_check is not None and "HealthCheckCustomConfig" in request:
        raise invalid_input("You can specify either HealthCheckConfig or HealthCheckCustomConfig, but not both.")
    if health_check is not None:
        check_health_check(health_check, record_types(dns_config), namespace_type)


def check_health_check(config: Mapping[str, Any], types: Sequence[str], namespace_type: str) -> None:
    """Raise ``InvalidInput`` where Route 53 could not check the service's instances."""
    if namespace_type == "DNS_PRIVATE":
        raise invalid_input("Health check config cannot be applied to a service with private namespace")
    if "CNAME" in types:
        raise invalid_input("Health check config must not be used. Health checks are not supported for CNAME")
    if config["Type"] == "TCP" and config.get("ResourcePath"):
        raise invalid_input("TCP health checks must not have a resource path specified.")


def check_update(
    service_records: Sequence[str], change: Mapping[str, Any], old_check: Mapping[str, Any] | None
) -> None:
    """Raise ``InvalidInput`` for an UpdateService request that changes what a service keeps for good."""
    if "DnsConfig" in change:
        asked = record_types(change["DnsConfig"])
        _check_some(asked)
        if sorted(asked) != sorted(service_records):
            raise invalid_input(
                "The record types in the request must be the same as those present in the existing service. Records in"
                f" the existing service are [{', '.join(service_records)}], but the records in the request are"
                f" [{', '.join(asked)}]. The record types of a service cannot be changed."
            )
    new_check = change.get("HealthCheckConfig")
    if new_check is not None and old_check is not None and new_check["Type"] != old_check["Type"]:
        raise invalid_input("Type of health check cannot be changed")


def _check_some(types: Sequence[str]) -> None:
    if not types:
        raise invalid_input("DnsConfig must have at least one DnsRecord.")


def _check_records(types: Sequence[str], routing_policy: str) -> None:
    _check_some(types)
    if len(set(types)) != len(types):
        raise invalid_input("DnsRecords must not contain the same record type twice.")
    if "CNAME" in types and len(types) > 1:
        raise invalid_input("DnsRecord Type CNAME cannot be combined with other types")
    if set(types) not in _RECORD_SETS:
        raise invalid_input(f"DnsRecord types [{', '.join(types)}] cannot be combined.")
    if "CNAME" in types and routing_policy != "WEIGHTED":
        raise invalid_input("WEIGHTED routing policy must be used with DNS Record Type CNAME")
