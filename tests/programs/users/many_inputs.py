"""A model of several inputs and outputs: tables and sequences in, a class, a number and a mask out."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

torch.set_default_dtype(torch.float64)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.codes = nn.ModuleDict({"city": nn.Embedding(5, 4), "day": nn.EmbeddingBag(7, 4, mode="mean")})
        layer = nn.TransformerEncoderLayer(
            8, nhead=2, dim_feedforward=16, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.pool = nn.MultiheadAttention(8, 2, batch_first=True)
        self.query = nn.Parameter(torch.zeros(1, 1, 8))
        self.heads = nn.ModuleDict({"kind": nn.Linear(16, 3), "value": nn.Linear(16, 1), "steps": nn.Linear(8, 1)})

    def forward(self, table, series, padding):
        codes = torch.cat([self.codes["city"](table["city"]), self.codes["day"](table["days"])], dim=-1)
        states = self.encoder(series, src_key_padding_mask=padding)
        pooled, weights = self.pool(self.query.expand(len(series), -1, -1), states, states, key_padding_mask=padding)
        both = torch.cat([codes, pooled[:, 0]], dim=1)
        return {
            "kind": self.heads["kind"](both),
            "value": self.heads["value"](both)[:, 0],
            "steps": self.heads["steps"](states).squeeze(-1).masked_fill(padding, 0.0),
            "weights": weights,
        }


def batch(rng):
    lengths = torch.from_numpy(rng.integers(2, 7, 8))
    padding = torch.arange(6)[None, :] >= lengths[:, None]
    table = {"city": torch.from_numpy(rng.integers(0, 5, 8)), "days": torch.from_numpy(rng.integers(0, 7, (8, 3)))}
    series = torch.from_numpy(rng.normal(size=(8, 6, 8)))
    return table, series, padding


def train(initial):
    rng = np.random.default_rng(13)
    model = Model()
    model.load_state_dict(initial(model))
    optimizer = torch.optim.NAdam(model.parameters(), lr=5e-3)
    warm, cool = LinearLR(optimizer, 0.1, total_iters=5), CosineAnnealingLR(optimizer, T_max=15)
    scheduler = SequentialLR(optimizer, [warm, cool], milestones=[5])
    losses = []
    for _ in range(20):
        table, series, padding = batch(rng)
        out = model(table, series, padding)
        kind = F.nll_loss(F.log_softmax(out["kind"], dim=-1), table["city"] % 3)
        value = F.mse_loss(out["value"], series.amax(dim=(1, 2)))
        steps = F.binary_cross_entropy_with_logits(out["steps"], (series.sum(-1) > 0).double(), reduction="none")
        loss = kind + 0.5 * value + (steps * ~padding).sum() / (~padding).sum()
        model.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses += [loss.item(), out["weights"].max().item(), scheduler.get_last_lr()[0]]
    return losses
