"""A Maptrail whose identities have policies, and clients of them; policies are files beside the identities file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sts.world import World

HOME = "111122223333"
REGION = "eu-west-1"
KEYS = {"smithj": "AKIASMITHJSMITHJ0001", "root": "AKIAROOTROOTROOT0001", "nobody": "AKIANOBODYNOBODY0001"}
ECS = "AKIAECSECSECSECS0001"
STACKS = "AKIASTACKSSTACKS0001"
ARN = f"arn:aws:iam::{HOME}:user/smithj"
HEAD = f"arn:aws:servicediscovery:{REGION}:{HOME}:"
DEPLOY = f"arn:aws:iam::{HOME}:role/deploy"


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(actions, resources, **more), "Effect": "Deny"}


def write(
    folder: Path,
    user: list[dict[str, Any]],
    *,
    role: list[dict[str, Any]] | None = None,
    boundary: list[dict[str, Any]] | None = None,
    trust: str = HOME,
    tags: str = "",
) -> Path:
    """An identities file: smithj and the role deploy with policies, nobody without, root, and a service."""
    for name, statements in (("user", user), ("role", role or []), ("boundary", boundary or [])):
        document = {"Version": "2012-10-17", "Statement": statements}
        (folder / f"{name}.json").write_text(json.dumps(document))
    limit = 'boundary = "boundary.json"' if boundary is not None else ""
    file = folder / "identities.toml"
    file.write_text(
        f"""
[[user]]
name = "smithj"
account = "{HOME}"
access_key = "{KEYS["smithj"]}"
secret_key = "secret"
principal_id = "AIDASMITHJSMITHJ00001"
policies = ["user.json"]
tags = {{ {tags} }}
{limit}

[[user]]
name = "nobody"
account = "{HOME}"
access_key = "{KEYS["nobody"]}"
secret_key = "secret"

[[root]]
account = "{HOME}"
access_key = "{KEYS["root"]}"
secret_key = "secret"

[[role]]
name = "deploy"
account = "{HOME}"
trust = ["{trust}"]
policies = ["role.json"]
tags = {{ {tags} }}

[[service]]
invoked_by = "ecs.amazonaws.com"
account = "{HOME}"
access_key = "{ECS}"
secret_key = "secret"
role = "AWSServiceRoleForECS"

[[service]]
invoked_by = "cloudformation.amazonaws.com"
account = "{HOME}"
access_key = "{STACKS}"
secret_key = "secret"
user = "smithj"
"""
    )
    return file


def message(action: str, resource: str = "*", reason: str = "", arn: str = ARN) -> str:
    told = reason or f"because no identity-based policy allows the {action} action"
    return f"User: {arn} is not authorized to perform: {action} on resource: {resource} {told}"


def made(world: World) -> tuple[str, str]:
    """A namespace and a service, made by root; their ARNs."""
    root = world.cloudmap(KEYS["root"])
    root.create_http_namespace(Name="shop", Tags=[{"Key": "team", "Value": "red"}])
    (namespace,) = root.list_namespaces()["Namespaces"]
    service = root.create_service(Name="cart", NamespaceId=namespace["Id"])["Service"]
    return namespace["Arn"], service["Arn"]
