"""What modules must not be told or given, and what the refusal has to name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Given:
    """A tensor of ones."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    device: str = "cpu"

    def made(self, library: Any) -> Any:
        """The tensor of `library`, which is `engine` or `torch`."""
        return library.ones(self.shape, dtype=getattr(library, self.dtype), device=self.device)


@dataclass(frozen=True)
class Refusal:
    """A module and inputs of which one does not fit; without inputs, making it is what fails. `told` is to be said."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Given, ...] = ()
    told: tuple[str, ...] = ()

    def __str__(self) -> str:
        inputs = " ".join(f"{list(each.shape)}{each.dtype[0]}{each.dtype[-2:]}{each.device}" for each in self.inputs)
        return f"{self.name}{self.args}{self.options or ''} {inputs}".strip()


def refused(name: str, args: tuple[Any, ...], *given: Given | tuple[int, ...], told: str, **options: Any) -> Refusal:
    """A refusal whose words are `told`, one after another; shapes stand for tensors of float32."""
    inputs = tuple(each if isinstance(each, Given) else Given(each) for each in given)
    return Refusal(name, args, options, inputs, tuple(told.split(" & ")))


def whole(*shape: int) -> Given:
    """A tensor of int64."""
    return Given(shape, "int64")


def double(*shape: int) -> Given:
    """A tensor of float64."""
    return Given(shape, "float64")


def meta(*shape: int) -> Given:
    """A tensor without data."""
    return Given(shape, device="meta")


SHAPES = [
    refused("Linear", (4, 8), (3, 5), told="3x5 & 4x8"),
    refused("Linear", (4, 8), (), told="0D & 2D"),
    refused("Bilinear", (4, 3, 2), (5, 4), (5, 2), told="2 & 3"),
    refused("Bilinear", (4, 3, 2), (5, 4), (6, 3), told="[5, 4] & [6, 3]"),
    refused("PReLU", (3,), (2, 4), told="3 & 4"),
    refused("GLU", (), (2, 5), told="5"),
    refused("Softmax", (2,), (2, 5), told="2 & [-2, 1]"),
    refused("Softmax2d", (), (2, 5), told="3D or 4D & 2"),
    refused("Flatten", (), (), told="1 & [-1, 0]"),
    refused("Unflatten", (1, (2, 3)), (2, 5), told="[2, 3] & 5"),
    refused("CosineSimilarity", (), (2, 5), (2, 4), told="5 & 4"),
    refused("PairwiseDistance", (), (2, 5), (2, 4), told="5 & 4"),
    refused("Conv1d", (4, 6, 3), (2, 5, 9), told="4 & 5"),
    refused("Conv2d", (4, 6, 3), (2, 5, 9, 9), told="4 channels & 5 channels"),
    refused("Conv2d", (4, 6, 3), (2, 4), told="3D & 4D & [2, 4]"),
    refused("Conv2d", (4, 6, 3), (2, 4, 2, 9), told="(2 x 9) & (3 x 3)"),
    refused("Conv3d", (4, 6, 3), (2, 4, 9, 9, 9, 9), told="4D & 5D & [2, 4, 9, 9, 9, 9]"),
    refused("ConvTranspose2d", (4, 6, 3), (2, 5, 9, 9), told="4 & 5"),
    refused("ConvTranspose1d", (4, 6, 3), (2, 4, 9, 9), told="2D & 3D & [2, 4, 9, 9]"),
    refused("MaxPool2d", (2,), (4, 5), told="3D or 4D & [4, 5]"),
    refused("MaxPool2d", (5,), (2, 3, 4, 4), told="[2, 3, 4, 4]"),
    refused("MaxPool2d", (2, 2, 2), (2, 3, 4, 4), told="2"),
    refused("AvgPool1d", (2,), (4,), told="2D or 3D & [4]"),
    refused("AvgPool3d", (2,), (4, 5), told="4D or 5D & [4, 5]"),
    refused("AdaptiveAvgPool2d", (2,), (4, 5), told="3 & [4, 5]"),
    refused("AdaptiveAvgPool2d", ((2, 2),), (4, 5), told="3 & [4, 5]"),
    refused("AdaptiveMaxPool1d", (2,), (4,), told="2 & [4]"),
    refused("AdaptiveMaxPool1d", ((2,),), (4,), told="2 & [4]"),
    refused("AdaptiveMaxPool2d", (2,), (4, 5), told="3 & [4, 5]"),
    refused("AdaptiveMaxPool3d", ((2, 2, 2),), (4, 5), told="4 & [4, 5]"),
    refused("FractionalMaxPool2d", (5,), (2, 3, 4, 4), told="5 & 4", output_size=2),
    refused("MaxUnpool2d", (2,), (2, 3, 2, 2), whole(2, 3, 2, 1), told="[2, 3, 2, 2] & [2, 3, 2, 1]"),
    refused("ReflectionPad1d", (4,), (2, 3, 4), told="(4, 4) & 4"),
    refused("CircularPad1d", (5,), (2, 3, 4), told="5 & 4"),
    refused("ReplicationPad2d", (1,), (4, 5), told="4 & 2D"),
    refused("Fold", ((5, 6), 2), (2, 12, 19), told="19 & 20"),
    refused("Fold", ((5, 6), 2), (2, 10, 20), told="10 & 2"),
    refused("Unfold", (7,), (2, 3, 4, 4), told="(4, 4) & (7, 7)"),
    refused("Upsample", ((4, 4),), (2, 3, 4), told="[4] & (4, 4)", mode="bilinear"),
    refused("PixelShuffle", (2,), (2, 6, 4, 4), told="6 & 4"),
    refused("PixelUnshuffle", (3,), (2, 6, 4, 4), told="4 & 3"),
    refused("ChannelShuffle", (4,), (2, 6, 4, 4), told="6 & 4"),
    refused("BatchNorm1d", (6,), (2, 6, 5, 4), told="2D or 3D & 4D"),
    refused("BatchNorm2d", (6,), (2, 5, 4, 4), told="5 & 6"),
    refused("BatchNorm2d", (6,), (1, 6, 1, 1), told="[1, 6, 1, 1]"),
    refused("InstanceNorm1d", (6,), (2, 6, 5, 4), told="2D or 3D & 4D"),
    refused("InstanceNorm1d", (6,), (2, 6, 1), told="[2, 6, 1]"),
    refused("InstanceNorm2d", (6, 1e-5, 0.1, True), (2, 5, 3, 3), told="5 & 6"),
    refused("GroupNorm", (2, 6), (2, 5, 3), told="[2, 5, 3] & 2"),
    refused("GroupNorm", (2, 6), (6,), told="[6]"),
    refused("GroupNorm", (6, 6), (1, 6), told="[1, 6]"),
    refused("LayerNorm", (6,), (2, 5), told="[6] & [2, 5]"),
    refused("RMSNorm", (6,), (2, 5), told="[6] & [2, 5]"),
    refused("LocalResponseNorm", (2,), (4, 5), told="2"),
    refused("Dropout1d", (0.5,), (2, 3, 4, 5), told="2D or 3D & 4"),
    refused("FeatureAlphaDropout", (0.5,), (3,), told="[3]"),
    refused("LSTM", (3, 6), (3,), told="2D or 3D & 1D"),
    refused("LSTM", (3, 6), (3, 2, 4), told="3 & 4"),
    refused("LSTM", (3, 6), (3, 2, 3), (1, 2, 3), (1, 2, 6), told="(1, 2, 6) & [1, 2, 3]"),
    refused("LSTM", (3, 6), (3, 2, 3), (1, 2, 6), (1, 2, 5), told="(1, 2, 6) & [1, 2, 5]"),
    refused("LSTM", (3, 6), (3, 3), (1, 2, 6), (1, 2, 6), told="2-D & 3-D"),
    refused("RNN", (3, 6), (1, 1, 1, 3), told="2D or 3D & 4D"),
    refused("GRU", (3, 6), (3, 3), (1, 2, 6), told="2-D & 3-D"),
    refused("GRU", (3, 6), (3, 2, 3), (1, 6), told="3-D & 2-D"),
    refused("GRU", (3, 6), (3, 2, 3), (1, 3, 6), told="(1, 2, 6) & [1, 3, 6]"),
    refused("GRU", (3, 6), (0, 2, 3), told="0"),
    refused("GRUCell", (3, 6), (2, 4), told="3 & 4"),
    refused("GRUCell", (3, 6), (2, 3), (3, 6), told="2 & 3"),
    refused("RNNCell", (3, 6), (2, 3), (2, 5), told="5 & 6"),
    refused("LSTMCell", (3, 6), (2, 3), (2, 6), (2, 5), told="5 & 6"),
    refused("LSTMCell", (3, 6), (2, 2, 3), told="1D or 2D & 3D"),
    refused("MultiheadAttention", (6, 2), (3, 2, 5), (5, 2, 6), (5, 2, 6), told="6 & 5"),
    refused("MultiheadAttention", (6, 2), (3, 2, 6), (5, 2, 6), (4, 2, 6), told="[5, 2, 6] & [4, 2, 6]"),
    refused("MultiheadAttention", (6, 2), (3, 2, 6), (5, 6), (5, 6), told="3-D & [5, 6]"),
    refused("MultiheadAttention", (6, 2), (2, 3, 2, 6), (5, 2, 6), (5, 2, 6), told="4-D"),
    refused("MultiheadAttention", (6, 2), (3, 2, 6), (5, 2, 6), (5, 2, 6), (3, 5), told="[3, 5] & [2, 5]"),
    refused("Transformer", (6, 2, 1, 1, 7), (3, 2, 6), (3, 1, 6), told="2 & 1"),
    refused("Transformer", (6, 2, 1, 1, 7), (3, 2, 6), (3, 2, 4), told="6 & 4"),
    refused("TransformerEncoderLayer", (6, 2, 7), (3, 2, 5), told="6 & 5"),
    refused("CrossEntropyLoss", (), (4, 3), whole(5), told="4 & 5"),
    refused("CrossEntropyLoss", (), (4, 3, 2), whole(4, 3), told="[4, 2] & [4, 3]"),
    refused("NLLLoss", (), (4, 3), whole(5), told="4 & 5"),
    refused("BCELoss", (), (4, 3), (4, 2), told="[4, 3] & [4, 2]"),
    refused("BCEWithLogitsLoss", (), (4, 3), (4, 2), told="[4, 3] & [4, 2]"),
    refused("MultiMarginLoss", (), (4, 3), whole(5), told="4 & 5"),
    refused("MultiLabelMarginLoss", (), (4, 3), whole(4, 2), told="[4, 3] & [4, 2]"),
    refused("MarginRankingLoss", (), (4,), (4,), (5, 1), told="[4] & [5, 1]"),
    refused("CosineEmbeddingLoss", (), (4, 3), (4, 3), (4, 3), told="[4, 3]"),
    refused("TripletMarginLoss", (), (4, 3), (4, 3), (3,), told="2 & 1"),
    refused("GaussianNLLLoss", (), (4, 3), (4, 3), (3, 3), told="[4, 3] & [3, 3]"),
    refused("L1Loss", (), Given((4, 3)), Given((4, 5)), told="3 & 5"),
    refused("AdaptiveLogSoftmaxWithLoss", (16, 20, [4]), (3, 16), whole(4), told="3 & 4"),
    refused("LinearCrossEntropyLoss", (4, 3), (5, 6), whole(5), told="4 & 6"),
]

TYPES = [
    refused("Linear", (4, 8), double(3, 4), told="float64 & float32"),
    refused("Linear", (4, 8), whole(3, 4), told="int64 & float32"),
    refused("Bilinear", (4, 3, 2), double(5, 4), double(5, 3), told="float64 & float32"),
    refused("Conv2d", (4, 6, 3), double(2, 4, 9, 9), told="float64 & float32"),
    refused("ConvTranspose1d", (4, 6, 3), whole(2, 4, 9), told="int64 & float32"),
    refused("Embedding", (4, 6), (2,), told="float32 & int64"),
    refused("EmbeddingBag", (4, 6), (2, 3), told="float32 & int64"),
    refused("GRU", (3, 6), double(3, 2, 3), told="float64 & float32"),
    refused("LSTMCell", (3, 6), double(2, 3), told="float64 & float32"),
    refused("MultiheadAttention", (6, 2), double(3, 2, 6), double(3, 2, 6), double(3, 2, 6), told="float64 & float32"),
    refused("BatchNorm1d", (6,), whole(2, 6), told="int64"),
    refused("LayerNorm", (6,), double(2, 6), told="float64 & float32"),
    refused("Softmax", (0,), whole(2), told="int64"),
    refused("MaxUnpool1d", (2,), (3, 2), (3, 2), told="float32 & int64"),
    refused("CrossEntropyLoss", (), (4, 3), Given((4,)), told="int64 & float32"),
    refused("NLLLoss", (), (4, 3), Given((4,)), told="float32 & int64"),
    refused("CrossEntropyLoss", (), whole(4, 3), whole(4), told="int64"),
]

DEVICES = [
    refused("Linear", (4, 8), meta(3, 4), told="meta & cpu"),
    refused("Linear", (4, 8), (3, 4), told="meta & cpu", device="meta"),
    refused("BatchNorm1d", (4,), meta(2, 4), told="meta & cpu"),
    refused("LayerNorm", (4,), meta(2, 4), told="meta & cpu"),
    refused("LSTM", (3, 6), (3, 2, 3), told="meta & cpu", device="meta"),
    refused("MSELoss", (), (3, 2), meta(3, 2), told="meta & cpu"),
    refused("CrossEntropyLoss", (), meta(4, 3), whole(4), told="meta & cpu"),
]

# PyTorch computes here with what has no data.
STRICTER = [
    refused("Conv2d", (4, 6, 3), (2, 4, 9, 9), told="meta & cpu", device="meta"),
    refused("Embedding", (4, 6), whole(2), told="meta & cpu", device="meta"),
    refused("Embedding", (4, 6), Given((2,), "int64", "meta"), told="meta & cpu"),
]

ARGUMENTS = [
    refused("Hardtanh", (2.0, 1.0), told="2.0 & 1.0"),
    refused("Threshold", (), told="threshold"),
    refused("RReLU", (0.5, 0.2), (3,), told="0.5 & 0.2"),
    refused("Dropout", (1.5,), told="1.5 & 0 and 1"),
    refused("Dropout2d", (-0.5,), told="-0.5 & 0 and 1"),
    refused("Bilinear", (0, 4, 2), told="0"),
    refused("Unflatten", (1, 3), told="3"),
    refused("Conv2d", (4, 6, 3), told="4 & 3", groups=3),
    refused("Conv2d", (4, 5, 3), told="5 & 2", groups=2),
    refused("Conv2d", (4, 6, 3), told="0", groups=0),
    refused("Conv2d", (4, 6, 3), told="full & same", padding="full"),
    refused("Conv2d", (4, 6, 3), told="same & 2", padding="same", stride=2),
    refused("Conv2d", (4, 6, 3), told="mirror & zeros", padding_mode="mirror"),
    refused("ConvTranspose2d", (4, 6, 3), told="reflect & zeros", padding_mode="reflect"),
    refused("ConvTranspose2d", (4, 6, 3), (2, 4, 5, 5), told="1", output_padding=1),
    refused("FractionalMaxPool2d", (2,), told="output_size & output_ratio"),
    refused("FractionalMaxPool2d", (2,), told="1.5", output_ratio=1.5),
    refused("Upsample", ((4, 4),), (2, 3, 4, 4), told="cubic", mode="cubic"),
    refused("PixelShuffle", (0,), (2, 6, 4, 4), told="0"),
    refused("ChannelShuffle", (0,), (2, 6, 4, 4), told="0"),
    refused("GroupNorm", (4, 6), told="6 & 4"),
    refused("Embedding", (7, 4, 8), told="7 & 8"),
    refused("Embedding", (7, 4, -8), told="7 & -8"),
    refused("EmbeddingBag", (7, 4), (2, 3), told="median", mode="median"),
    refused("LSTM", (3, 6), told="1.5", dropout=1.5),
    refused("LSTM", (3, 6), told="True", dropout=True),
    refused("LSTM", (3, 6), told="bias & bool & int", bias=1),
    refused("LSTM", (3, 6), told="batch_first & None", batch_first=None),
    refused("LSTM", (0, 6), told="0"),
    refused("LSTM", (3, 2.5), told="hidden_size & int & float"),
    refused("LSTM", (3, 6), told="0", num_layers=0),
    refused("LSTM", (3, 6), told="-1", proj_size=-1),
    refused("LSTM", (3, 6), told="6", proj_size=6),
    refused("RNN", (3, 6), told="sigmoid", nonlinearity="sigmoid"),
    refused("RNNCell", (3, 6, True, "sigmoid"), (2, 3), told="sigmoid"),
    refused("MultiheadAttention", (6, 4), told="6 & 4"),
    refused("MultiheadAttention", (0, 4), told="0 & 4"),
    refused("TransformerEncoderLayer", (6, 2), told="tanh & relu & gelu", activation="tanh"),
    refused("SmoothL1Loss", (), (3,), (3,), told="-1", beta=-1.0),
    refused("HuberLoss", (), (3,), (3,), told="-1", delta=-1.0),
    refused("MSELoss", (), (3,), (3,), told="average", reduction="average"),
    refused("CrossEntropyLoss", (), (4, 3), whole(4), told="1.5", label_smoothing=1.5),
    refused("MultiMarginLoss", (3,), told="3 & 1 & 2"),
    refused("TripletMarginLoss", (-1.0,), told="-1"),
    refused("AdaptiveLogSoftmaxWithLoss", (16, 20, [10, 5]), told="[10, 5] & 19"),
]

REFUSALS = [*SHAPES, *TYPES, *DEVICES, *ARGUMENTS]
