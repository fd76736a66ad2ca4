"""A Maptrail with identities, clients of any key in it, and the records they leave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore import UNSIGNED
from botocore.config import Config

from tests.sdk import ask, session

if TYPE_CHECKING:
    from pathlib import Path

    from emulator import Emulator

HOME, OTHER = "111122223333", "444455556666"
DEPLOY = f"arn:aws:iam::{HOME}:role/team/deploy"
AUDIT = f"arn:aws:iam::{OTHER}:role/audit"
INSTANCE = f"arn:aws:iam::{OTHER}:role/instance"
GUARDED = f"arn:aws:iam::{HOME}:role/guarded"
CLOSED = f"arn:aws:iam::{HOME}:role/closed"
OIDC = f"arn:aws:iam::{HOME}:oidc-provider/idp.example/id"
SAML = f"arn:aws:iam::{HOME}:saml-provider/Corp"

FILE = f"""
[[user]]
name = "smithj"
account = "{HOME}"
access_key = "AKIASMITHJSMITHJ0001"
secret_key = "smith's secret"
principal_id = "AIDASMITHJSMITHJ00001"
path = "/staff/"

[[user]]
name = "nobody"
account = "{HOME}"
access_key = "AKIANOBODYNOBODY0001"
secret_key = "nobody's secret"

[[root]]
account = "{HOME}"
access_key = "AKIAROOTROOTROOT0001"
secret_key = "root's secret"
alias = "example-corp"

[[role]]
name = "deploy"
account = "{HOME}"
path = "/team/"
principal_id = "AROADEPLOYDEPLOY00001"
max_session_duration = 7200
trust = ["arn:aws:iam::{HOME}:user/staff/smithj", "codebuild.amazonaws.com", "{OIDC}", "{SAML}"]

[[role]]
name = "audit"
account = "{OTHER}"
max_session_duration = 7200
trust = ["{DEPLOY}", "{HOME}"]

[[role]]
name = "closed"
account = "{HOME}"
trust = []

[[role]]
name = "guarded"
account = "{HOME}"
external_id = "ours:1"
mfa = true
trust = ["{HOME}"]

[[role]]
name = "instance"
account = "{OTHER}"
trust = ["ec2.amazonaws.com"]

[[service]]
invoked_by = "ec2.amazonaws.com"
account = "{OTHER}"
access_key = "AKIAINSTANCES0000001"
secret_key = "a third service's secret"

[[service]]
invoked_by = "cloudformation.amazonaws.com"
account = "{HOME}"
access_key = "AKIASTACKS0000000001"
secret_key = "a fourth service's secret"
role = "deploy"
session_name = "AWSCloudFormation"

[[service]]
invoked_by = "cloudformation.amazonaws.com"
account = "{HOME}"
access_key = "AKIASTACKS0000000002"
secret_key = "a fifth service's secret"
user = "smithj"

[[service]]
invoked_by = "ecs.amazonaws.com"
account = "{HOME}"
access_key = "AKIAECSECSECSECS0001"
secret_key = "the service's secret"
role = "AWSServiceRoleForECS"
session_name = "ecs-service-scheduler"

[[service]]
invoked_by = "codebuild.amazonaws.com"
account = "{HOME}"
access_key = "AKIABUILDBUILD000001"
secret_key = "the other service's secret"
"""
SMITH, NOBODY, ROOT = "AKIASMITHJSMITHJ0001", "AKIANOBODYNOBODY0001", "AKIAROOTROOTROOT0001"
STACKS, SMITHS_STACKS = "AKIASTACKS0000000001", "AKIASTACKS0000000002"
ECS, CODEBUILD, EC2 = "AKIAECSECSECSECS0001", "AKIABUILDBUILD000001", "AKIAINSTANCES0000001"


class World:
    """Clients are made for a key, or for what STS answered with."""

    def __init__(self, server: Emulator) -> None:
        self.server = server
        self._clients: list[Any] = []

    def client(self, who: Any, service: str = "sts", region: str = "eu-west-1", **config: Any) -> Any:
        """A client of an access key, of an answer with ``Credentials``, or, for None, of nobody."""
        options = {"inject_host_prefix": False, "retries": {"total_max_attempts": 1}, **config}
        if who is None:
            options["signature_version"] = UNSIGNED
        made = session("json").create_client(
            service,
            endpoint_url=self.server.url,
            region_name=region,
            config=Config(**options),
            **_credentials(who),
        )
        self._clients.append(made)
        return made

    def cloudmap(self, who: Any, **config: Any) -> Any:
        return self.client(who, "servicediscovery", **config)

    def assume(self, who: Any, role: str = DEPLOY, name: str = "ci", **more: Any) -> Any:
        return self.client(who).assume_role(RoleArn=role, RoleSessionName=name, **more)

    def mark(self) -> int:
        with self.server.machine.database.reading() as connection:
            return max((seq & (1 << 40) - 1 for (seq,) in connection.execute("SELECT seq FROM event")), default=0)

    def records(self, after: int = 0) -> list[dict[str, Any]]:
        """The records after a mark, in the order of the calls."""
        with self.server.machine.database.reading() as connection:
            rows = connection.execute("SELECT seq & (1 << 40) - 1 AS number, record FROM event ORDER BY 1").fetchall()
        return [json.loads(record) for number, record in rows if number > after]

    def last(self) -> dict[str, Any]:
        return self.records()[-1]

    def clock(self, **order: Any) -> None:
        ask("PUT", f"{self.server.url}/_maptrail/clock", order)

    def close(self) -> None:
        for client in self._clients:
            client.close()


def write(folder: Path, text: str = FILE) -> Path:
    file = folder / "identities.toml"
    file.write_text(text)
    return file


def _credentials(who: Any) -> dict[str, str]:
    if who is None:
        return {}
    if isinstance(who, str):
        return {"aws_access_key_id": who, "aws_secret_access_key": "secret"}
    told = who["Credentials"]
    return {
        "aws_access_key_id": told["AccessKeyId"],
        "aws_secret_access_key": told["SecretAccessKey"],
        "aws_session_token": told["SessionToken"],
    }
