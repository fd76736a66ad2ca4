"""Who is asking: the address of the caller, as seen from here or as told by a proxy that is trusted."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from emulator.call import Request

__all__ = ["Proxies", "networks"]

_MAPPED = "::ffff:"

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a list such as ``10.0.0.0/8, ::1``. Raises ``ValueError``."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


class Proxies:
    """The proxies whose ``X-Forwarded-For`` is believed."""

    def __init__(self, trusted: tuple[Network, ...] = ()) -> None:
        self._trusted = trusted

    def caller(self, request: Request) -> str:
        """The address nearest to us that is no trusted proxy, going back over those that handed the request on."""
        remote = request.remote
        if "." in remote:
            remote = remote.removeprefix(_MAPPED)
        if not self._trusted:
            return remote
        nearest = _address(remote)
        for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
            if nearest is None or not self._trusts(nearest):
                break
            before = _address(hop)
            if before is None:
                break
            nearest = before
        return remote if nearest is None else str(nearest)

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address.version == network.version and address in network for network in self._trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with or without a port: ``192.0.2.1:80``, ``[2001:db8::1]:80``."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
