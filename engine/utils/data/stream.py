"""Streams: batches of an IterableDataset, read here or by workers, each of which reads its own copy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from engine.utils.data.fetch import Fetcher


class EndOfStream(NamedTuple):
    """What stands for a batch when a worker's stream has none left."""


class StreamFetcher(Fetcher):
    """Gives the next batch of a stream; a new pass begins the stream anew."""

    def __init__(self, dataset: Any, collate: Any, batch_size: int | None, drop_last: bool, seed: int) -> None:
        super().__init__(dataset, collate, None, False, batch_size is not None, seed)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self._pass: Any = None
        self._batches: Iterator[Any] = iter(())

    def __call__(self, indices: Any, epoch: int) -> Any:
        """The next batch of the pass that `indices` numbers, or EndOfStream."""
        if indices != self._pass:
            self._pass, self._batches = indices, self.batches()
        return next(self._batches, EndOfStream())

    def batches(self) -> Iterator[Any]:
        """The batches of one pass over the stream."""
        samples = iter(self.dataset)
        if self.batch_size is None:
            for sample in samples:
                yield self.together(sample)
            return
        while batch := list(islice(samples, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self.together(batch)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pass": None, "_batches": iter(())}
