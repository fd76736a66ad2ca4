"""Selectors: which events they match, told plainly and by an oracle over random ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trail.house import ACCOUNT, make_event
from trail import default
from trail.record import Resource
from trail.selectors import DEFAULT, FIELDS, OPERATORS, compile_selectors

NAMESPACE, SERVICE = "AWS::ServiceDiscovery::Namespace", "AWS::ServiceDiscovery::Service"
ARN = f"arn:aws:servicediscovery:us-west-2:{ACCOUNT}:"


def advanced(*selectors):
    return {"AdvancedEventSelectors": [{"FieldSelectors": fields} for fields in selectors]}


def basic(**members):
    return {"EventSelectors": [members]}


def where(field, **operators):
    return {"Field": field, **operators}


def data(name="GetServiceAttributes", **members):
    return make_event(name, management=False, read_only=True, **members)


def matches(settings, event):
    return compile_selectors(settings).matches(event)


MANAGEMENT = where("eventCategory", Equals=["Management"])
DATA = where("eventCategory", Equals=["Data"])
OF_SERVICES = where("resources.type", Equals=[SERVICE])
SERVICE_1 = Resource(ACCOUNT, SERVICE, f"{ARN}service/srv-1")
NAMESPACE_1 = Resource(ACCOUNT, NAMESPACE, f"{ARN}namespace/ns-1")


def test_a_new_trail_takes_management_events_only():
    assert matches(DEFAULT, make_event())
    assert matches(DEFAULT, make_event(read_only=True))
    assert not matches(DEFAULT, data(resources=[SERVICE_1]))


@pytest.mark.parametrize(
    ("kind", "read", "write"), [("All", True, True), ("ReadOnly", True, False), ("WriteOnly", False, True)]
)
def test_basic_selectors_tell_reads_from_writes(kind, read, write):
    settings = basic(ReadWriteType=kind, IncludeManagementEvents=True, DataResources=[])
    assert matches(settings, make_event(read_only=True)) == read
    assert matches(settings, make_event(read_only=False)) == write


def test_basic_selectors_may_leave_out_sources_or_all_management_events():
    without = basic(
        ReadWriteType="All", IncludeManagementEvents=True, ExcludeManagementEventSources=["kms.amazonaws.com"]
    )
    assert not matches(without, make_event(source="kms.amazonaws.com"))
    assert matches(without, make_event(source="sts.amazonaws.com"))
    assert not matches(basic(ReadWriteType="All", IncludeManagementEvents=False), make_event())


def test_basic_data_resources_are_prefixes_of_arns():
    resource = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::logs/"]}
    settings = basic(ReadWriteType="ReadOnly", IncludeManagementEvents=False, DataResources=[resource])
    inside = [Resource(ACCOUNT, "AWS::S3::Object", "arn:aws:s3:::logs/a")]
    assert matches(settings, data(resources=inside))
    assert not matches(settings, make_event(management=False, read_only=False, resources=inside))
    assert not matches(settings, data(resources=[Resource(ACCOUNT, "AWS::S3::Object", "arn:aws:s3:::logs2/a")]))
    assert not matches(settings, data(resources=[Resource(ACCOUNT, "AWS::Lambda::Function", "arn:aws:s3:::logs/a")]))
    resource["Values"] = []
    assert not matches(settings, data(resources=inside))


def test_selectors_are_ored_and_fields_anded():
    settings = advanced([MANAGEMENT, where("readOnly", Equals=["false"])], [DATA, OF_SERVICES])
    assert matches(settings, make_event(read_only=False))
    assert not matches(settings, make_event(read_only=True))
    assert matches(settings, data(resources=[SERVICE_1]))
    assert not matches(settings, data(resources=[NAMESPACE_1]))


@pytest.mark.parametrize(
    ("operators", "name", "wanted"),
    [
        ({"Equals": ["A", "B"]}, "B", True),
        ({"Equals": ["A", "B"]}, "Bc", False),
        ({"StartsWith": ["Get", "List"]}, "ListServices", True),
        ({"StartsWith": ["Get", "List"]}, "getServices", False),
        ({"EndsWith": ["Service"]}, "CreateService", True),
        ({"Equals": ["A"], "StartsWith": ["Get"]}, "GetService", True),
        ({"NotEquals": ["A", "B"]}, "B", False),
        ({"NotEquals": ["A", "B"]}, "C", True),
        ({"NotStartsWith": ["Get"], "NotEndsWith": ["Service"]}, "ListInstances", True),
        ({"NotStartsWith": ["Get"], "NotEndsWith": ["Service"]}, "CreateService", False),
        ({"StartsWith": ["Get"], "NotEquals": ["GetService"]}, "GetInstance", True),
        ({"StartsWith": ["Get"], "NotEquals": ["GetService"]}, "GetService", False),
    ],
)
def test_operators(operators, name, wanted):
    assert matches(advanced([MANAGEMENT, where("eventName", **operators)]), make_event(name)) == wanted


def test_an_arn_counts_only_with_the_type_that_is_asked_for():
    of_srv_1 = advanced([DATA, OF_SERVICES, where("resources.ARN", EndsWith=["-1"])])
    assert matches(of_srv_1, data(resources=[NAMESPACE_1, SERVICE_1]))
    assert not matches(of_srv_1, data(resources=[NAMESPACE_1, Resource(ACCOUNT, SERVICE, f"{ARN}service/srv-2")]))


def test_any_resource_of_the_type_will_do():
    but_srv_1 = advanced([DATA, OF_SERVICES, where("resources.ARN", NotEquals=[SERVICE_1.arn])])
    assert not matches(but_srv_1, data(resources=[SERVICE_1]))
    assert matches(but_srv_1, data(resources=[SERVICE_1, Resource(ACCOUNT, SERVICE, f"{ARN}service/srv-2")]))


def test_a_failed_call_touches_the_types_it_asked_for():
    failed = data(error_code="ServiceNotFound", resource_types=[SERVICE])
    assert matches(advanced([DATA, OF_SERVICES]), failed)
    assert not matches(advanced([DATA, where("resources.type", Equals=[NAMESPACE])]), failed)
    assert not matches(advanced([DATA, OF_SERVICES, where("resources.ARN", StartsWith=["arn:"])]), failed)
    assert matches(advanced([DATA, OF_SERVICES, where("resources.ARN", NotEquals=[SERVICE_1.arn])]), failed)


def test_other_fields_of_a_record():
    console = where("sessionCredentialFromConsole", Equals=["true"])
    assert matches(advanced([MANAGEMENT, console]), make_event(session_credential_from_console=True))
    assert not matches(advanced([MANAGEMENT, console]), make_event())
    by_ana = where("userIdentity.arn", EndsWith=["/ana"])
    assert matches(advanced([MANAGEMENT, by_ana]), make_event())
    assert not matches(advanced([MANAGEMENT, by_ana]), make_event(identity={"type": "AWSService"}))
    assert matches(advanced([where("eventType", Equals=["AwsApiCall"])]), make_event())
    assert matches(advanced([where("errorCode", Equals=["AccessDenied"])]), make_event(error_code="AccessDenied"))
    endpoint = advanced([where("vpcEndpointId", StartsWith=["vpce-"])])
    assert matches(endpoint, make_event(more={"vpcEndpointId": "vpce-1"}))
    assert not matches(endpoint, make_event())


def test_what_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"eventTime"):
        compile_selectors(advanced([where("eventTime", Equals=["x"])]))
    with pytest.raises(ValueError, match=r"Contains"):
        compile_selectors(advanced([where("eventName", Contains=["x"])]))


@pytest.mark.parametrize(
    ("name", "types", "wanted"),
    [
        ("DiscoverInstances", [NAMESPACE, SERVICE], False),
        ("DiscoverInstancesRevision", [NAMESPACE, SERVICE], True),
        ("GetServiceAttributes", [SERVICE], True),
    ],
)
@pytest.mark.parametrize("failed", [False, True])
def test_the_default_trail_takes_everything_but_discover_instances(name, types, wanted, failed):
    touched = {"resource_types": types} if failed else {"resources": [Resource(ACCOUNT, kind, "arn") for kind in types]}
    assert matches(default.SELECTORS, data(name, error_code="X" if failed else None, **touched)) == wanted
    assert matches(default.SELECTORS, make_event(name))


def test_each_data_selector_of_the_default_trail_names_one_type():
    for selector in default.SELECTORS["AdvancedEventSelectors"][1:]:
        fields = {field["Field"]: field for field in selector["FieldSelectors"]}
        assert fields["eventCategory"]["Equals"] == ["Data"]
        assert len(fields["resources.type"]["Equals"]) == 1


# The oracle: the rules of the API reference, one sentence after another, over the record alone.

VALUES = st.sampled_from(
    ["", "Get", "GetService", "ListServices", "A", "B", "true", "false", SERVICE, NAMESPACE, "arn:1"]
)
FIELD_SELECTORS = st.builds(
    lambda field, operators: {"Field": field} | operators,
    st.sampled_from(["eventName", "eventSource", "readOnly", "resources.type", "resources.ARN", "userIdentity.arn"]),
    st.dictionaries(st.sampled_from(OPERATORS), st.lists(VALUES, min_size=1, max_size=2), min_size=1, max_size=3),
)
SELECTORS = st.lists(st.lists(FIELD_SELECTORS, min_size=1, max_size=3), min_size=1, max_size=3)
RESOURCES = st.lists(st.builds(Resource, st.just(ACCOUNT), st.sampled_from([SERVICE, NAMESPACE]), VALUES), max_size=3)
EVENTS = st.builds(
    lambda name, source, read_only, resources, types, arn: make_event(
        name, source=source, read_only=read_only, resources=resources, resource_types=types, identity={"arn": arn}
    ),
    VALUES, VALUES, st.booleans(), RESOURCES, st.lists(st.sampled_from([SERVICE, NAMESPACE]), max_size=2), VALUES,
)  # fmt: skip

TESTS = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def agrees(condition, value):
    positive = [test(value, wanted) for name, test in TESTS.items() for wanted in condition.get(name, [])]
    negative = [test(value, unwanted) for name, test in TESTS.items() for unwanted in condition.get(f"Not{name}", [])]
    return (any(positive) if positive else True) and not any(negative)


def expected(selectors, event):
    touched = [(each.type, each.arn) for each in event.resources]
    touched += [(kind, "") for kind in event.resource_types if kind not in [each.type for each in event.resources]]
    plain = {
        "eventName": event.name,
        "eventSource": event.source,
        "readOnly": str(event.read_only).lower(),
        "userIdentity.arn": event.identity["arn"],
    }
    for fields in selectors:
        own = all(agrees(field, plain[field["Field"]]) for field in fields if field["Field"] in plain)
        about = [field for field in fields if field["Field"] not in plain]
        resource = not about or any(
            all(agrees(field, kind if field["Field"] == "resources.type" else arn) for field in about)
            for kind, arn in touched
        )
        if own and resource:
            return True
    return False


@given(SELECTORS, EVENTS)
def test_selectors_agree_with_the_rules(selectors, event):
    assert matches(advanced(*selectors), event) == expected(selectors, event)


def test_every_field_compiles():
    for field in FIELDS:
        compile_selectors(advanced([where(field, Equals=["x"])])).matches(make_event())
