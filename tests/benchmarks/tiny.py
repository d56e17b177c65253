"""Each workload at sizes that take a moment: what the tests train, and what a quick look measures."""

from __future__ import annotations

from tests.benchmarks.workloads.cnn import CNN
from tests.benchmarks.workloads.dcgan import DCGAN
from tests.benchmarks.workloads.encoder import Encoder
from tests.benchmarks.workloads.gpt import GPT
from tests.benchmarks.workloads.lstm import LSTM
from tests.benchmarks.workloads.mlp import MLP
from tests.benchmarks.workloads.resnet import ResNet
from tests.benchmarks.workloads.workload import Workload

TINY: dict[str, Workload] = {
    "mlp": MLP(8, (12, 16, 8, 5)),
    "cnn": CNN(4, side=8, channels=(3, 4), hidden=6),
    "resnet": ResNet(4, side=8, blocks=1, width=4),
    "dcgan": DCGAN(4, side=8, channels=(6, 4), noise=5),
    "lstm": LSTM(3, layers=2, width=8, tokens=5, vocabulary=7),
    "gpt": GPT(2, layers=2, width=8, heads=2, tokens=6, vocabulary=7),
    "encoder": Encoder(3, vocabulary=11, layers=2, width=8, heads=2, hidden=12, tokens=5),
}
