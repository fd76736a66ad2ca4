"""Cloud Map's pages: namespaces, their services, the instances of these with their health, and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.console.asking import asking
from emulator.console.view import PAGE, AbsentError, page_number, pages
from trail.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.console.asking import Asking
    from emulator.console.view import Selection, View

__all__ = ["namespace", "namespaces", "operation", "operations", "service"]

_SELECTED = """
WHERE p.account = coalesce(:account, p.account) AND p.region = coalesce(:region, p.region)
"""
_NAMESPACES = f"""
SELECT p.id, p.account, p.region, n.id FROM place AS p JOIN namespace AS n ON n.place = p.id {_SELECTED}
ORDER BY n.created DESC, n.id LIMIT :limit OFFSET :offset
"""
_OPERATIONS = f"""
SELECT p.id, p.account, p.region, o.id FROM place AS p JOIN operation AS o ON o.place = p.id {_SELECTED}
ORDER BY o.created DESC, o.seq DESC LIMIT :limit OFFSET :offset
"""
_HOME = "SELECT p.id, p.account, p.region FROM place AS p JOIN {table} AS t ON t.place = p.id WHERE t.id = ?"
_SERVICES = """
SELECT id FROM service WHERE place = ? AND namespace = ? ORDER BY name, id LIMIT ? OFFSET ?
"""
_OPERATION_PLACES = "SELECT p.id, p.account, p.region FROM place AS p"
_LATEST = 5


def namespaces(view: View) -> dict[str, Any]:
    """The namespaces of the selected accounts and regions, newest first."""
    number = page_number(view)
    with asking(view.machine) as ask:
        rows = ask.connection.execute(_NAMESPACES, _window(view.selection, number)).fetchall()
        paging = pages(rows, number)
        found = [_described(ask, Place(*row[:3]), "GetNamespace", "Namespace", Id=row[3]) for row in rows]
    return {"namespaces": found, "pages": paging}


def namespace(view: View, identifier: str) -> dict[str, Any]:
    """A namespace, its services and its latest operations."""
    number = page_number(view)
    with asking(view.machine) as ask:
        place = _home(ask, "namespace", identifier)
        described = _described(ask, place, "GetNamespace", "Namespace", Id=identifier)
        rows = ask.connection.execute(_SERVICES, (place.id, identifier, PAGE + 1, (number - 1) * PAGE)).fetchall()
        paging = pages(rows, number)
        return {
            "namespace": described,
            "tags": _tags(ask, place, described["Arn"]),
            "services": [_described(ask, place, "GetService", "Service", Id=row[0]) for row in rows],
            "operations": _latest(ask, place, "NAMESPACE_ID", identifier),
            "pages": paging,
        }


def service(view: View, identifier: str) -> dict[str, Any]:
    """A service, a page of its instances with their health, and its latest operations."""
    token = view.text("token")
    following = {"NextToken": token} if token else {}
    with asking(view.machine) as ask:
        place = _home(ask, "service", identifier)
        described = _described(ask, place, "GetService", "Service", Id=identifier)
        listed = ask.ask(place, "ListInstances", ServiceId=identifier, MaxResults=PAGE, **following)
        attributes = ask.ask(place, "GetServiceAttributes", ServiceId=identifier)["ServiceAttributes"]["Attributes"]
        return {
            "service": described,
            "namespace": _described(ask, place, "GetNamespace", "Namespace", Id=described["NamespaceId"]),
            "tags": _tags(ask, place, described["Arn"]),
            "attributes": attributes,
            "instances": _with_health(ask, place, identifier, listed["Instances"]),
            "custom_health": "HealthCheckCustomConfig" in described,
            "operations": _latest(ask, place, "SERVICE_ID", identifier),
            "token": token,
            "next": listed.get("NextToken"),
        }


def operations(view: View) -> dict[str, Any]:
    """The operations of the selected accounts and regions, newest first."""
    number = page_number(view)
    with asking(view.machine) as ask:
        rows = ask.connection.execute(_OPERATIONS, _window(view.selection, number)).fetchall()
        paging = pages(rows, number)
        found = []
        for *home, identifier in rows:
            found.append(_described(ask, Place(*home), "GetOperation", "Operation", OperationId=identifier))
    return {"operations": found, "pages": paging}


def operation(view: View, identifier: str) -> dict[str, Any]:
    """One operation."""
    with asking(view.machine) as ask:
        for row in ask.connection.execute(_OPERATION_PLACES).fetchall():
            try:
                return {"operation": _described(ask, Place(*row), "GetOperation", "Operation", OperationId=identifier)}
            except AbsentError:
                continue
    raise AbsentError(f"There is no operation {identifier}.")


def _described(ask: Asking, place: Place, name: str, member: str, **parameters: Any) -> dict[str, Any]:
    """What an operation describes, with the account and region it lies in."""
    described: dict[str, Any] = ask.ask(place, name, **parameters)[member]
    return described | {"account": place.account, "region": place.region}


def _home(ask: Asking, table: str, identifier: str) -> Place:
    row = ask.connection.execute(_HOME.format(table=table), (identifier,)).fetchone()
    if row is None:
        raise AbsentError(f"There is no {table} {identifier}.")
    return Place(*row)


def _window(selection: Selection, number: int) -> dict[str, Any]:
    limits = {"limit": PAGE + 1, "offset": (number - 1) * PAGE}
    return {"account": selection.account, "region": selection.region, **limits}


def _tags(ask: Asking, place: Place, arn: str) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in ask.ask(place, "ListTagsForResource", ResourceARN=arn)["Tags"]}


def _latest(ask: Asking, place: Place, name: str, value: str) -> list[dict[str, Any]]:
    filters = [{"Name": name, "Values": [value]}]
    listed = ask.ask(place, "ListOperations", Filters=filters, MaxResults=_LATEST)["Operations"]
    return [_described(ask, place, "GetOperation", "Operation", OperationId=each["Id"]) for each in listed]


def _with_health(ask: Asking, place: Place, service_id: str, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not listed:
        return []
    named = [each["Id"] for each in listed]
    health = ask.ask(place, "GetInstancesHealthStatus", ServiceId=service_id, Instances=named, MaxResults=PAGE)
    return [each | {"Health": health["Status"][each["Id"]]} for each in listed]
