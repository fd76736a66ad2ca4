"""Which instances a service takes: the attributes its records and checks need, and their limits. Pure functions.

https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from emulator.cloudmap.errors import invalid_input

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["check_attributes"]

_KNOWN = frozenset(
    {
        "AWS_ALIAS_DNS_NAME",
        "AWS_EC2_INSTANCE_ID",
        "AWS_INIT_HEALTH_STATUS",
        "AWS_INSTANCE_CNAME",
        "AWS_INSTANCE_IPV4",
        "AWS_INSTANCE_IPV6",
        "AWS_INSTANCE_PORT",
    }
)
_ADDRESSES = ("AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6")
_CUSTOM_LIMIT = 30
_CHARACTERS = 5000


def check_attributes(
    attributes: Mapping[str, str],
    *,
    namespace_type: str,
    records: Sequence[str],
    routing_policy: str,
    health_check: bool,
) -> None:
    """Raise ``InvalidInput`` for attributes that a service of these records and this check cannot register."""
    _check_size(attributes)
    _check_values(attributes)
    if "AWS_EC2_INSTANCE_ID" in attributes:
        _check_ec2(attributes, namespace_type)
        return
    if "AWS_ALIAS_DNS_NAME" in attributes:
        _check_alias(attributes, records, routing_policy)
        return
    _check_required(attributes, records)
    if health_check:
        _check_checkable(attributes)


def _check_size(attributes: Mapping[str, str]) -> None:
    custom = [key for key in attributes if key not in _KNOWN]
    for key in custom:
        if key[:4].upper() == "AWS_":
            raise invalid_input(f"Invalid attribute: [{key}]. [aws_] prefix is reserved for AWS attributes.")
    if len(custom) > _CUSTOM_LIMIT:
        listed = ", ".join(custom)
        raise invalid_input(f"Too many attributes provided: [{listed}]. The current limit is {_CUSTOM_LIMIT}")
    if len("".join(attributes)) + len("".join(attributes.values())) > _CHARACTERS:
        raise invalid_input(
            f"Instance attributes too large. Maximum allowed size of all attributes is {_CHARACTERS} characters."
        )


def _check_values(attributes: Mapping[str, str]) -> None:
    port = attributes.get("AWS_INSTANCE_PORT")
    if port is not None and not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) <= 65535):
        raise invalid_input("A valid port number must be supplied.")
    status = attributes.get("AWS_INIT_HEALTH_STATUS")
    if status is not None and status not in ("HEALTHY", "UNHEALTHY"):
        raise invalid_input(f"No enum constant com.amazon.route53.autonaming.model.InitHealthStatus.{status}")
    _check_address(attributes, "AWS_INSTANCE_IPV4", socket.AF_INET)
    _check_address(attributes, "AWS_INSTANCE_IPV6", socket.AF_INET6)


def _check_address(attributes: Mapping[str, str], key: str, family: socket.AddressFamily) -> None:
    value = attributes.get(key)
    if value is None:
        return
    try:
        socket.inet_pton(family, value)
    except OSError:
        version = "IPv4" if family is socket.AF_INET else "IPv6"
        raise invalid_input(f"{value} is not a valid {version} address for attribute {key}.") from None


def _check_ec2(attributes: Mapping[str, str], namespace_type: str) -> None:
    if namespace_type != "HTTP":
        raise invalid_input(
            f"AWS_EC2_INSTANCE_ID provided in namespace type {namespace_type}. It is only supported in HTTP namespace"
        )
    others = [key for key in attributes if key not in ("AWS_EC2_INSTANCE_ID", "AWS_INIT_HEALTH_STATUS")]
    if others:
        raise invalid_input(
            "Invalid combination of attributes received. AWS_EC2_INSTANCE_ID is not supported with"
            f" [{', '.join(others)}]."
        )


def _check_alias(attributes: Mapping[str, str], records: Sequence[str], routing_policy: str) -> None:
    others = [key for key in attributes if key.startswith("AWS_INSTANCE_")]
    if others:
        raise invalid_input(
            "Invalid combination of attributes received. AWS_ALIAS_DNS_NAME is not supported with"
            f" [{', '.join(others)}]."
        )
    if not {"A", "AAAA"} & set(records):
        raise invalid_input("ALIAS instance can be registered only in services with DNS records of type A or AAAA")
    if routing_policy != "WEIGHTED":
        raise invalid_input("ALIAS instance can be registered only in services with WEIGHTED routing policy")


def _check_required(attributes: Mapping[str, str], records: Sequence[str]) -> None:
    if "SRV" in records:
        _require(attributes, "AWS_INSTANCE_PORT")
        _require_one(attributes)
    elif "A" in records and "AAAA" in records:
        _require_one(attributes)
    elif "A" in records:
        _require(attributes, "AWS_INSTANCE_IPV4")
    elif "AAAA" in records:
        _require(attributes, "AWS_INSTANCE_IPV6")
    elif "CNAME" in records:
        _require(attributes, "AWS_INSTANCE_CNAME")


def _require(attributes: Mapping[str, str], key: str) -> None:
    if key not in attributes:
        raise invalid_input(f"Required attribute(s) {key} are missing.")


def _require_one(attributes: Mapping[str, str]) -> None:
    if not any(key in attributes for key in _ADDRESSES):
        raise invalid_input(f"At least one of {' '.join(_ADDRESSES)} is required.")


def _check_checkable(attributes: Mapping[str, str]) -> None:
    """Route 53 checks an address from the internet, so it must be one that can be reached from there."""
    if "AWS_INSTANCE_PORT" not in attributes:
        raise invalid_input("A port must be supplied in order to register this instance.")
    v4, v6 = (attributes.get(key) for key in _ADDRESSES)
    if v4 is not None:
        if not ipaddress.IPv4Address(v4).is_global or ipaddress.IPv4Address(v4).is_multicast:
            raise invalid_input(f"IPv4 address {v4} is forbidden for healthChecks")
    elif v6 is not None and (not ipaddress.IPv6Address(v6).is_global or ipaddress.IPv6Address(v6).is_multicast):
        raise invalid_input(f"IPv6 address {v6} is forbidden for healthChecks")
