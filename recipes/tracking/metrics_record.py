"""One line of `metrics.jsonl`: what a run knew at a step, as JSON that holds NaN and the infinities too."""

import json
import math
from dataclasses import dataclass

NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclass(frozen=True, slots=True)
class MetricsRecord:
    """Metrics by name at a step, with the epoch (whole where one ended) and the time in unix seconds."""

    step: int
    epoch: float
    time: float
    metrics: dict[str, float]


def encode_record(record: MetricsRecord) -> bytes:
    """The record as one line of JSON, with its line end; NaN and the infinities become strings."""
    fields = {
        "step": record.step,
        "epoch": record.epoch,
        "time": record.time,
        "metrics": {name: _encode_value(value) for name, value in record.metrics.items()},
    }
    return json.dumps(fields, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def decode_record(line: bytes) -> MetricsRecord:
    """The record in a line of `metrics.jsonl`; raises ValueError, KeyError or TypeError where the line is none."""
    fields = json.loads(line)
    return MetricsRecord(
        step=int(fields["step"]),
        epoch=float(fields["epoch"]),
        time=float(fields["time"]),
        metrics={str(name): _decode_value(value) for name, value in dict(fields["metrics"]).items()},
    )


def _encode_value(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decode_value(value: float | str) -> float:
    return NON_FINITE[value] if isinstance(value, str) else float(value)
