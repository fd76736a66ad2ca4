"""The private addresses of EC2 instances.

There is no EC2 here: an instance's primary private address is derived from its id, always the same one, out of
172.31.0.0/16, the block of every account's default VPC.
"""

from __future__ import annotations

import hashlib

__all__ = ["private_address"]


def private_address(instance_id: str) -> str:
    """The primary private IPv4 address of an EC2 instance; never a network's first or last address."""
    digest = hashlib.blake2b(instance_id.encode(), digest_size=4).digest()
    host = int.from_bytes(digest, "big") % 65000 + 256
    return f"172.31.{host >> 8}.{host & 255}"
