"""DataLoader: batches of a dataset in order or shuffled, loaded here or by workers, resumed at the very batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from engine.tensors.generator import Generator
from engine.utils.data.ahead import made_ahead
from engine.utils.data.arguments import check_arguments, start_method
from engine.utils.data.collate import default_convert
from engine.utils.data.dataset import IterableDataset, is_vectorized
from engine.utils.data.fetch import BatchTransform, Collate, Fetcher
from engine.utils.data.pinned import pinned
from engine.utils.data.pool import Pool
from engine.utils.data.samplers import (
    BatchSampler,
    EpochSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    batch_count,
)
from engine.utils.data.seeds import chosen_seed
from engine.utils.data.stream import StreamFetcher

PREFETCH = 2


class DataLoader:
    """Iterates over a dataset in batches (torch.utils.data.DataLoader); a pass is an epoch.

    Beyond PyTorch's arguments: `seed` (by default drawn from `generator`) decides, with the epoch, the order of a
    shuffled pass and, with the epoch and a sample's index, all its randomness, so that any number of workers gives the
    same batches. `batch_transform(batch, place)` changes each batch, as NumPy arrays or as `collate_fn` made it, where
    it was loaded; place is a `BatchPlace(seed, epoch, indices)`. `vectorized` says that `dataset[array of indices]`
    gives a whole batch (by default the dataset's attribute of that name). Without workers, `batches_ahead` batches are
    made by a thread of this process before they are asked for, which suits datasets in memory; all that sampler,
    dataset and transform do then happens in that thread. `state_dict` holds the epoch and the batches handed out; a
    loader that loads it goes on with the next batch, without loading those before.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Collate | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        seed: int | None = None,
        batch_transform: BatchTransform | None = None,
        vectorized: bool | None = None,
        batches_ahead: int = 0,
    ) -> None:
        check_arguments(
            dataset, batch_size, shuffle, sampler, batch_sampler, num_workers, collate_fn, drop_last, timeout,
            multiprocessing_context, prefetch_factor, persistent_workers, batch_transform, vectorized, batches_ahead,
        )  # fmt: skip
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor if prefetch_factor is not None or num_workers == 0 else PREFETCH
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = start_method(multiprocessing_context)
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.batches_ahead = batches_ahead
        self.collate_fn = collate_fn
        self.generator = generator
        self.seed = chosen_seed(seed, generator)
        self._choose_order(batch_size, bool(shuffle), sampler, batch_sampler, drop_last)
        whole = is_vectorized(dataset) and collate_fn is None if vectorized is None else vectorized
        self._fetch: Fetcher = Fetcher(dataset, collate_fn, batch_transform, whole, self._batched, self.seed)
        if self._streams:
            self._fetch = StreamFetcher(dataset, collate_fn, self.batch_size, drop_last, self.seed)
        self._pool: Pool | None = None
        self._epoch = 0
        self._batches = 0
        self._underway = False

    def _choose_order(
        self, batch_size: int | None, shuffle: bool, sampler: Any, batch_sampler: Any, drop_last: bool
    ) -> None:
        self._streams = isinstance(self.dataset, IterableDataset)
        self._batched = batch_size is not None or batch_sampler is not None
        self.batch_size = None if batch_sampler is not None else batch_size
        self.drop_last = drop_last
        if sampler is None and not self._streams:
            sampler = RandomSampler(self.dataset, seed=self.seed) if shuffle else SequentialSampler(self.dataset)
        if batch_sampler is None and batch_size is not None and not self._streams:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler = sampler
        self.batch_sampler = batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self._underway:
            self._epoch, self._batches = self._epoch + 1, 0
        self._underway = True
        return self._pass(self._epoch, self._batches)

    def _pass(self, epoch: int, handed_out: int) -> Iterator[Any]:
        for batch in self._loaded(epoch, handed_out):
            handed_out += 1
            self._epoch, self._batches = epoch, handed_out
            batch = default_convert(batch) if self.collate_fn is None else batch
            yield pinned(batch) if self.pin_memory else batch
        self._epoch, self._batches, self._underway = epoch + 1, 0, False

    def _loaded(self, epoch: int, skipped: int) -> Iterator[Any]:
        """The batches of an epoch after those skipped."""
        if self.num_workers == 0:
            batches = self._loaded_here(epoch, skipped)
            yield from made_ahead(batches, self.batches_ahead) if self.batches_ahead else batches
            return
        pool = self._pool or self._start_workers(epoch)
        try:
            if self._streams:
                yield from islice(pool.stream(epoch), skipped, None)
            else:
                yield from pool.run((indices, epoch) for indices in self._index_batches(epoch, skipped))
        except GeneratorExit:
            raise
        except BaseException:
            # An interrupt too may have cut a message in two.
            self._end_workers(pool)
            raise
        finally:
            if self._pool is None:
                pool.close()

    def _loaded_here(self, epoch: int, skipped: int) -> Iterator[Any]:
        if isinstance(self._fetch, StreamFetcher):
            yield from islice(self._fetch.batches(), skipped, None)
            return
        for indices in self._index_batches(epoch, skipped):
            yield self._fetch(indices, epoch)

    def _index_batches(self, epoch: int, skipped: int) -> Iterator[Any]:
        batches: Any = self.batch_sampler
        if type(batches) is BatchSampler and isinstance(batches.sampler, EpochSampler):
            batches.set_epoch(epoch)
            order = batches.sampler.order(epoch)
            for number in range(skipped, batch_count(len(order), batches.batch_size, batches.drop_last)):
                yield order[number * batches.batch_size : (number + 1) * batches.batch_size]
            return
        source: Any = self.sampler if batches is None else batches
        if hasattr(source, "set_epoch"):
            source.set_epoch(epoch)
        yield from islice(iter(source), skipped, None)

    def _start_workers(self, epoch: int) -> Pool:
        assert self.prefetch_factor is not None
        pool = Pool(
            self.num_workers,
            self._fetch,
            seed=self.seed + (epoch << 32),
            prefetch=self.prefetch_factor,
            timeout=self.timeout,
            prepare=self.worker_init_fn,
            method=self.multiprocessing_context,
        )
        if self.persistent_workers:
            self._pool = pool
        return pool

    def _end_workers(self, pool: Pool) -> None:
        self._pool = None
        pool.close()

    def __len__(self) -> int:
        """How many batches an epoch has; TypeError where the dataset or sampler has no length."""
        if not self._streams:
            counted: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
            return len(counted)
        samples = len(self.dataset)
        return samples if self.batch_size is None else batch_count(samples, self.batch_size, self.drop_last)

    @property
    def epoch(self) -> int:
        """The epoch of the pass underway, or of the next one."""
        return self._epoch

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is; the place inside the epoch that was loaded stays."""
        if self._underway or epoch != self._epoch:
            self._epoch, self._batches, self._underway = epoch, 0, False

    def state_dict(self) -> dict[str, int]:
        """The epoch and how many of its batches were handed out."""
        return {"epoch": self._epoch, "batches": self._batches}

    def load_state_dict(self, state_dict: Mapping[str, int]) -> None:
        """Let the next pass go on behind the batches that were handed out; raises ValueError for impossible numbers."""
        epoch, batches = state_dict["epoch"], state_dict["batches"]
        for name, value in (("epoch", epoch), ("batches", batches)):
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"the loader's state has {name} {value!r}; a number from 0 is expected")
        self._epoch, self._batches, self._underway = epoch, batches, False
