"""Datasets, samplers and the loader, under PyTorch's names."""

from engine.utils.data.bucket_sampler import BucketBatchSampler
from engine.utils.data.collate import default_collate, default_convert
from engine.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
)
from engine.utils.data.distributed import DistributedSampler
from engine.utils.data.loader import DataLoader
from engine.utils.data.sample import BatchPlace, SampleInfo, get_sample_info
from engine.utils.data.samplers import (
    BatchSampler,
    EpochSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from engine.utils.data.split import random_split
from engine.utils.data.worker import WorkerInfo, get_worker_info

__all__ = [
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "TensorDataset",
    "Subset",
    "ConcatDataset",
    "ChainDataset",
    "StackDataset",
    "random_split",
    "Sampler",
    "EpochSampler",
    "SequentialSampler",
    "RandomSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "BatchSampler",
    "BucketBatchSampler",
    "DistributedSampler",
    "default_collate",
    "default_convert",
    "BatchPlace",
    "SampleInfo",
    "get_sample_info",
    "WorkerInfo",
    "get_worker_info",
]
