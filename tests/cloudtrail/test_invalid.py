"""Which error a request that breaks the shapes of the model ends in."""

from emulator.cloudtrail.api import OPERATIONS
from emulator.cloudtrail.errors import invalid
from emulator.validate import Violation


def test_a_member_that_is_missing_is_an_error_that_the_operation_declares():
    found = {}
    for operation in OPERATIONS.values():
        violations: list[Violation] = []
        operation.read({}, "", violations)
        for each in violations:
            error = invalid([each])
            found[operation.name, each.path] = error is not None and error.code in operation.model.errors
    assert len(found) > 10
    assert [each for each, is_declared in found.items() if not is_declared] == []


def test_a_constraint_that_a_newer_model_brings_is_a_validation_error():
    error = invalid([Violation(None, "somethingNew", "Member must not be null")])
    assert error is not None
    assert error.code == "ValidationException"
