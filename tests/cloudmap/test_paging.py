"""Pages: every item once whatever its size, and tokens that hold for one list only."""

import pytest

from tests.cloudmap.world import health_service, http_namespace, register, service
from tests.sdk import refused

COUNT = 5


class Listing:
    """One list: how to call it, what its items are known by."""

    def __init__(self, operation, ids, **parameters):
        self.call = lambda **more: operation(**parameters, **more)
        self.ids = ids

    def pages(self, **more):
        """The ids of each page, in order."""
        response = self.call(**more)
        yield self.ids(response)
        while "NextToken" in response:
            response = self.call(NextToken=response["NextToken"], **more)
            yield self.ids(response)

    def token(self, **more):
        return self.call(MaxResults=1, **more)["NextToken"]


def ids_of(member):
    return lambda response: [each["Id"] for each in response[member]]


def build(cloudmap, kind):
    """A list of five items."""
    if kind == "namespaces":
        for number in range(COUNT):
            http_namespace(cloudmap, f"n{number}")
        return Listing(cloudmap.list_namespaces, ids_of("Namespaces"))
    if kind == "services":
        namespace = http_namespace(cloudmap)
        for number in range(COUNT):
            service(cloudmap, namespace, f"s{number}")
        return Listing(cloudmap.list_services, ids_of("Services"))
    if kind == "operations":
        for number in range(COUNT):
            http_namespace(cloudmap, f"n{number}")
        return Listing(cloudmap.list_operations, ids_of("Operations"))
    identifier = health_service(cloudmap)
    register(cloudmap, identifier, *(f"i{number}" for number in range(COUNT)))
    if kind == "instances":
        return Listing(cloudmap.list_instances, ids_of("Instances"), ServiceId=identifier)
    return Listing(cloudmap.get_instances_health_status, lambda response: [*response["Status"]], ServiceId=identifier)


KINDS = ["namespaces", "services", "operations", "instances", "health"]


@pytest.fixture(params=KINDS)
def listing(request, cloudmap):
    return build(cloudmap, request.param)


@pytest.mark.parametrize("size", [1, 2, 4, 5, 100])
def test_every_item_is_on_one_page(listing, size):
    pages = list(listing.pages(MaxResults=size))
    together = [each for page in pages for each in page]
    assert len(together) == len(set(together)) == COUNT
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert 0 < len(pages[-1]) <= size


def test_a_list_that_fits_has_no_token(listing):
    assert "NextToken" not in listing.call(MaxResults=COUNT)
    assert "NextToken" not in listing.call()


def test_pages_may_differ_in_size(listing):
    first = listing.call(MaxResults=1)
    second = listing.call(MaxResults=100, NextToken=first["NextToken"])
    assert len({*listing.ids(first), *listing.ids(second)}) == COUNT


def test_a_token_may_be_used_again(listing):
    token = listing.token()
    assert listing.ids(listing.call(NextToken=token)) == listing.ids(listing.call(NextToken=token))


FORGERIES = {
    "changed": lambda token: ("B" if token[0] == "A" else "A") + token[1:],
    "longer": lambda token: token + "AAAA",
    "shorter": lambda token: token[:-4],
    "reversed": lambda token: token[::-1],
    "empty": lambda token: "",
    "too short": lambda token: "x",
    "no ASCII": lambda token: "é",
    "as long as it may be": lambda token: "A" * 4096,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_refused(listing, forge):
    assert refused(listing.call, NextToken=forge(listing.token()))[0] == "InvalidInput"


def test_a_token_of_another_list_is_refused(cloudmap):
    token = build(cloudmap, "namespaces").token()
    assert refused(cloudmap.list_operations, NextToken=token)[0] == "InvalidInput"
    assert refused(cloudmap.list_services, NextToken=token)[0] == "InvalidInput"


def test_a_token_of_another_service_is_refused(cloudmap):
    namespace = http_namespace(cloudmap)
    one, two = (service(cloudmap, namespace, name) for name in ("one", "two"))
    register(cloudmap, one, "a", "b")
    token = cloudmap.list_instances(ServiceId=one, MaxResults=1)["NextToken"]
    assert refused(cloudmap.list_instances, ServiceId=two, NextToken=token)[0] == "InvalidInput"


def test_a_token_of_other_filters_is_refused(cloudmap):
    listing = build(cloudmap, "namespaces")
    filters = [{"Name": "TYPE", "Values": ["HTTP"]}]
    token = listing.token(Filters=filters)
    assert refused(listing.call, NextToken=token)[0] == "InvalidInput"
    assert len(listing.call(NextToken=token, Filters=filters)["Namespaces"]) == COUNT - 1


@pytest.mark.parametrize("other", [{"account": "999999999999"}, {"region": "eu-west-1"}])
def test_a_token_of_another_place_is_refused(cloudmap, connect, server, other):
    token = build(cloudmap, "namespaces").token()
    assert refused(connect(server, **other).list_namespaces, NextToken=token)[0] == "InvalidInput"


def test_a_token_outlives_the_item_it_was_made_at(cloudmap):
    listing = build(cloudmap, "namespaces")
    first = listing.call(MaxResults=2)
    rest = set(listing.ids(listing.call(NextToken=first["NextToken"])))
    cloudmap.delete_namespace(Id=listing.ids(first)[-1])
    assert set(listing.ids(listing.call(NextToken=first["NextToken"]))) == rest


@pytest.mark.parametrize("size", [1, 2])
def test_what_stays_is_seen_once_while_other_things_come_and_go(cloudmap, size):
    identifier = service(cloudmap)
    staying = [f"m{number}" for number in range(6)]
    register(cloudmap, identifier, *staying)
    listing = Listing(cloudmap.list_instances, ids_of("Instances"), ServiceId=identifier)
    seen = []
    for turn, page in enumerate(listing.pages(MaxResults=size)):
        seen += page
        register(cloudmap, identifier, f"a{turn}", f"z{turn}" if turn < 3 else "z0")
        cloudmap.deregister_instance(ServiceId=identifier, InstanceId=f"a{turn}")
    assert [each for each in seen if each in staying] == staying
    assert len(seen) == len(set(seen))


def test_operations_come_newest_first_as_this_code_chose(cloudmap):
    listing = build(cloudmap, "operations")
    newest = cloudmap.create_http_namespace(Name="last")["OperationId"]
    assert listing.ids(listing.call(MaxResults=1)) == [newest]


def test_a_hundred_are_listed_unless_fewer_are_asked_for(cloudmap):
    identifier = service(cloudmap)
    register(cloudmap, identifier, *(f"i{number:03}" for number in range(101)))
    listing = Listing(cloudmap.list_instances, ids_of("Instances"), ServiceId=identifier)
    assert [len(page) for page in listing.pages()] == [100, 1]


@pytest.mark.parametrize("operation", ["list_namespaces", "list_services", "list_operations"])
def test_no_more_than_a_hundred_may_be_asked_for(unchecked, operation):
    code, message = refused(getattr(unchecked, operation), MaxResults=101)
    assert code == "InvalidInput"
    assert "'101' at 'maxResults' failed" in message


def test_botocores_paginators_walk_every_list(cloudmap):
    build(cloudmap, "namespaces")
    paginator = cloudmap.get_paginator("list_namespaces")
    names = [
        each["Name"] for page in paginator.paginate(PaginationConfig={"PageSize": 2}) for each in page["Namespaces"]
    ]
    assert sorted(names) == [f"n{number}" for number in range(COUNT)]
