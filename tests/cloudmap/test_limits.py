"""Values around every limit of the model, generated from it; what is expected is said here once more, plainly."""

import re
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.model import cloud_map
from emulator.validate import UnreadableError, reader

MODEL = Loader().load_service_model("servicediscovery", "service-2")
SHAPES = MODEL["shapes"]
INPUTS = {name: operation["input"]["shape"] for name, operation in MODEL["operations"].items()}
READERS = {name: reader(operation.input) for name, operation in cloud_map().operations.items()}

CHARACTERS = st.sampled_from("aZ09_-./:@ \t\n~!é")


def sizes(shape: dict[str, Any], most: int) -> st.SearchStrategy[int]:
    """Sizes at the limits and one beyond them, and small ones."""
    limits = {shape[limit] + step for limit in ("min", "max") if limit in shape for step in (-1, 0, 1)}
    return st.sampled_from(sorted({size for size in limits | {0, 1, 2} if 0 <= size <= most}))


def values(name: str) -> st.SearchStrategy[Any]:
    """Good and bad values of a shape, all of the right type."""
    shape = SHAPES[name]
    match shape["type"]:
        case "structure":
            required = set(shape.get("required", ()))
            members = {each: values(reference["shape"]) for each, reference in shape["members"].items()}
            always = {each: st.none() | members[each] for each in required}
            return st.fixed_dictionaries(
                always, optional={each: members[each] for each in members if each not in required}
            )
        case "list":
            item = values(shape["member"]["shape"])
            return sizes(shape, 32).flatmap(lambda size: st.lists(item, min_size=size, max_size=size))
        case "map":
            key, value = (values(shape[part]["shape"]) for part in ("key", "value"))
            return sizes(shape, 32).flatmap(lambda size: st.dictionaries(key, value, max_size=size))
        case "integer" | "long":
            limits = [shape[limit] + step for limit in ("min", "max") if limit in shape for step in (-1, 0, 1)]
            return st.sampled_from(limits) if limits else st.integers(-5, 5)
    return texts(shape)


def texts(shape: dict[str, Any]) -> st.SearchStrategy[str]:
    if "enum" in shape:
        return st.sampled_from([*shape["enum"], "NONE", shape["enum"][0].lower(), ""])
    filled = sizes(shape, 5000).flatmap(lambda size: st.sampled_from("aé").map(lambda letter: letter * size))
    labels = st.integers(1, 6).map(lambda count: ".".join(["a" * 60] * count))
    return st.one_of(
        st.text(CHARACTERS, max_size=8), filled, labels, st.sampled_from(["arn:x", "a.b", "x\n", "a." * 200 + "a"])
    )


def expected(name: str, value: Any, path: str) -> list[str]:
    """Every violation of a value, in AWS's words."""
    shape = SHAPES[name]
    match shape["type"]:
        case "structure":
            return [text for member in shape["members"] for text in of_member(shape, member, value, path)]
        case "list":
            found = failures(value, path, length_rules(len(value), shape))
            item = SHAPES[shape["member"]["shape"]]
            if item["type"] == "string":
                rule = f"Member must satisfy constraint: [{', '.join(every_rule(item))}]"
                return found + failures(value, path, [rule] if any(text_rules(each, item) for each in value) else [])
            for number, each in enumerate(value, 1):
                found += expected(shape["member"]["shape"], each, f"{path}.{number}.member")
            return found
        case "map":
            found = failures(value, path, length_rules(len(value), shape))
            for part, words, entries in (("key", "Map keys", value), ("value", "Map value", value.values())):
                inner = SHAPES[shape[part]["shape"]]
                if any(text_rules(each, inner) for each in entries):
                    rule = f"{words} must satisfy constraint: [{', '.join(every_rule(inner))}]"
                    found += failures(value, path, [rule])
            return found
        case "string":
            return failures(value, path, text_rules(value, shape))
    return failures(value, path, value_rules(value, shape))


def of_member(shape: dict[str, Any], member: str, value: dict[str, Any], path: str) -> list[str]:
    inner = f"{path}.{member[0].lower()}{member[1:]}".lstrip(".")
    if value.get(member) is not None:
        return expected(shape["members"][member]["shape"], value[member], inner)
    missing = f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"
    return [missing] if member in shape.get("required", ()) else []


def failures(value: Any, path: str, rules: list[str]) -> list[str]:
    return [f"Value '{java(value)}' at '{path}' failed to satisfy constraint: {rule}" for rule in rules]


def java(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{java(key)}={java(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java, value)) + "]"
    return "".join(letter if ord(letter) < 128 else "?" for letter in str(value))


def length_rules(length: int, shape: dict[str, Any]) -> list[str]:
    if "max" in shape and length > shape["max"]:
        return [f"Member must have length less than or equal to {shape['max']}"]
    if "min" in shape and length < shape["min"]:
        return [f"Member must have length greater than or equal to {shape['min']}"]
    return []


def value_rules(value: int, shape: dict[str, Any]) -> list[str]:
    if "max" in shape and value > shape["max"]:
        return [f"Member must have value less than or equal to {shape['max']}"]
    if "min" in shape and value < shape["min"]:
        return [f"Member must have value greater than or equal to {shape['min']}"]
    return []


def text_rules(value: str, shape: dict[str, Any]) -> list[str]:
    rules = length_rules(len(value), shape)
    if "enum" in shape and value not in shape["enum"]:
        rules.append(f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
    if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        rules.append(f"Member must satisfy regular expression pattern: {shape['pattern']}")
    return rules


def every_rule(shape: dict[str, Any]) -> list[str]:
    rules = []
    if "max" in shape:
        rules.append(f"Member must have length less than or equal to {shape['max']}")
        rules.append(f"Member must have length greater than or equal to {shape.get('min', 0)}")
    if "pattern" in shape:
        rules.append(f"Member must satisfy regular expression pattern: {shape['pattern']}")
    return [*rules, "Member must not be null"]


@pytest.mark.parametrize("operation", sorted(INPUTS))
def test_every_violation_is_found_and_no_other(operation):
    @settings(max_examples=40, deadline=None, database=None)
    @given(values(INPUTS[operation]))
    def check(parameters):
        violations = []
        READERS[operation](parameters, "", violations)
        assert list(map(str, violations)) == expected(INPUTS[operation], parameters, "")

    check()


WRONG_TYPES = {
    "string": [1, True, [], {}],
    "integer": ["1", True, 1.5, [], {}, 1 << 31],
    "long": ["1", True, 1.5, [], {}, 1 << 63],
    "list": ["x", 1, {}],
    "map": ["x", 1, []],
    "structure": ["x", 1, []],
}


@pytest.mark.parametrize("operation", sorted(INPUTS))
def test_no_member_takes_a_value_of_another_type(operation):
    for member, reference in SHAPES[INPUTS[operation]]["members"].items():
        for wrong in WRONG_TYPES[SHAPES[reference["shape"]]["type"]]:
            with pytest.raises(UnreadableError):
                READERS[operation]({member: wrong}, "", [])
