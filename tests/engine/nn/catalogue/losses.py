"""Losses, with each reduction."""

from itertools import product
from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

RNG = np.random.default_rng(11)
SCORES, OTHERS = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 4))
TURNED = SCORES[::-1].copy()
PROBABILITIES = RNG.uniform(0.05, 0.95, size=(5, 4))
COUNTS = np.floor(PROBABILITIES * 5)
SIGNS = np.where(OTHERS > 0, 1.0, -1.0)
CLASSES = np.array([0, 3, 1, 1, 2])
IMAGE_SCORES, IMAGE_CLASSES = RNG.normal(size=(2, 4, 3, 3)), RNG.integers(0, 4, size=(2, 3, 3))
WEIGHT = np.array([0.5, 1.0, 2.0, 0.1])
LABELS = np.array([[3, 0, -1, 1], [1, 1, 2, -1], [-1, 0, 0, 0], [0, 1, 2, 3], [2, -1, -1, -1]])
LOGARITHMS = np.log(PROBABILITIES / PROBABILITIES.sum(1, keepdims=True))
SEQUENCES = np.log(np.array(RNG.dirichlet(np.ones(5), size=(9, 4))))
NUMBERS = RNG.integers(1, 5, size=(4, 4))

LOSSES: list[tuple[str, dict[str, Any], tuple[np.ndarray, ...]]] = [
    ("L1Loss", {}, (SCORES, OTHERS)),
    ("MSELoss", {}, (SCORES, OTHERS)),
    ("SmoothL1Loss", {"beta": 0.5}, (SCORES, OTHERS)),
    ("SmoothL1Loss", {"beta": 0.0}, (SCORES, OTHERS)),
    ("HuberLoss", {"delta": 0.7}, (SCORES, OTHERS)),
    ("PoissonNLLLoss", {}, (SCORES, COUNTS)),
    ("PoissonNLLLoss", {"log_input": False, "full": True}, (PROBABILITIES, COUNTS)),
    ("GaussianNLLLoss", {"full": True}, (SCORES, OTHERS, PROBABILITIES)),
    ("GaussianNLLLoss", {"eps": 0.5}, (SCORES, OTHERS, PROBABILITIES)),
    ("CrossEntropyLoss", {}, (SCORES, CLASSES)),
    ("CrossEntropyLoss", {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.1}, (SCORES, CLASSES)),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, (SCORES, PROBABILITIES)),
    ("CrossEntropyLoss", {"weight": WEIGHT}, (IMAGE_SCORES, IMAGE_CLASSES)),
    ("CrossEntropyLoss", {}, (SCORES[0], CLASSES[1])),
    ("NLLLoss", {}, (LOGARITHMS, CLASSES)),
    ("NLLLoss", {"weight": WEIGHT, "ignore_index": 1}, (LOGARITHMS, CLASSES)),
    ("NLLLoss", {}, (IMAGE_SCORES, IMAGE_CLASSES)),
    ("NLLLoss2d", {"weight": WEIGHT}, (IMAGE_SCORES, IMAGE_CLASSES)),
    ("KLDivLoss", {}, (LOGARITHMS, PROBABILITIES)),
    ("KLDivLoss", {"log_target": True}, (LOGARITHMS, LOGARITHMS[::-1].copy())),
    ("BCELoss", {}, (PROBABILITIES, PROBABILITIES[::-1].copy())),
    ("BCELoss", {"weight": WEIGHT}, (PROBABILITIES, PROBABILITIES[::-1].copy())),
    ("BCEWithLogitsLoss", {}, (SCORES * 20, PROBABILITIES)),
    ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": WEIGHT[::-1].copy()}, (SCORES, PROBABILITIES)),
    ("SoftMarginLoss", {}, (SCORES, SIGNS)),
    ("HingeEmbeddingLoss", {"margin": 0.5}, (SCORES, SIGNS)),
    ("MarginRankingLoss", {"margin": 0.5}, (SCORES, OTHERS, SIGNS)),
    ("MultiMarginLoss", {}, (SCORES, CLASSES)),
    ("MultiMarginLoss", {"p": 2, "margin": 0.3, "weight": WEIGHT}, (SCORES, CLASSES)),
    ("MultiLabelMarginLoss", {}, (SCORES, LABELS)),
    ("MultiLabelMarginLoss", {}, (SCORES[0], LABELS[0])),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHT}, (SCORES, (SIGNS > 0).astype(float))),
    ("CosineEmbeddingLoss", {"margin": 0.1}, (SCORES, OTHERS, SIGNS[:, 0])),
    ("TripletMarginLoss", {"swap": True, "p": 1.0}, (SCORES, OTHERS, TURNED)),
    ("TripletMarginLoss", {}, (SCORES, OTHERS, TURNED)),
    ("TripletMarginWithDistanceLoss", {"margin": 2.0}, (SCORES, OTHERS, TURNED)),
]

# PyTorch's gradient for these targets is NaN for some values, or refused.
CONSTANTS: dict[str, tuple[int, ...]] = {
    "PoissonNLLLoss": (1,),
    "SoftMarginLoss": (1,),
    "HingeEmbeddingLoss": (1,),
    "MultiLabelSoftMarginLoss": (1,),
    "MarginRankingLoss": (2,),
    "CosineEmbeddingLoss": (2,),
}


def of_lengths(*lengths: tuple[int, ...]) -> Any:
    """A call that says how long inputs and targets are."""
    return lambda library, module, scores, targets: module(scores, targets, *map(library.tensor, lengths))


ADAPTIVE = (16, 20, [4, 10])
FEATURES, WORDS = RNG.normal(size=(7, 16)), np.array([0, 3, 19, 9, 5, 10, 4])

ENTRIES = [
    *(
        Entry(name, (), options | {"reduction": reduction}, inputs, constants=CONSTANTS.get(name, ()))
        for (name, options, inputs), reduction in product(LOSSES, ("mean", "sum", "none"))
    ),
    Entry("KLDivLoss", (), {"reduction": "batchmean"}, (LOGARITHMS, PROBABILITIES)),
    *(
        Entry("CTCLoss", (), {"reduction": reduction, **options}, (SEQUENCES, NUMBERS), of_lengths(*lengths))
        for reduction in ("mean", "sum", "none")
        for options, lengths in [
            ({}, ((9, 7, 9, 8), (4, 2, 0, 4))),
            ({"zero_infinity": True}, ((9, 7, 9, 2), (4, 2, 1, 4))),
        ]
    ),
    *(
        Entry("LinearCrossEntropyLoss", (4, 3), options | {"reduction": reduction}, (SCORES, CLASSES % 3))
        for reduction in ("mean", "sum", "none")
        for options in ({}, {"bias": True, "ignore_index": 1, "label_smoothing": 0.1}, {"weight": WEIGHT[:3].copy()})
    ),
    Entry("LinearCrossEntropyLoss", (4, 3), {"out_features": (2,)}, (SCORES, np.stack([CLASSES % 3] * 2, 1))),
    *(
        Entry("AdaptiveLogSoftmaxWithLoss", ADAPTIVE, options, inputs)
        for options in ({}, {"head_bias": True, "div_value": 1.5})
        for inputs in ((FEATURES, WORDS), (FEATURES[2], WORDS[2]))
    ),
]
