"""Policies against a plain oracle: wildcards letter by letter, decisions statement by statement."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.iam.conditions import PolicyError, compile_conditions, is_operator
from emulator.iam.patterns import arn_matcher, like, matcher
from emulator.iam.permissions import BOUNDARY, IDENTITY, SESSION, Layer, Permissions
from emulator.iam.statements import compile_policy

texts = st.text("ab:/*?$.", max_size=8)
patterns = st.text("ab:/*?.", max_size=8)
actions = st.sampled_from(["s:Get", "s:List", "t:Get", "s:*", "*", "S:GET", "?:Get"])
resources = st.sampled_from(["*", *(f"arn:aws:s::1:{name}" for name in ("a", "b", "*", "?"))])
statements = st.builds(
    lambda effect, action, resource, negate: {
        "Effect": effect,
        ("NotAction" if negate[0] else "Action"): action,
        ("NotResource" if negate[1] else "Resource"): resource,
    },
    st.sampled_from(["Allow", "Deny"]),
    st.lists(actions, min_size=1, max_size=3),
    st.lists(resources, min_size=1, max_size=3),
    st.tuples(st.booleans(), st.booleans()),
)
documents = st.lists(statements, max_size=4)


def plain_like(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(plain_like(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and plain_like(pattern[1:], text[1:])


@given(patterns, texts)
def test_wildcards(pattern: str, text: str) -> None:
    assert like(pattern, text) == plain_like(pattern, text)
    assert matcher(pattern, variables=True)(text, {}) == plain_like(pattern, text)


@given(patterns, texts)
def test_arns_part_by_part(pattern: str, text: str) -> None:
    parts, said = text.split(":", 5), pattern.split(":", 5)
    wanted = len(parts) == len(said) and all(map(plain_like, said, parts))
    assert arn_matcher(pattern, variables=False)(text, {}) == wanted


@given(texts, patterns)
def test_a_variable_is_its_value_and_no_pattern(value: str, tail: str) -> None:
    matches = matcher("a/${aws:username}" + tail, variables=True)
    assert matches(f"a/{value}", {"aws:username": value}) == plain_like(tail, "") or tail
    assert not matches("a/", {})


def applies(statement: dict[str, Any], action: str, resource: str) -> bool:
    def named(member: str, text: str) -> bool:
        negate = f"Not{member}" in statement
        said = statement[f"Not{member}" if negate else member]
        return any(plain_like(each, text) for each in said) != negate

    lowered = {
        key: [each.lower() for each in said] if key.endswith("Action") else said for key, said in statement.items()
    }
    statement = lowered | {"Effect": statement["Effect"]}
    return named("Action", action.lower()) and named("Resource", resource)


def plainly_allowed(layers: list[list[dict[str, Any]]], action: str, resource: str) -> bool:
    effects = [{each["Effect"] for each in layer if applies(each, action, resource)} for layer in layers]
    return not any("Deny" in each for each in effects) and all("Allow" in each for each in effects)


@given(
    documents,
    documents,
    documents,
    st.sampled_from(["s:Get", "t:Get", "s:List"]),
    st.sampled_from(["arn:aws:s::1:a", "*"]),
)
def test_decisions(one: Any, two: Any, three: Any, action: str, resource: str) -> None:
    said = [one, two, three]
    layers = [
        Layer(kind, compile_policy({"Statement": each}))
        for kind, each in zip((IDENTITY, BOUNDARY, SESSION), said, strict=True)
    ]
    for count in (1, 2, 3):
        allowed = Permissions(layers[:count]).refusal(action, resource, {}) is None
        assert allowed == plainly_allowed(said[:count], action, resource)


@pytest.mark.parametrize(
    ("operator", "said", "actual", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", None, True),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotLike", "a*", "b", True),
        ("StringEqualsIfExists", "a", None, True),
        ("StringEquals", "a", None, False),
        ("NumericLessThanEquals", "10", "9.5", True),
        ("NumericEquals", 10, "10.0", True),
        ("NumericGreaterThan", "10", "ten", False),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01", True),
        ("DateLessThan", "1767225600", "2025-12-31T23:59:59Z", True),
        ("Bool", True, "true", True),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("IpAddress", "10.0.0.0/8", "nowhere", False),
        ("NotIpAddress", "10.0.0.0/8", "192.0.2.1", True),
        ("ArnLike", "arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:user/a/b", True),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:user/a", True),
        ("Null", "true", None, True),
        ("Null", "false", "a", True),
        ("Null", "true", "a", False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "b"], True),
        ("ForAnyValue:StringEquals", "a", [], False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", "a", None, True),
        ("ForAnyValue:StringNotEquals", "a", ["a", "b"], True),
        ("ForAllValues:StringNotLike", "a*", ["b", "ab"], False),
        ("StringEquals", "${aws:username}", "me", True),
        ("StringEquals", "${aws:nobody, 'other'}", "other", True),
        ("StringLike", "${*}", "*", True),
        ("StringLike", "${*}", "a", False),
    ],
)
def test_operators(operator: str, said: Any, actual: Any, holds: bool) -> None:
    assert is_operator(operator)
    keys = {"aws:username": "me"} | ({} if actual is None else {"a:key": actual})
    (condition,) = compile_conditions({operator: {"A:Key": said}}, variables=True)
    assert condition(keys) == holds


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "it has no Statement."),
        ({"Version": "2013", "Statement": []}, "its Version is '2013': it takes 2008-10-17 or 2012-10-17."),
        ({"Statement": {"Effect": "Maybe"}}, "of its statement 1, Effect is 'Maybe': it takes Allow or Deny."),
        ({"Statement": {"Effect": "Allow"}}, "of its statement 1, there is to be one of Action and NotAction."),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": 1}},
            "of its statement 1, Resource is to be a text or a list of texts.",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Is": {"a": "b"}}}},
            "of its statement 1, Invalid Condition type : Is",
        ),
        (
            {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"a": "b"}}}},
            "of its statement 1, Invalid value for IpAddress: b",
        ),
        ({"Statement": [], "Statment": []}, "it has no member Statment: it takes Version, Id, Statement."),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}}},
            (
                "of its statement 1, it has no member Conditions: it takes Sid, Effect, Action, NotAction, Resource,"
                " NotResource, Condition."
            ),
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": ["s:Get", "Get"], "Resource": "*"}},
            "of its statement 1, Action 'Get' is not of the form service:Action.",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "NotResource": "trail/a"}},
            "of its statement 1, Resource 'trail/a' is not of the form an ARN or *.",
        ),
    ],
)
def test_what_is_no_policy(document: Any, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compile_policy(document)
    assert str(caught.value) == told


def test_variables_are_text_in_old_policies() -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s:::${aws:username}"}
    (old,) = compile_policy({"Statement": statement})
    assert old.applies("s:Get", "arn:aws:s:::${aws:username}", {"aws:username": "me"})
    assert not old.applies("s:Get", "arn:aws:s:::me", {"aws:username": "me"})


@pytest.mark.parametrize("resource", ["arn:aws:s", "arn:aws", "arn:*", "arn:aws:s:*", "arn:aws:s:eu:1"])
def test_an_arn_that_ends_early_has_anything_in_its_last_parts(resource: str) -> None:
    (statement,) = compile_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}})
    assert statement.applies("s:Get", "arn:aws:s:eu:1:thing/a", {})
    assert not statement.applies("s:Get", "*", {})
