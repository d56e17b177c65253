"""Start-up and runs that are too small for kernels wait for no compiler."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

IMPORTED = "import engine"

TRAINED = """
import engine
from engine import nn, optim
from engine.nn import functional

def train(layers, inputs, compiled):
    model = nn.Sequential(*layers)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)

    def step(x, y):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.detach()

    run = engine.compile(step) if compiled else step
    for _ in range(4):
        run(inputs, engine.randint(0, 3, (len(inputs),)))
    assert not compiled or run.replays >= 2

for compiled in (False, True):
    train([nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3)],
          engine.randn(16, 6), compiled)
    train([nn.Embedding(9, 8), nn.LayerNorm(8), nn.Flatten(), nn.GELU(), nn.Linear(40, 3)],
          engine.randint(0, 9, (8, 5)), compiled)
"""

REPORT = """
import json, sys
print(json.dumps(sorted({"numba", "llvmlite"} & set(sys.modules))))
"""


@pytest.mark.parametrize("program", [IMPORTED, TRAINED], ids=["import", "tiny training, compiled and not"])
def test_nothing_is_compiled(program: str, tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", program + REPORT], env=environment, capture_output=True, text=True, timeout=100
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == []
    assert list(tmp_path.iterdir()) == []
