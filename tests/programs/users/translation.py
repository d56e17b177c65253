"""Sequence to sequence: packed encoder, additive attention, teacher forcing, beam search."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.set_default_dtype(torch.float64)
START, PADDING = 1, 0


class Translator(nn.Module):
    def __init__(self, words, width):
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=PADDING)
        self.encoder = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * width, width)
        self.query, self.keys = nn.Linear(width, width), nn.Linear(2 * width, width)
        self.energy = nn.Linear(width, 1, bias=False)
        self.cell = nn.GRUCell(3 * width, width)
        self.head = nn.Linear(width, words)

    def encode(self, source, lengths):
        packed = pack_padded_sequence(self.embedding(source), lengths, batch_first=True, enforce_sorted=False)
        outputs, hidden = self.encoder(packed)
        outputs, lengths = pad_packed_sequence(outputs, batch_first=True)
        mask = torch.arange(outputs.size(1))[None, :] < lengths[:, None]
        return outputs, mask, torch.tanh(self.bridge(torch.cat((hidden[-2], hidden[-1]), dim=1)))

    def step(self, word, hidden, outputs, mask):
        scores = self.energy(torch.tanh(self.query(hidden).unsqueeze(1) + self.keys(outputs))).squeeze(-1)
        weights = F.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1)
        context = torch.bmm(weights.unsqueeze(1), outputs).squeeze(1)
        hidden = self.cell(torch.cat([self.embedding(word), context], dim=-1), hidden)
        return F.log_softmax(self.head(hidden), dim=-1), hidden, weights


def beam_search(model, source, lengths, width=3, steps=4):
    outputs, mask, hidden = model.encode(source, lengths)
    beams = [([START], 0.0, hidden)]
    for _ in range(steps):
        candidates = []
        for words, score, hidden in beams:
            scores, after, _ = model.step(torch.tensor(words[-1:]), hidden, outputs, mask)
            values, indices = scores.topk(width)
            for value, index in zip(values[0], indices[0], strict=True):
                candidates.append(([*words, index.item()], score + value.item(), after))
        beams = sorted(candidates, key=lambda each: each[1], reverse=True)[:width]
    return [number for words, score, _ in beams for number in (score, *words)]


def train(initial):
    rng = np.random.default_rng(5)
    sentences = [torch.from_numpy(rng.integers(2, 9, size=length)) for length in (3, 5, 2, 4)]
    lengths = torch.LongTensor([len(each) for each in sentences])
    source, target = pad_sequence(sentences, batch_first=True), pad_sequence(sentences[::-1], batch_first=True)
    model = Translator(9, 6)
    model.load_state_dict(initial(model))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    criterion = nn.NLLLoss(ignore_index=PADDING)
    numbers = []
    for epoch in range(10):
        outputs, mask, hidden = model.encode(source, lengths)
        word, losses = torch.full((4,), START), []
        for time in range(target.shape[1]):
            scores, hidden, weights = model.step(word, hidden, outputs, mask)
            losses.append(criterion(scores, target[:, time]))
            word = target[:, time] if epoch % 2 else scores.argmax(dim=1)
        loss = torch.stack(losses).mean()
        optimizer.zero_grad()
        loss.backward()
        numbers += [loss.item(), nn.utils.clip_grad_norm_(model.parameters(), 1.0).item(), weights.max().item()]
        optimizer.step()
    with torch.no_grad():
        return numbers + beam_search(model, source[:1], lengths[:1])
