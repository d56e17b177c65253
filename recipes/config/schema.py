"""The keys that a config of ours has, with their types and defaults; what a part holds is its class's own affair."""

from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, Literal, NewType, get_type_hints

# A node with `_target_`: checked against the signature of what it names.
Part = NewType("Part", dict)
Parts = dict[str, Part | None]


@dataclass
class Paths:
    """Where a run writes."""

    outputs: str = "outputs"


@dataclass
class Checkpoint:
    """When the state of a run is saved, how many checkpoints are kept besides the best, and which metric says that."""

    every: str = "1ep"
    keep: int = 2
    monitor: str = "validation/loss"
    mode: Literal["min", "max"] = "min"


@dataclass
class Data:
    """A dataset, what is done to its samples, and how they come in batches."""

    dataset: Part
    root: str | None = None
    batch_size: int = 64
    workers: int = 0
    drop_last: bool = False
    transforms: Parts = field(default_factory=dict)


@dataclass
class Scheduler:
    """How the learning rate moves: `rule` steps once per `every` (by `monitor` if it follows a metric); or it stays."""

    every: str = "1ep"
    rule: Part | None = None
    monitor: str = "validation/loss"


@dataclass
class Device:
    """Where tensors live and how many threads compute; null is as many as there are cores."""

    name: Literal["auto", "cpu", "cuda"] = "auto"
    index: int = 0
    threads: int | None = None


@dataclass
class Experiment:
    """The root of every config."""

    experiment: str
    model: Part
    data: Data
    optimizer: Part
    loop: Part
    name: str | None = None
    seed: int = 0
    epochs: int = 10
    scheduler: Scheduler = field(default_factory=Scheduler)
    metrics: Parts = field(default_factory=dict)
    callbacks: Parts = field(default_factory=dict)
    tracking: Parts = field(default_factory=dict)
    device: Device = field(default_factory=Device)
    # YAML reads a bare `on` as true and `off` as false.
    compile: Literal["auto", "on", "off"] | bool = "auto"
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    paths: Paths = field(default_factory=Paths)


def field_types(schema: type) -> dict[str, Any]:
    """The keys of a schema with their types."""
    return get_type_hints(schema)


def required_keys(schema: type) -> list[str]:
    """The keys of a schema that have no default."""
    return [own.name for own in fields(schema) if own.default is MISSING and own.default_factory is MISSING]


def schema_of(annotation: Any) -> type | None:
    """The annotation itself where it is a schema of ours."""
    return annotation if isinstance(annotation, type) and is_dataclass(annotation) else None


def schema_at(key: str) -> type | None:
    """The schema of the mapping at a dotted key (the root's is ""), None where a part or a value stands."""
    schema: type | None = Experiment
    for name in key.split(".") if key else []:
        if schema is None:
            return None
        schema = schema_of(field_types(schema).get(name))
    return schema


def absent_defaults(config: Any, schema: type = Experiment, prefix: str = "") -> list[tuple[str, Any, str]]:
    """The defaults of all keys that `config` leaves out, as (key, value, `Schema.field`)."""
    if not isinstance(config, dict):
        return []
    found: list[tuple[str, Any, str]] = []
    types = field_types(schema)
    for own in fields(schema):
        key, below = f"{prefix}{own.name}", schema_of(types[own.name])
        if below is not None and (own.name in config or own.default_factory is not MISSING):
            found += absent_defaults(config.get(own.name, {}), below, f"{key}.")
        elif own.name not in config and below is None:
            if own.default is not MISSING:
                found.append((key, own.default, f"{schema.__name__}.{own.name}"))
            elif own.default_factory is not MISSING:
                found.append((key, own.default_factory(), f"{schema.__name__}.{own.name}"))
    return found
