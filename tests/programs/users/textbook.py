"""A textbook's first chapters: layers from scratch, NumPy's names of arguments, the old names of types."""

import numpy as np
import torch
from torch import nn
from torch.autograd import Variable

torch.set_default_dtype(torch.float64)


class Dense(nn.Module):
    def __init__(self, units_in, units):
        super().__init__()
        self.weight = nn.Parameter(torch.Tensor(units, units_in))
        self.bias = nn.Parameter(torch.Tensor(units).zero_())

    def forward(self, x):
        return torch.mm(x, self.weight.t()) + self.bias.expand(x.size(0), -1)


class Normalised(nn.Module):
    def __init__(self, features, momentum=0.9):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(1, features)), nn.Parameter(torch.zeros((1, features)))
        self.register_buffer("moving_mean", torch.zeros(1, features))
        self.momentum = momentum

    def forward(self, x):
        mean = x.mean(axis=0, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=0, keepdims=True)
        self.moving_mean = self.momentum * self.moving_mean + (1.0 - self.momentum) * mean.detach()
        return self.gamma * (x - mean) / torch.sqrt(variance + 1e-5) + self.beta


def softmax(x):
    exponentials = torch.exp(x - x.max(axis=1, keepdims=True).values)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def accuracy(probabilities, labels):
    matches = probabilities.argmax(axis=1).type(labels.dtype) == labels
    return float(matches.type(torch.FloatTensor).sum()) / len(labels)


def sgd(parameters, rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= rate * parameter.grad
            parameter.grad.zero_()


def train(initial):
    rng = np.random.default_rng(6)
    features = torch.from_numpy(rng.normal(size=(24, 4)).astype("float32")).type(torch.DoubleTensor)
    labels = torch.LongTensor((rng.random(24) * 3).astype("int64").tolist())
    model = nn.Sequential(Dense(4, 8), Normalised(8), nn.Tanh(), Dense(8, 3))
    model.load_state_dict(initial(model))
    numbers = []
    for epoch in range(12):
        order = torch.from_numpy(rng.permutation(24))
        for batch in order.split(10):
            x, y = Variable(features[batch], requires_grad=True), Variable(labels[batch])
            loss = -torch.log(softmax(model(x))[range(len(y)), y])
            loss.sum().backward()
            sgd(model.parameters(), 0.3 / len(batch))
        numbers += [float(loss.detach().mean()), x.grad.data.norm().item()]
        if epoch == 7:
            model[3].weight.data[:] *= 0.5
            model[3].weight.data[0, 0] += 1
    probabilities = softmax(model(features)).detach()
    wrong = torch.where(probabilities.argmax(axis=1) != labels)[0]
    confusion = torch.zeros(3, 3)
    for row, column in zip(labels, probabilities.max(axis=1)[1], strict=True):
        confusion[row, column] += 1
    assert isinstance(confusion, torch.DoubleTensor)
    stacked = torch.cat([torch.stack([confusion, confusion.t()], axis=0), torch.eye(3)[None]], axis=0)
    return [*numbers, accuracy(probabilities, labels), *wrong.tolist(), *stacked.sum(axis=(1, 2)).tolist()]
