"""Statistics with linear algebra: least squares, principal components, clusters, a spectrum, a Gaussian process."""

import math

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)


class Process(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_length, self.log_noise = nn.Parameter(torch.tensor(0.0)), nn.Parameter(torch.tensor(-2.0))

    def kernel(self, x, y):
        return torch.exp(-0.5 * torch.cdist(x / self.log_length.exp(), y / self.log_length.exp()).square())

    def factor(self, x):
        return torch.linalg.cholesky(self.kernel(x, x) + (self.log_noise.exp() + 1e-6) * torch.eye(len(x)))

    def forward(self, x, y):
        factor = self.factor(x)
        weights = torch.cholesky_solve(y.unsqueeze(1), factor).squeeze(1)
        return 0.5 * y @ weights + factor.diagonal().log().sum() + 0.5 * len(x) * math.log(2 * math.pi)

    @torch.no_grad()
    def predict(self, x, y, places):
        factor, across = self.factor(x), self.kernel(x, places)
        half = torch.linalg.solve_triangular(factor, across, upper=False)
        mean = across.T @ torch.cholesky_solve(y[:, None], factor)
        return mean.squeeze(1), (self.kernel(places, places) - half.mT @ half).diagonal()


def clusters(points, count):
    centres = points[:count].clone()
    for _ in range(4):
        nearest = torch.cdist(points, centres).argmin(dim=1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, points)
        centres = sums / torch.bincount(nearest, minlength=count).unsqueeze(1)
    return centres, nearest


def train(initial):
    rng = np.random.default_rng(9)
    points = torch.from_numpy(rng.normal(size=(20, 3))) * torch.tensor([3.0, 2.0, 1.0])
    response = points @ torch.tensor([1.0, -2.0, 0.5]) + 0.1 * torch.from_numpy(rng.normal(size=20))
    fit = torch.linalg.lstsq(points, response[:, None]).solution.squeeze()
    normal = torch.linalg.solve(points.T @ points, points.T @ response)
    numbers = [*fit.tolist(), (fit - normal).norm().item(), torch.linalg.cond(points).item()]
    centred = points - points.mean(0)
    _, lengths, axes = torch.linalg.svd(centred, full_matrices=False)
    values, _ = torch.linalg.eigh(torch.cov(points.T))
    numbers += [*lengths.tolist(), *values.tolist(), *(centred @ axes.mH).pow(2).sum(0).tolist()]
    centres, nearest = clusters(points, 3)
    numbers += [*centres.flatten().tolist(), *nearest.unique(return_counts=True)[1].tolist()]
    time = torch.arange(64) / 64
    signal = torch.sin(2 * math.pi * 5 * time) + 0.5 * torch.sin(2 * math.pi * 20 * time)
    spectrum, frequency = torch.fft.rfft(signal), torch.fft.rfftfreq(64, 1 / 64)
    filtered = torch.fft.irfft(torch.where(frequency > 10, torch.zeros_like(spectrum), spectrum), n=64)
    numbers += [*spectrum.abs().topk(2).indices.tolist(), filtered.norm().item()]
    model = Process()
    model.load_state_dict(initial(model))
    x = torch.from_numpy(np.sort(rng.uniform(-2, 2, size=(12, 1)), axis=0))
    y = torch.sin(2 * x).squeeze() + 0.1 * torch.from_numpy(rng.normal(size=12))
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.2, max_iter=4)
    for _ in range(3):

        def closure():
            optimizer.zero_grad()
            loss = model(x, y)
            loss.backward()
            return loss

        numbers.append(optimizer.step(closure).item())
    mean, variance = model.predict(x, y, torch.linspace(-1, 1, 3).unsqueeze(1))
    return [*numbers, *mean.tolist(), *variance.tolist()]
