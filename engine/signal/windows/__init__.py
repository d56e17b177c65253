"""Windows under the names of torch.signal.windows."""

from engine.signal.windows.cosine_sums import blackman, general_cosine, general_hamming, hamming, hann, nuttall
from engine.signal.windows.shapes import bartlett, cosine, exponential, gaussian, kaiser

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]
