"""What is recorded is on disk, not in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serving import raw
from tests.serving.client import instance, service
from tests.serving.process import Server

CALLS = 20_000
AT_ONCE = 50
MEGABYTE = 1 << 20


def _resident(server: Server) -> int:
    for line in Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel does not tell a process's memory")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_history(serve: Callable[..., Server]):
    server = serve("--log-level", "warning")
    with server.client() as client:
        named = instance(service(client))
    burst = raw.request("RegisterInstance", named) * AT_ONCE
    with raw.connect(server.url) as connection:

        def call(times: int) -> None:
            for _ in range(times // AT_ONCE):
                connection.sendall(burst)
                assert {status for status, _ in raw.answers(connection, AT_ONCE)} == {200}

        call(CALLS // 5)
        before = _resident(server)
        call(CALLS)
        assert _resident(server) - before < 20 * MEGABYTE
