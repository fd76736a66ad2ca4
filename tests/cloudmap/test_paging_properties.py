"""Pages of lists that grow and shrink while somebody walks them."""

import itertools

import hypothesis.strategies as st
from hypothesis import given, settings

from emulator.paging import ForgedTokenError, Tokens
from tests import sdk
from tests.cloudmap.world import register, service

NAMES = st.sampled_from([f"{letter}{digit}" for letter in "abc" for digit in "0123"])
CHANGES = st.lists(st.tuples(st.booleans(), NAMES), max_size=3)

accounts = itertools.count(800_000_000_000)


def test_what_is_there_all_the_time_is_seen_exactly_once(server):
    @settings(max_examples=25, deadline=None, database=None)
    @given(st.sets(NAMES), st.integers(1, 4), st.lists(CHANGES, max_size=12))
    def check(there, size, changes):
        cloudmap = sdk.client(server.url, str(next(accounts)))
        try:
            walk(cloudmap, there, size, changes)
        finally:
            cloudmap.close()

    check()


def walk(cloudmap, there, size, changes):
    identifier = service(cloudmap)
    register(cloudmap, identifier, *there)
    ever, always = set(there), set(there)
    seen, token, now, order = [], {}, set(there), iter(changes)
    while True:
        page = cloudmap.list_instances(ServiceId=identifier, MaxResults=size, **token)
        seen += [each["Id"] for each in page["Instances"]]
        assert len(page["Instances"]) == size or "NextToken" not in page
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        for add, name in next(order, []):
            if add:
                register(cloudmap, identifier, name)
                now.add(name)
                ever.add(name)
            elif name in now:
                cloudmap.deregister_instance(ServiceId=identifier, InstanceId=name)
                now.remove(name)
                always.discard(name)
    assert len(seen) == len(set(seen))
    assert always <= set(seen) <= ever


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@settings(max_examples=50, deadline=None, database=None)
@given(PLAIN, PLAIN, st.binary(min_size=16, max_size=16))
def test_a_token_tells_what_it_was_made_of(scope, last, key):
    tokens = Tokens(key)
    assert tokens.read(scope, tokens.make(scope, last)) == last


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(max_size=60), st.binary(min_size=16, max_size=16))
def test_no_text_is_a_token_by_chance(text, key):
    try:
        Tokens(key).read(["ListInstances"], text)
    except ForgedTokenError:
        return
    raise AssertionError(text)


@settings(max_examples=100, deadline=None, database=None)
@given(st.integers(0, 20), st.characters(codec="ascii"))
def test_no_character_of_a_token_can_be_changed(place, character):
    tokens = Tokens(b"key")
    token = tokens.make(["ListInstances", 1], "i-0123456789")
    changed = token[:place] + character + token[place + 1 :]
    if changed.replace("+", "-").replace("/", "_") == token:
        return  # base64 has two alphabets, and is read in both
    try:
        tokens.read(["ListInstances", 1], changed)
    except ForgedTokenError:
        return
    raise AssertionError(changed)
