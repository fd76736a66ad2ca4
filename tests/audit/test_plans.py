"""No call reads all that its place has, however much that is: every statement finds what it needs by an index."""

import re
import sqlite3

import pytest

from tests.audit import cases, expected
from tests.audit.world import World

TABLES = "instance|namespace|operation|operation_on|service|service_attribute|service_tally|tag"
THROUGH_A_PLACE = re.compile(
    rf"SCAN ({TABLES})\b|SEARCH ({TABLES}) USING (PRIMARY KEY|(COVERING )?INDEX (?!operation_running)\w+) \(place=\?\)$"
).match
ALLOWED = (
    "LIMIT",  # a page
    "max(seq)",  # the end of an index
    "count(*) FROM namespace",  # a quota is small, and without one it is not asked
)


@pytest.mark.parametrize("delay", [0, 60_000])
@pytest.mark.parametrize("operation", expected.OPERATIONS)
def test_a_call_finds_what_it_needs_by_an_index(world: World, operation: str, delay: int):
    parameters = cases.SUCCESSES[operation](world)
    world.machine.facilities.operation_delay = 60_000
    world.ok("CreateHttpNamespace", {"Name": "running.example"})
    world.machine.facilities.operation_delay = delay
    world.machine.facilities.forget()
    statements = _statements(world, operation, parameters)
    assert statements
    with world.machine.database.reading() as connection:
        found = {each: plan for each in statements for plan in _plan(connection, each) if THROUGH_A_PLACE(plan)}
    assert not {each: plan for each, plan in found.items() if not any(part in each for part in ALLOWED)}


def _statements(world: World, operation: str, parameters: cases.Parameters) -> list[str]:
    """What a call has SQLite do."""
    statements: list[str] = []
    with world.machine.database.transaction() as connection:
        connection.set_trace_callback(statements.append)
    try:
        world.ok(operation, parameters)
    finally:
        with world.machine.database.transaction() as connection:
            connection.set_trace_callback(None)
    return [each.strip() for each in statements]


def _plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    if not statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
        return []
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
