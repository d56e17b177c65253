"""Layers, one family a file."""

from engine.nn.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from engine.nn.layers.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
from engine.nn.layers.embedding import Embedding, EmbeddingBag
from engine.nn.layers.flatten import Flatten, Unflatten
from engine.nn.layers.gated import GELU, GLU, Hardswish, Mish, SiLU
from engine.nn.layers.group_norm import GroupNorm
from engine.nn.layers.identity import Identity
from engine.nn.layers.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from engine.nn.layers.layer_norm import LayerNorm
from engine.nn.layers.linear import Linear
from engine.nn.layers.local_response_norm import LocalResponseNorm
from engine.nn.layers.multihead_attention import MultiheadAttention
from engine.nn.layers.pooling import MaxPool1d, MaxPool2d, MaxPool3d
from engine.nn.layers.rectifier import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU, ReLU6, RReLU, Threshold
from engine.nn.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNBase, RNNCell, RNNCellBase
from engine.nn.layers.rms_norm import RMSNorm
from engine.nn.layers.saturating import Hardsigmoid, Hardtanh, LogSigmoid, Sigmoid, Softplus, Softsign, Tanh
from engine.nn.layers.shrinkage import Hardshrink, Softshrink, Tanhshrink
from engine.nn.layers.softmax import LogSoftmax, Softmax, Softmax2d, Softmin
from engine.nn.layers.transformer import Transformer, TransformerDecoder, TransformerEncoder
from engine.nn.layers.transformer_layer import TransformerDecoderLayer, TransformerEncoderLayer

__all__ = [
    "AlphaDropout",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "CELU",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "ELU",
    "Embedding",
    "EmbeddingBag",
    "FeatureAlphaDropout",
    "Flatten",
    "GELU",
    "GLU",
    "GRU",
    "GRUCell",
    "GroupNorm",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LSTM",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Mish",
    "MultiheadAttention",
    "PReLU",
    "RMSNorm",
    "RNN",
    "RNNBase",
    "RNNCell",
    "RNNCellBase",
    "RReLU",
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
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "Unflatten",
]
