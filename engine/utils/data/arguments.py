"""Which of a loader's arguments go together."""

from __future__ import annotations

import multiprocessing
from typing import Any

from engine.utils.data.dataset import IterableDataset

METHODS = ("spawn", "forkserver")


def check_arguments(
    dataset: Any,
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Any,
    batch_sampler: Any,
    num_workers: int,
    collate_fn: Any,
    drop_last: bool,
    timeout: float,
    multiprocessing_context: Any,
    prefetch_factor: int | None,
    persistent_workers: bool,
    batch_transform: Any,
    vectorized: bool | None,
    batches_ahead: int,
) -> None:
    """Raise ValueError for arguments that contradict each other, as PyTorch's loader does."""
    _check_workers(num_workers, timeout, multiprocessing_context, prefetch_factor, persistent_workers)
    _check_ahead(batches_ahead, num_workers)
    if isinstance(dataset, IterableDataset):
        _check_stream(shuffle, sampler, batch_sampler, batch_transform)
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
    if batch_size is not None and (not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0):
        raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
    if vectorized and collate_fn is not None:
        raise ValueError("vectorized=True fetches whole batches, which collate_fn never sees: use batch_transform")
    if vectorized and batch_size is None and batch_sampler is None:
        raise ValueError("vectorized=True fetches whole batches, but batch_size=None asks for single samples")


def _check_workers(workers: int, timeout: float, context: Any, prefetch: int | None, persistent: bool) -> None:
    if not isinstance(workers, int) or workers < 0:
        raise ValueError(f"num_workers should be 0 or a positive integer, but got {workers}; 0 loads in this process")
    if timeout < 0:
        raise ValueError(f"timeout should be 0 or more seconds, but got {timeout}")
    if prefetch is not None and prefetch <= 0:
        raise ValueError(f"prefetch_factor should be a positive integer, but got {prefetch}")
    if workers > 0:
        return
    given = {"timeout": timeout, "multiprocessing_context": context, "prefetch_factor": prefetch is not None}
    for name, value in (given | {"persistent_workers": persistent}).items():
        if value:
            raise ValueError(f"{name} option could only be specified in multiprocessing: set num_workers > 0")


def _check_ahead(batches: int, workers: int) -> None:
    if not isinstance(batches, int) or isinstance(batches, bool) or batches < 0:
        raise ValueError(f"batches_ahead should be 0 or a positive integer, but got {batches}; 0 makes none ahead")
    if batches and workers:
        raise ValueError("batches_ahead is for loading in this process: with num_workers > 0, use prefetch_factor")


def _check_stream(shuffle: bool | None, sampler: Any, batch_sampler: Any, transform: Any) -> None:
    given = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler, "batch_transform": transform}
    for name, value in given.items():
        if value not in (None, False):
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


def start_method(context: Any) -> str:
    """How workers start, `spawn` by default; raises ValueError for `fork`, which kernels with threads don't survive."""
    method = context.get_start_method() if isinstance(context, multiprocessing.context.BaseContext) else context
    if method is None:
        return "spawn"
    if method not in METHODS:
        raise ValueError(f"multiprocessing_context should be one of {', '.join(METHODS)}, but got {method!r}")
    return str(method)
