"""Convolution, pooling, resampling and padding layers beside PyTorch's: weights, text, outputs and all gradients."""

from itertools import product
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from tests.engine.nn.torch_twins import compare

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(8)
LENGTHS = {1: (9,), 2: (8, 7), 3: (6, 5, 7)}
BATCHES = {rank: RNG.normal(size=(2, 4, *lengths)) for rank, lengths in LENGTHS.items()}

CONVOLUTIONS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((4, 6, 3), {}),
    ((4, 6, 1), {}),
    ((4, 6, 1), {"stride": 2, "bias": False}),
    ((4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}),
    ((4, 8, 3), {"padding": 2, "dilation": 2, "groups": 4}),
    ((4, 4, 2), {"groups": 4, "stride": 2, "bias": False}),
    ((4, 6, 3), {"padding": "same", "dilation": 2}),
    ((4, 6, 4), {"padding": "same"}),
    ((4, 6, 3), {"padding": "valid"}),
    *(((4, 6, 3), {"padding": 2, "padding_mode": mode}) for mode in ("reflect", "replicate", "circular")),
    ((4, 6, 4), {"padding": "same", "padding_mode": "circular"}),
    ((4, 6, 3), {"padding": "valid", "padding_mode": "reflect"}),
]

TRANSPOSED: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((4, 6, 3), {}),
    ((4, 6, 1), {"bias": False}),
    ((4, 6, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((4, 6, 3), {"stride": 3, "groups": 2, "dilation": 2}),
    ((4, 8, 2), {"groups": 4, "stride": 2}),
    ((4, 6, 2), {"dilation": 3, "output_padding": 2}),
]

WINDOWS: list[tuple[str, tuple[int, ...], tuple[Any, ...], dict[str, Any]]] = [
    ("MaxPool", (1, 2, 3), (2,), {"ceil_mode": True}),
    ("MaxPool", (1, 2, 3), (3, 2, 1), {}),
    ("AvgPool", (1, 2, 3), (2,), {}),
    ("AvgPool", (1, 2, 3), (3,), {"stride": 2, "padding": 1, "ceil_mode": True}),
    ("AvgPool", (1, 2, 3), (3, 2, 1), {"count_include_pad": False}),
    ("AvgPool", (2, 3), (2,), {"divisor_override": 3}),
    ("LPPool", (1, 2, 3), (2, 3), {}),
    ("LPPool", (1, 2, 3), (4, 2), {"stride": 1, "ceil_mode": True}),
    ("LPPool", (1, 2, 3), (float("inf"), 2), {}),
    ("AdaptiveAvgPool", (1, 2, 3), (1,), {}),
    ("AdaptiveAvgPool", (1, 2, 3), (4,), {}),
    ("AdaptiveMaxPool", (1, 2, 3), (4,), {}),
    ("ReflectionPad", (1, 2, 3), (2,), {}),
    ("ReplicationPad", (1, 2, 3), (3,), {}),
    ("CircularPad", (1, 2, 3), (2,), {}),
    ("ZeroPad", (1, 2, 3), (1,), {}),
    ("ConstantPad", (1, 2, 3), (2, -1.5), {}),
]

OTHERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}),
    ("AdaptiveAvgPool2d", ((None, 3),), {}),
    ("AdaptiveMaxPool2d", ((3, None),), {}),
    ("ReflectionPad2d", ((1, 0, 2, 3),), {}),
    ("ZeroPad2d", ((1, -1, 2, 0),), {}),
    ("Unfold", (3,), {"dilation": 2, "padding": 1, "stride": (1, 2)}),
    ("Upsample", (), {"scale_factor": 2}),
    ("Upsample", ((11, 5),), {"mode": "bilinear"}),
    ("Upsample", (), {"scale_factor": (1.7, 0.6), "mode": "bicubic", "align_corners": True}),
    ("Upsample", (), {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True}),
    ("UpsamplingNearest2d", (5,), {}),
    ("UpsamplingBilinear2d", (), {"scale_factor": 2}),
    ("PixelShuffle", (2,), {}),
    ("ChannelShuffle", (2,), {}),
    ("FractionalMaxPool2d", (2,), {"output_ratio": (0.6, 0.5)}),
]

GRID = [
    *((f"Conv{rank}d", args, options, rank) for rank, (args, options) in product(LENGTHS, CONVOLUTIONS)),
    *((f"ConvTranspose{rank}d", args, options, rank) for rank, (args, options) in product(LENGTHS, TRANSPOSED)),
    *((f"{name}{rank}d", args, options, rank) for name, ranks, args, options in WINDOWS for rank in ranks),
    *((name, args, options, 2) for name, args, options in OTHERS),
]


# PyTorch warns of the copy that an uneven padding takes there.
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(
    ("name", "args", "options", "rank"), GRID, ids=[f"{name}{args}{options}" for name, args, options, _ in GRID]
)
def test_a_layer_equals_its_twin(name: str, args: tuple[Any, ...], options: dict[str, Any], rank: int) -> None:
    images = BATCHES[rank]
    for dtype, batch in (("float64", images), ("float32", images), ("float64", images[0])):
        if batch is not images and name.startswith(("Upsa", "ChannelShuffle")):
            continue
        ours, theirs = (getattr(library, name)(*args, **options) for library in (nn, torch.nn))
        if name.startswith("Fractional"):
            assert repr(ours) == repr(theirs)
            samples = np.random.default_rng(1).uniform(size=(len(batch) if batch is images else 1, 4, 2)).astype(dtype)
            ours._random_samples, theirs._random_samples = engine.tensor(samples), torch.tensor(samples)
        assert repr(ours) == repr(theirs)
        compare(torch, ours, theirs, [batch], dtype)


@pytest.mark.parametrize("rank", LENGTHS)
def test_unpooling_undoes_pooling(rank: int) -> None:
    def through(library: Any) -> Any:
        pool = getattr(library, f"MaxPool{rank}d")(3, 2, 1, return_indices=True)
        back = getattr(library, f"MaxUnpool{rank}d")(3, 2, 1)
        return lambda images: back(*pool(images), output_size=images.shape)

    compare(torch, through(nn), through(torch.nn), [BATCHES[rank]], "float64")


def test_folding_and_unshuffling() -> None:
    blocks = RNG.normal(size=(2, 12, 20))
    for name, args, options, array in (
        ("Fold", ((5, 6), 2), {}, blocks),
        ("Fold", ((7, 5), (2, 3)), {"dilation": (2, 1), "padding": (0, 1), "stride": (1, 2)}, blocks[:, :, :15]),
        ("PixelUnshuffle", (2,), {}, RNG.normal(size=(2, 3, 6, 4))),
    ):
        ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
        assert repr(ours) == repr(theirs)
        compare(torch, ours, theirs, [array], "float64")


@pytest.mark.parametrize("output_size", [(15, 13), (2, 6, 16, 14)])
def test_a_transposed_convolution_of_a_given_size(output_size: tuple[int, ...]) -> None:
    ours, theirs = nn.ConvTranspose2d(4, 6, 3, 2, 1), torch.nn.ConvTranspose2d(4, 6, 3, 2, 1)
    ours.load_state_dict({key: engine.tensor(value.numpy()) for key, value in theirs.state_dict().items()})
    batch = BATCHES[2].astype("float32")
    found = ours(engine.tensor(batch), output_size=output_size).detach().numpy()
    expected = theirs(torch.tensor(batch), output_size=output_size).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_smooth_interpolation_and_grids() -> None:
    image = BATCHES[2]
    for mode, align in product(("bilinear", "bicubic"), (False, True)):
        for size in ((3, 4), (11, 5), (8, 7)):
            options = {"size": size, "mode": mode, "align_corners": align, "antialias": True}
            ours, theirs = (
                lambda x, library=library, options=options: library.nn.functional.interpolate(x, **options)
                for library in (engine, torch)
            )
            compare(torch, ours, theirs, [image], "float64")
    compare(
        torch,
        lambda x: engine.nn.functional.interpolate(x, size=(3, 4), mode="lanczos", antialias=True),
        lambda x: torch.nn.functional.interpolate(x, size=(3, 4), mode="lanczos", antialias=True),
        [image],
        "float64",
    )


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("align_corners", [False, True])
def test_affine_grids(rank: int, align_corners: bool) -> None:
    def sampled(library: Any) -> Any:
        functional = library.nn.functional

        def call(images: Any, theta: Any) -> Any:
            grid = functional.affine_grid(theta, images.shape, align_corners=align_corners)
            return functional.grid_sample(images, grid, align_corners=align_corners)

        return call

    theta = RNG.normal(size=(2, rank, rank + 1))
    compare(torch, sampled(engine), sampled(torch), [BATCHES[rank], theta], "float64")


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("Conv2d", (4, 6, 3), {"groups": 3}),
        ("Conv2d", (4, 6, 3), {"groups": 0}),
        ("Conv2d", (4, 6, 3), {"padding": "full"}),
        ("Conv2d", (4, 6, 3), {"padding": "same", "stride": 2}),
        ("Conv2d", (4, 6, 3), {"padding_mode": "mirror"}),
        ("ConvTranspose2d", (4, 6, 3), {"padding_mode": "reflect"}),
        ("FractionalMaxPool2d", (2,), {}),
        ("FractionalMaxPool2d", (2,), {"output_ratio": 1.5}),
    ],
)
def test_wrong_settings_are_refused_alike(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        getattr(torch.nn, name)(*args, **options)
    with pytest.raises(theirs.type):
        getattr(nn, name)(*args, **options)


def test_initial_weights_have_pytorchs_bounds() -> None:
    for layer, inputs in ((nn.Conv2d(8, 64, 3, groups=2), 36), (nn.ConvTranspose2d(16, 32, 3), 32 * 9)):
        bound = 1 / np.sqrt(inputs)
        for parameter in (layer.weight, layer.bias):
            values = np.abs(parameter.detach().numpy())
            assert 0.8 * bound < values.max() <= bound
