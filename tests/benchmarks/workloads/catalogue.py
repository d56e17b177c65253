"""The workloads that are measured, their goals, and how long they are measured."""

from __future__ import annotations

from typing import NamedTuple

from tests.benchmarks.workloads.cnn import CNN
from tests.benchmarks.workloads.dcgan import DCGAN
from tests.benchmarks.workloads.encoder import Encoder
from tests.benchmarks.workloads.gpt import GPT
from tests.benchmarks.workloads.lstm import LSTM
from tests.benchmarks.workloads.mlp import MLP
from tests.benchmarks.workloads.resnet import ResNet
from tests.benchmarks.workloads.workload import Workload


class Entry(NamedTuple):
    """A workload, what it is called in the table, and the ratio to the best peer that is wanted.

    A process times `windows` of `window` steps each, after one window to warm up; the loss is read once a window.
    """

    workload: Workload
    title: str
    goal: float
    window: int
    windows: int


CATALOGUE = {
    "mlp_small": Entry(MLP(64, (64, 128, 64, 10)), "MLP 64-128-64-10, batch 64", 2.5, 50, 40),
    "mlp_medium": Entry(MLP(128, (784, 256, 128, 10)), "MLP 784-256-128-10, batch 128", 1.3, 50, 20),
    "mlp_large": Entry(MLP(256, (784, 1024, 1024, 10)), "MLP 784-1024-1024-10, batch 256", 2.0, 50, 4),
    "cnn": Entry(CNN(128), "CNN 32-64-128-10 on 1x28x28, batch 128", 2.5, 50, 3),
    "resnet": Entry(ResNet(128), "ResNet-20 on 3x32x32, batch 128", 1.5, 10, 3),
    "dcgan": Entry(DCGAN(64), "DCGAN 128-64 on 28x28, batch 64", 2.0, 20, 3),
    "lstm": Entry(LSTM(64), "LSTM 2x256, 64 steps, batch 64", 1.3, 15, 3),
    "gpt": Entry(GPT(32), "GPT 4x128, 128 tokens, batch 32", 2.0, 10, 3),
    "encoder": Entry(Encoder(64), "Encoder 2x256, 64 tokens, batch 64", 2.5, 10, 3),
}
