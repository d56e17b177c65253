"""Parts of a recipe whose steps differ in shape and keep statistics: what a resume could get wrong."""

from typing import Any

from numpy.typing import NDArray

from engine import nn
from recipes.transforms.transform import BatchContext, Transform


class FirstRows(Transform):
    """The upper rows of images (N, C, H, W), in each batch another number of them."""

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        rows = batch.shape[2] // 2 + (3 * context.epoch + int(context.indices[0])) % (batch.shape[2] // 2 + 1)
        return batch[:, :, :rows].copy()


class RowReader(nn.Module):
    """Reads images (N, 1, rows, in_features) row by row, however many: batch statistics, dropout, a mean over rows."""

    def __init__(self, in_features: int, hidden: list[int], out_features: int, dropout: float) -> None:
        super().__init__()
        (width,) = hidden
        self.inward, self.norm = nn.Linear(in_features, width), nn.BatchNorm1d(width)
        self.drop, self.outward = nn.Dropout(dropout), nn.Linear(width, out_features)

    def forward(self, input: Any) -> Any:
        """Scores of each class for each image."""
        hidden = self.norm(self.inward(input.squeeze(1)).transpose(1, 2)).relu()
        return self.outward(self.drop(hidden).mean(dim=2))
