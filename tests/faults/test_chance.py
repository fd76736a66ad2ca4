"""Chance: the same seed, rules and calls give the same faults; and the preset that begins with some."""

import http.client
from collections import Counter
from pathlib import Path

import pytest

import emulator
from emulator.faults import CHAOS
from tests.faults.conftest import Lab
from tests.serving.client import Client, instance, service
from tests.serving.process import Server

PATH = "/_maptrail/faults"
HALF = [{"probability": 0.5, "error": {"code": "ServiceUnavailable"}}]


def _outcomes(client: Client, operation: str = "ListNamespaces", count: int = 40) -> list[str | None]:
    return [client.call(operation).code for _ in range(count)]


def _drawn(lab: Lab, query: str = "") -> list[str | None]:
    assert lab.client.request("PUT", PATH + query, HALF).status == 200
    return _outcomes(lab.client)


def test_the_same_rules_and_calls_give_the_same_faults(lab: Lab) -> None:
    first = _drawn(lab)
    assert first == _drawn(lab)
    assert 8 < first.count(None) < 32


def test_a_seed_gives_others_and_always_the_same(lab: Lab) -> None:
    usual, seventh = _drawn(lab), _drawn(lab, "?seed=7")
    assert usual != seventh
    assert seventh == _drawn(lab, "?seed=7")
    assert lab.client.get(PATH).headers["x-maptrail-fault-seed"] == "7"
    assert usual == _drawn(lab)
    assert lab.client.get(PATH).headers["x-maptrail-fault-seed"] == "0"


def test_other_callers_and_other_operations_change_nothing(lab: Lab) -> None:
    alone = _drawn(lab)
    lab.client.request("PUT", PATH, HALF)
    with Client(lab.running.url, "somebody") as other:
        mixed = []
        for _ in alone:
            lab.client.call("ListServices")
            other.call("ListNamespaces")
            mixed.append(lab.client.call("ListNamespaces").code)
        assert mixed == alone
        assert _outcomes(other) != alone


def test_a_jitter_is_between_nothing_and_its_all(lab: Lab) -> None:
    def delays() -> list[float]:
        lab.client.request("PUT", PATH, [{"latency_ms": 1, "jitter_ms": 4}])
        found = []
        strike = lab.running.machine.faults.strike
        lab.running.machine.faults.strike = lambda call: found.append(strike(call)) or found[-1]  # type: ignore[method-assign,func-returns-value]
        _outcomes(lab.client, count=20)
        del lab.running.machine.faults.strike
        return [fault.delay for fault in found]

    first = delays()
    assert first == delays()
    assert len(set(first)) == 20
    assert all(0.001 <= delay < 0.005 for delay in first)


@pytest.mark.parametrize("seed", ["x", "-1", "1.5", ""])
def test_a_seed_is_a_number(lab: Lab, seed: str) -> None:
    answer = lab.client.request("PUT", f"{PATH}?seed={seed}", HALF)
    assert (answer.status, answer.json) == (400, {"error": f"seed is '{seed}': it takes a whole number, 0 or more."})
    assert lab.client.get(PATH).json == []


def _met(client: Client, identifier: str) -> list[object]:
    """What 600 calls meet."""
    met: list[object] = []
    for number in range(300):
        for operation, parameters in (("RegisterInstance", instance(identifier, number)), ("ListNamespaces", {})):
            try:
                met.append(client.call(operation, parameters).code)
            except http.client.RemoteDisconnected:
                met.append("dropped")
    return met + sorted(_status(client, each) for each in _operations(client))


def _operations(client: Client) -> list[str]:
    client.request("DELETE", PATH)
    found = client.ok("ListOperations", {"MaxResults": 100, "Filters": [{"Name": "STATUS", "Values": ["FAIL"]}]})
    return [operation["Id"] for operation in found["Operations"]]


def _status(client: Client, operation: str) -> str:
    return str(client.ok("GetOperation", {"OperationId": operation})["Operation"]["ErrorCode"])


def test_chaos_is_of_every_kind_and_can_be_repeated() -> None:
    runs = []
    for _ in range(2):
        with emulator.Emulator(chaos=True, fault_seed=3, quotas="off") as server, Client(server.url) as client:
            assert client.get(PATH).json == CHAOS
            client.request("DELETE", PATH)
            identifier = service(client)
            client.request("PUT", PATH, CHAOS[:-1])  # without lateness, which shows in no answer
            runs.append(_met(client, identifier))
    assert runs[0] == runs[1]
    counted = Counter(runs[0])
    kinds = ("ThrottlingException", "InternalFailure", "ServiceUnavailable", "dropped", "INTERNAL_FAILURE")
    assert all(counted[kind] for kind in kinds), counted
    assert counted[None] > 500


def test_chaos_ends_with_delete_and_is_back_after_a_reset(tmp_path: Path) -> None:
    with Server(tmp_path / "s", "--chaos", "--fault-seed", "11") as server, server.ready().client() as client:
        answer = client.get(PATH)
        assert (answer.json, answer.headers["x-maptrail-fault-seed"]) == (CHAOS, "11")
        assert "Chaos:    some calls fail, by --fault-seed 11" in server.lines()
        assert client.request("DELETE", PATH).json == []
        assert client.get(PATH).json == []
        client.request("POST", "/_maptrail/reset")
        assert client.get(PATH).json == CHAOS


def test_a_seed_file_is_planted_before_chaos_begins(tmp_path: Path) -> None:
    calls = ", ".join(f'{{"operation": "CreateHttpNamespace", "parameters": {{"Name": "n{n}"}}}}' for n in range(40))
    (tmp_path / "seed.json").write_text(f"[{calls}]")
    with emulator.Emulator(chaos=True, seed=tmp_path / "seed.json") as server, Client(server.url) as client:
        client.request("DELETE", PATH)
        assert len(client.ok("ListNamespaces")["Namespaces"]) == 40
