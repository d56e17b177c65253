"""Layers, one family a file."""

from engine.nn.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from engine.nn.layers.dropout import Dropout
from engine.nn.layers.flatten import Flatten, Unflatten
from engine.nn.layers.gated import GELU, GLU, Hardswish, Mish, SiLU
from engine.nn.layers.identity import Identity
from engine.nn.layers.layer_norm import LayerNorm
from engine.nn.layers.linear import Linear
from engine.nn.layers.pooling import MaxPool1d, MaxPool2d, MaxPool3d
from engine.nn.layers.rectifier import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, Threshold
from engine.nn.layers.saturating import Hardsigmoid, Hardtanh, LogSigmoid, Sigmoid, Softplus, Softsign, Tanh
from engine.nn.layers.shrinkage import Hardshrink, Softshrink, Tanhshrink
from engine.nn.layers.softmax import LogSoftmax, Softmax, Softmax2d, Softmin

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "CELU",
    "Dropout",
    "ELU",
    "Flatten",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "Unflatten",
]
