"""A classifier of noisy images with a DataLoader, transforms, a scheduler, clipping and evaluation."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, Sampler

torch.set_default_dtype(torch.float64)


class Order(Sampler):
    def __init__(self, size, seed):
        self.indices = np.random.default_rng(seed).permutation(size)

    def __iter__(self):
        return iter(self.indices.tolist())

    def __len__(self):
        return len(self.indices)


class Stripes(Dataset):
    def __init__(self, size, transform=None):
        rng = np.random.default_rng(0)
        self.labels = rng.integers(0, 3, size)
        self.images = rng.normal(size=(size, 1, 10, 10))
        for image, label in zip(self.images, self.labels, strict=True):
            image[0, :, label::3] += 1.0
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index])
        return (self.transform(image) if self.transform else image), int(self.labels[index])


def normalise(image):
    return (image - image.mean()) / image.std().clamp(min=1e-6)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding="same", groups=2), nn.GroupNorm(4, 16), nn.SiLU(), nn.AdaptiveAvgPool2d((2, 2)),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(0.0), nn.Linear(64, 3))

    def forward(self, x):
        return self.head(self.features(x))


def train(initial):
    model = Net()
    model.load_state_dict(initial(model))
    data = Stripes(96, normalise)
    loader = DataLoader(data, batch_size=16, sampler=Order(len(data), 1), drop_last=True)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=24)
    losses = []
    for _ in range(4):
        model.train()
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels, label_smoothing=0.1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            hits = sum((model(images).argmax(dim=1) == labels).sum().item() for images, labels in loader)
        losses.append(hits / len(data))
    return losses
