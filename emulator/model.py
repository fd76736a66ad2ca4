"""The AWS service model, read from botocore's data files without importing botocore.

What the model says is never written by hand: shapes, required members, limits, patterns, enums, error statuses, host
prefixes. Importing botocore costs 120 ms and 30 MB; its JSON costs 2 ms. The model is the installed botocore's, so a
newer botocore brings newer rules.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Member", "OperationModel", "ServiceModel", "Shape", "lower_first"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A structure's member: its name on the wire and its shape."""

    name: str
    shape: Shape


@dataclass(slots=True, eq=False)
class Shape:
    """One shape of the model; ``type`` is structure, list, map, string, integer and the like."""

    name: str
    type: str
    required: frozenset[str] = frozenset()
    members: tuple[Member, ...] = ()
    item: Shape | None = None
    key: Shape | None = None
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    sensitive: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class OperationModel:
    """One operation: its shapes and the errors it declares, by name."""

    name: str
    input: Shape
    output: Shape | None
    errors: frozenset[str]


class ServiceModel:
    """A service of botocore's, its shapes resolved once.

    ``name`` and ``version`` name the folder of botocore's data: ``servicediscovery``, ``2017-03-14``.
    """

    def __init__(self, name: str, version: str) -> None:
        self._raw = _read(name, version)  # let go of at the end: most of it is documentation
        self._shapes: dict[str, Shape] = {}
        metadata: Mapping[str, Any] = self._raw["metadata"]
        self.endpoint_prefix: str = metadata["endpointPrefix"]
        self.target_prefix: str = metadata.get("targetPrefix", "")
        self.xml_namespace: str = metadata.get("xmlNamespace", "")
        self.api_version: str = metadata["apiVersion"]
        self.event_source = f"{name}.amazonaws.com"
        self.operations = {operation: self._operation(operation) for operation in self._raw["operations"]}
        self.error_statuses = {
            shape: int(raw.get("error", {}).get("httpStatusCode", 400))
            for shape, raw in self._raw["shapes"].items()
            if raw.get("exception")
        }
        self.error_codes = {
            shape: str(self._raw["shapes"][shape].get("error", {}).get("code", shape)) for shape in self.error_statuses
        }
        for shape in self.error_statuses:
            self.shape(shape)
        self._raw = {}

    def shape(self, name: str) -> Shape:
        """The shape of that name; recursive models end where they began."""
        if name in self._shapes:
            return self._shapes[name]
        raw = self._raw["shapes"][name]
        shape = self._shapes[name] = Shape(
            name=name,
            type=raw["type"],
            required=frozenset(raw.get("required", ())),
            minimum=raw.get("min"),
            maximum=raw.get("max"),
            pattern=raw.get("pattern"),
            enum=tuple(raw.get("enum", ())),
            sensitive=raw.get("sensitive", False),
        )
        shape.members = tuple(
            Member(member, self.shape(reference["shape"])) for member, reference in raw.get("members", {}).items()
        )
        item = raw.get("member") or raw.get("value")
        shape.item = self.shape(item["shape"]) if item else None
        shape.key = self.shape(raw["key"]["shape"]) if "key" in raw else None
        return shape

    def _operation(self, name: str) -> OperationModel:
        raw = self._raw["operations"][name]
        nothing = Shape(name=f"{name}Input", type="structure")
        return OperationModel(
            name=name,
            input=self.shape(raw["input"]["shape"]) if "input" in raw else nothing,
            output=self.shape(raw["output"]["shape"]) if "output" in raw else None,
            errors=frozenset(error["shape"] for error in raw.get("errors", ())),
        )


@cache
def sts() -> ServiceModel:
    """The model of AWS STS."""
    return ServiceModel("sts", "2011-06-15")


@cache
def cloud_map() -> ServiceModel:
    """The model of AWS Cloud Map."""
    return ServiceModel("servicediscovery", "2017-03-14")


@cache
def cloudtrail() -> ServiceModel:
    """The model of AWS CloudTrail."""
    return ServiceModel("cloudtrail", "2013-11-01")


def lower_first(name: str) -> str:
    """A member's name as CloudTrail and the validation messages write it: ``TTL`` is ``tTL``."""
    return name[:1].lower() + name[1:]


def compile_shapes(build: Callable[[Shape, Callable[[Shape], T]], T]) -> Callable[[Shape], T]:
    """Turn a rule about one shape into one about whole trees: ``build(shape, recurse)``, each shape once."""
    done: dict[int, T] = {}

    def recurse(shape: Shape) -> T:
        if id(shape) not in done:
            done[id(shape)] = build(shape, recurse)
        return done[id(shape)]

    return recurse


def _read(name: str, version: str) -> Any:
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed: its service models are what the answers follow")
    folder = Path(spec.submodule_search_locations[0], "data", name, version)
    compressed = folder / "service-2.json.gz"
    if compressed.exists():
        return orjson.loads(gzip.decompress(compressed.read_bytes()))
    return orjson.loads((folder / "service-2.json").read_bytes())
