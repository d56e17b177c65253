"""A checkpoint holds what it was given, in the same bytes everywhere, and is refused when one of them changed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recipes.run.checkpoint import DamagedCheckpoint, load_checkpoint, save_checkpoint
from recipes.run.checkpoint_folder import Metric, Pointer, read_pointer

PARTS: dict[str, Any] = {
    "model": {"0.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "0.bias": np.array([0.5, -0.0])},
    "optimizer": {
        "state": {0: {"step": 3, "moment": np.full((2, 3), 2.0)}},
        "groups": [{"lr": 1e-3, "betas": (0.9, 1)}],
    },
    "loop": {"epoch": 2, "best": float("-inf"), "seed": 2**64 - 1},
}


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 1200, PARTS, best=Metric("validation/accuracy", 0.5))
    assert path == tmp_path / "step-00001200"
    assert sorted(entry.name for entry in path.iterdir()) == [
        "model.safetensors",
        "optimizer.safetensors",
        "state.json",
    ]
    loaded = load_checkpoint(path)
    assert (loaded.step, loaded.finite, loaded.best) == (1200, True, Metric("validation/accuracy", 0.5))
    assert loaded.parts.keys() == PARTS.keys()
    assert loaded.parts["loop"] == PARTS["loop"]
    assert loaded.parts["optimizer"]["groups"] == PARTS["optimizer"]["groups"]
    np.testing.assert_array_equal(loaded.parts["optimizer"]["state"][0]["moment"], np.full((2, 3), 2.0))
    assert loaded.parts["model"]["0.bias"].tobytes() == PARTS["model"]["0.bias"].tobytes()


def test_the_pointers_follow(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 100, PARTS, best=Metric("validation/loss", 0.5))
    save_checkpoint(tmp_path, 200, PARTS)
    assert read_pointer(tmp_path, "last") == Pointer(200)
    assert read_pointer(tmp_path, "best") == Pointer(100, Metric("validation/loss", 0.5))
    assert json.loads((tmp_path / "best.json").read_text())["folder"] == "step-00000100"


def test_pytorch_loads_the_model_file(tmp_path: Path) -> None:
    safetensors_torch = pytest.importorskip("safetensors.torch")
    path = save_checkpoint(tmp_path, 0, PARTS)
    state = safetensors_torch.load_file(path / "model.safetensors")
    assert state.keys() == PARTS["model"].keys()
    np.testing.assert_array_equal(state["0.weight"].numpy(), PARTS["model"]["0.weight"])


SAVE_FROM_A_SET = """
import sys
from pathlib import Path
import numpy as np
from recipes.run.checkpoint import save_checkpoint
from recipes.run.checkpoint_folder import Metric
names = {f"layer{index}.weight" for index in range(20)}
parts = {part: {name: np.full(3, len(name), "float16") for name in names} for part in {"model", "ema", "optimizer"}}
parts["loop"] = {name: float(len(name)) / 3 for name in names}
save_checkpoint(Path(sys.argv[1]), 7, parts, best=Metric("a", 1 / 3))
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])}
        command = [sys.executable, "-c", SAVE_FROM_A_SET, str(tmp_path / seed)]
        subprocess.run(command, env=environment, check=True, timeout=60)
        files = sorted(path for path in (tmp_path / seed).rglob("*") if path.is_file())
        digests.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    assert len(digests[0]) == 6
    assert digests[0] == digests[1]


def test_every_flipped_byte_is_found_and_its_file_named(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 5, PARTS)
    for file in path.iterdir():
        original = file.read_bytes()
        for position in range(len(original)):
            damaged = bytearray(original)
            damaged[position] ^= 1
            file.write_bytes(damaged)
            with pytest.raises(DamagedCheckpoint, match=f"step-00000005 is damaged: {file.name}"):
                load_checkpoint(path)
        file.write_bytes(original)
    load_checkpoint(path)


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors", "state.json"])
def test_a_file_that_is_cut_or_missing_is_named(name: str, tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 5, PARTS)
    content = (path / name).read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 1):
        (path / name).write_bytes(content[:length])
        with pytest.raises(DamagedCheckpoint, match=name):
            load_checkpoint(path)
    (path / name).unlink()
    with pytest.raises(DamagedCheckpoint, match=f"{name}: it is missing"):
        load_checkpoint(path)


def test_saving_a_damaged_step_again_mends_it(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 5, PARTS)
    (path / "model.safetensors").write_bytes(b"")
    save_checkpoint(tmp_path, 5, PARTS)
    assert load_checkpoint(path).step == 5
    assert not [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")]


def test_saving_an_equal_step_again_leaves_the_files_alone(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, 5, PARTS)
    inodes = {file.name: file.stat().st_ino for file in path.iterdir()}
    save_checkpoint(tmp_path, 5, PARTS)
    assert {file.name: file.stat().st_ino for file in path.iterdir()} == inodes


def test_what_cannot_be_stored_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="epoch"):
        save_checkpoint(tmp_path, 5, {**PARTS, "sampler": {"epoch": {1, 2}}})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../model", "Model", "", "model.x", ".hidden"])
def test_a_part_is_a_plain_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="part"):
        save_checkpoint(tmp_path, 5, {name: {}})


def test_the_best_is_a_finite_value(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nan"):
        save_checkpoint(tmp_path, 5, {}, best=Metric("validation/loss", float("nan")))
