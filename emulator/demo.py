"""A story in the terminal: calls by three callers, then the records they left and the files these are in."""

from __future__ import annotations

import gzip
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.embedded import Emulator
from emulator.settings import BY_NAME, Settings
from emulator.terminal import BOLD, DIM, GREEN, RED, styled
from trail.verify import DIGEST, LOG, Scope, verify

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.machine import Machine

__all__ = ["run"]

_USER, _ROOT, _OTHER_ACCOUNT = "smithj", "root", "444455556666"
_SECRET_KEY = "any"  # noqa: S105 -- signatures are not checked
_AGENT = "maptrail-demo"
_WIDTH = 80

Record = Mapping[str, Any]


def run(settings: Settings) -> int:
    """Tell the story on a server of its own; the data directory is a temporary one unless one is set."""
    kept = settings.data != BY_NAME["data"].default and not settings.ephemeral
    where = {"data": settings.data, "s3_dir": settings.s3_dir} if kept else {}
    # The files are delivered once, when the calls are made: an interval of AWS's length leaves that to the flush.
    options = {"account": settings.account, "region": settings.region, "quotas": "off", "delivery_interval": 300.0}
    with Emulator(**options, **where) as emulator:
        print(styled("AWS Cloud Map on this machine: eight calls with boto3, by three callers", BOLD), end="\n\n")
        _Story(emulator.url, settings.region, f"shop-{secrets.token_hex(2)}" if kept else "shop").tell()
        buckets = emulator.machine.directory.s3
        files = [buckets / bucket / key for bucket, key in emulator.machine.flush()]
        _show_records(files, None if kept else buckets)
        _show_verdict(emulator.machine)
    _show_end(settings.data if kept else None)
    return 0


@dataclass(slots=True)
class _Story:
    """The calls, each told in a line when it is answered."""

    url: str
    region: str
    namespace: str
    _clients: dict[str, Any] = field(default_factory=dict)

    def tell(self) -> None:
        """Make the calls of a first use, a refused one, and one of another account."""
        print(styled(f"  {'caller':<13} {'call':<20} answer", DIM))
        operation = self._call(_USER, "create_http_namespace", self.namespace, Name=self.namespace)["OperationId"]
        done = self._call(_USER, "get_operation", "SUCCESS", OperationId=operation)["Operation"]
        namespace = done["Targets"]["NAMESPACE"]
        service = self._call(_USER, "create_service", "cart", Name="cart", NamespaceId=namespace)["Service"]["Id"]
        for number in (1, 2):
            self._call(
                _USER,
                "register_instance",
                f"cart-{number} at 10.0.0.{number}",
                ServiceId=service,
                InstanceId=f"cart-{number}",
                Attributes={"AWS_INSTANCE_IPV4": f"10.0.0.{number}", "AWS_INSTANCE_PORT": "8080"},
            )
        self._call(_USER, "discover_instances", "2 instances", NamespaceName=self.namespace, ServiceName="cart")
        self._call(_ROOT, "delete_service", "", Id=service)
        self._call(_OTHER_ACCOUNT, "list_namespaces", "none: accounts are kept apart")
        print()

    def _call(self, caller: str, method: str, note: str, **parameters: Any) -> Any:
        from botocore.exceptions import ClientError  # noqa: PLC0415 -- boto3 is slow to import

        client = self._client(caller)
        name = client.meta.method_to_api_mapping[method]
        try:
            answer = getattr(client, method)(**parameters)
        except ClientError as error:
            print(f"  {caller:<13} {name:<20} {styled('refused:', RED)} {error.response['Error']['Code']}")
            print(_wrapped(error.response["Error"]["Message"], indent=37))
            return None
        print(f"  {caller:<13} {name:<20} {note}")
        return answer

    def _client(self, caller: str) -> Any:
        if caller not in self._clients:
            self._clients[caller] = _client(self.url, self.region, caller)
        return self._clients[caller]


def _client(url: str, region: str, access_key: str) -> Any:
    """A boto3 client that follows nothing of the user's own AWS configuration."""
    import boto3  # noqa: PLC0415
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    unset = (None, None, None, None)
    nowhere = (None, None, os.devnull, None)
    plain = botocore.session.Session(
        session_vars={"profile": unset, "config_file": nowhere, "credentials_file": nowhere}
    )
    session = boto3.Session(
        botocore_session=plain,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=_SECRET_KEY,
    )
    config = Config(inject_host_prefix=False, user_agent=_AGENT, proxies={}, retries={"total_max_attempts": 1})
    return session.client("servicediscovery", endpoint_url=url, config=config)


def _show_records(files: list[Path], hidden: Path | None) -> None:
    """The records by file, a line each, then one in full; ``hidden`` is a folder that no path needs to show."""
    print(styled("The CloudTrail records they left, in the log files that the trail delivered", BOLD), end="\n\n")
    refused: Record | None = None
    for file in files:
        folder = file.parent.relative_to(hidden) if hidden else file.parent
        print(styled(f"{folder}/\n  {file.name}", DIM), end="\n\n")
        for record in _records(file):
            print(_line(record))
            refused = record if "errorCode" in record else refused
        print()
    print("DiscoverInstances is a data event: like AWS's, this trail leaves these out.", end="\n\n")
    if refused is not None:
        print(styled("The refused call's record in full", BOLD), end="\n\n")
        print(json.dumps(refused, indent=2, ensure_ascii=False), end="\n\n")


def _records(file: Path) -> Iterator[Record]:
    with gzip.open(file) as stream:
        yield from json.load(stream)["Records"]


def _line(record: Record) -> str:
    """Who, what, when, and how it ended."""
    identity = record["userIdentity"]
    who = "root" if identity["type"] == "Root" else identity["userName"]
    code = record.get("errorCode")
    outcome = styled(code, RED) if code else styled("success", GREEN)
    return f"  {record['eventTime']}  {who:<13} {record['eventName']:<20} {outcome}"


def _show_verdict(machine: Machine) -> None:
    """What `maptrail verify` says of the files, once their digests are there."""
    machine.flush(digest=True)
    found = list(verify(machine.buckets, machine.keys, Scope(None, None, None)))
    counts = Counter(finding.kind for finding in found)
    valid = all(finding.problem is None for finding in found)
    told = f"{counts[LOG]} log files, {counts[DIGEST]} signed digests: {'all valid' if valid else 'not valid'}."
    print(styled(told, GREEN if valid else RED), end="\n\n")


def _show_end(data: Path | None) -> None:
    if data is None:
        print("This ran in a temporary directory, which is gone now. What next:")
        print("  maptrail demo --data DIR   keeps the files")
    else:
        print(f"The files stay in {data}: gunzip -c FILE shows one. What next:")
    print("  maptrail serve             serves, with a console for the browser")


def _wrapped(text: str, indent: int) -> str:
    import textwrap  # noqa: PLC0415

    return textwrap.fill(text, _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
