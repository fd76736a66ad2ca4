"""Who is asking, behind proxies that are trusted and others."""

import ipaddress
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.proxies import Proxies, networks
from emulator.settings import Settings, SettingsError

TRUSTED = "10.0.0.0/8, 2001:db8:ffff::/48"


def caller(remote: str, forwarded: str | None = None, trusted: str = TRUSTED) -> str:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    request: Any = SimpleNamespace(remote=remote, headers=headers)
    return Proxies(networks(trusted)).caller(request)


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.1.1.1", "192.0.2.1"),
        ("10.0.0.1", "10.2.2.2,10.1.1.1", "10.2.2.2"),
        ("10.0.0.1", "192.0.2.1, nonsense, 10.1.1.1", "10.1.1.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8:ffff::2", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("2001:db8::7", "203.0.113.9", "2001:db8::7"),
    ],
)
def test_the_nearest_that_is_no_trusted_proxy(remote: str, forwarded: str | None, found: str) -> None:
    assert caller(remote, forwarded) == found


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert caller("10.0.0.1", "192.0.2.1", trusted="") == "10.0.0.1"
    assert caller("::ffff:10.0.0.1", trusted="") == "10.0.0.1"


@given(st.ip_addresses(), st.lists(st.one_of(st.ip_addresses().map(str), st.text(max_size=9)), max_size=5))
def test_it_is_the_address_of_somebody_in_the_chain(remote: Any, hops: list[str]) -> None:
    found = ipaddress.ip_address(caller(str(remote), ",".join(hops), trusted="0.0.0.0/1,::/1"))
    chain = {remote, getattr(remote, "ipv4_mapped", None)}
    for hop in ",".join(hops).split(","):
        try:
            address = ipaddress.ip_address(hop.strip().strip('"').strip("[]"))
        except ValueError:
            continue
        chain |= {address, getattr(address, "ipv4_mapped", None)}
    assert found in chain or ":" in ",".join(hops)


@pytest.mark.parametrize("text", ["x", "10.0.0.0/33", "10.0.0.1-10.0.0.9"])
def test_networks_that_are_none(text: str) -> None:
    with pytest.raises(SettingsError, match=r"it takes networks, such as 10\.0\.0\.0/8,::1\.$"):
        Settings(trusted_proxies=text)
