"""The workloads' models in JAX, found by the kind of workload."""

from __future__ import annotations

from types import ModuleType

from tests.benchmarks.in_jax import cnn, dcgan, encoder, gpt, lstm, mlp, resnet
from tests.benchmarks.workloads.cnn import CNN
from tests.benchmarks.workloads.dcgan import DCGAN
from tests.benchmarks.workloads.encoder import Encoder
from tests.benchmarks.workloads.gpt import GPT
from tests.benchmarks.workloads.lstm import LSTM
from tests.benchmarks.workloads.mlp import MLP
from tests.benchmarks.workloads.resnet import ResNet
from tests.benchmarks.workloads.workload import Workload

MODELS: dict[type[Workload], ModuleType] = {
    MLP: mlp,
    CNN: cnn,
    ResNet: resnet,
    DCGAN: dcgan,
    LSTM: lstm,
    GPT: gpt,
    Encoder: encoder,
}
