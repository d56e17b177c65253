"""PyTorch's archives: tensors out of them, and nothing else, whatever they name."""

import contextlib
import io
import os
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.backend.dtype import DTYPES, dtype


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def name(value: str) -> bytes:
    module, _, last = value.rpartition(".")
    return b"c" + module.encode() + b"\n" + last.encode() + b"\n"


def tensor(key: str, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, count: int = 6) -> bytes:
    """The opcodes of one tensor over a storage of float32, as torch.save writes them."""

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(b"K" + bytes([each]) for each in values) + b"t"

    identity = b"(" + text("storage") + name("torch.FloatStorage") + text(key) + text("cpu") + b"K" + bytes([count])
    rest = b"K" + bytes([offset]) + numbers(size) + numbers(stride) + b"\x89" + name("collections.OrderedDict") + b")R"
    return name("torch._utils._rebuild_tensor_v2") + b"(" + identity + b"tQ" + rest + b"tR"


def archive(tree: bytes, members: dict[str, bytes] | None = None) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("model/data.pkl", b"\x80\x02" + tree + b".")
        for path, content in (members or {}).items():
            made.writestr(f"model/{path}", content)
    file.seek(0)
    return file


SIX = {"data/0": np.arange(6, dtype="<f4").tobytes(), "byteorder": b"little"}


def test_tensors_share_the_memory_of_their_storage() -> None:
    tree = b"}(" + text("a") + tensor("0", (2, 3), (3, 1)) + text("b") + tensor("0", (2,), (3,), 1) + b"u"
    found = engine.load(archive(tree, SIX))
    np.testing.assert_array_equal(found["a"].numpy(), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["b"].numpy(), [1, 4])
    found["a"][0, 1] = 9
    assert found["b"].tolist() == [9, 4]
    assert found["b"]._version == 1


def test_the_other_byte_order() -> None:
    members = {"data/0": np.arange(6, dtype=">f4").tobytes(), "byteorder": b"big"}
    np.testing.assert_array_equal(engine.load(archive(tensor("0", (6,), (1,)), members)).numpy(), np.arange(6))


REFUSED = {
    "os.system": (name("os.system") + text("true") + b"\x85R", r"os\.system"),
    "builtins.eval": (name("builtins.eval") + text("1") + b"\x85R", r"builtins\.eval"),
    "a class": (name("torch.nn.modules.linear.Linear") + b")\x81", r"Linear"),
    "by the stack": (text("posix") + text("system") + b"\x93", r"posix\.system"),
    "attributes": (b"]}" + text("x") + b"K\x01sb", "attributes"),
    "beyond its storage": (tensor("0", (7,), (1,)), "beyond its storage"),
    "offset": (tensor("0", (2,), (1,), 5), "beyond its storage"),
    "no storage": (tensor("7", (2,), (1,)), "no model/data/7"),
    "a wrong count": (tensor("0", (2,), (1,), count=5), "promised"),
    "a call of data": (b"K\x01)R", "calls 1"),
    "an early end": (b"(", "take"),
    "an unknown opcode": (b"i", "opcode"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_tensor_is_refused_by_name(case: str) -> None:
    tree, words = REFUSED[case]
    with pytest.raises(ValueError, match=words):
        engine.load(archive(tree, SIX))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"PK\x03\x04 and no more", "damaged"), (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "before 1.6")],
    ids=["torn", "old"],
)
def test_torn_and_old_archives_say_so(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        engine.load(io.BytesIO(content))


def test_nothing_that_a_file_names_is_run(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    tree = name("posix.mkdir") + text(str(proof)) + b"\x85R"
    with pytest.raises(ValueError, match="mkdir"):
        engine.load(archive(tree))
    assert not proof.exists()


@given(st.binary(max_size=40))
def test_any_bytes_end_in_a_value_or_a_refusal(tree: bytes) -> None:
    with contextlib.suppress(ValueError):
        engine.load(archive(tree, SIX))


@given(st.integers(min_value=0), st.integers(0, 255))
def test_a_flipped_byte_ends_in_a_value_or_a_refusal(position: int, value: int) -> None:
    tree = b"}(" + text("a") + tensor("0", (2, 3), (3, 1)) + text("b") + tensor("0", (2,), (3,), 1) + b"u"
    content = bytearray(archive(tree, SIX).getvalue())
    content[position % len(content)] = value
    with contextlib.suppress(ValueError):
        engine.load(io.BytesIO(bytes(content)))


torch_needed = pytest.mark.parity


@torch_needed
@pytest.mark.parametrize("kind", DTYPES, ids=lambda kind: kind.name)
def test_all_types_of_pytorch(kind: dtype, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    right = (torch.arange(6).reshape(2, 3) - 2).to(getattr(torch, kind.name))
    torch.save({"plain": right, "turned": right.t(), "part": right[1:, ::2], "number": right[0, 0]}, tmp_path / "file")
    found = engine.load(tmp_path / "file")
    for key, values in {"plain": right, "turned": right.t(), "part": right[1:, ::2], "number": right[0, 0]}.items():
        assert (found[key].dtype, found[key].shape) == (kind, tuple(values.shape))
        assert found[key].stride() == values.stride()
        assert found[key].tolist() == values.tolist()


@torch_needed
def test_a_training_state_of_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    theirs = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.1)
    theirs(torch.randn(5, 3)).square().mean().backward()
    optimizer.step()
    state = {
        "model": theirs.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "note": ("text", None, 2.5, True, 2**70, b"bytes", 1 + 2j),
        "size": torch.Size([2, 3]),
        "type": torch.bfloat16,
        "device": torch.device("cpu"),
        "set": {1, 2},
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "order": OrderedDict(b=1, a=2),
    }
    torch.save(state, tmp_path / "state.pt")
    found = engine.load(tmp_path / "state.pt")
    assert found["note"] == state["note"]
    assert (found["size"], found["type"], found["set"]) == (engine.Size([2, 3]), engine.bfloat16, {1, 2})
    assert isinstance(found["parameter"], engine.nn.Parameter)
    assert list(found["order"]) == ["b", "a"]
    mine = engine.nn.Sequential(
        engine.nn.BatchNorm1d(3), engine.nn.Linear(3, 4), engine.nn.Tanh(), engine.nn.Linear(4, 2)
    )
    mine.load_state_dict(found["model"])
    again = engine.optim.Adam(mine.parameters(), lr=0.5)
    again.load_state_dict(found["optimizer"])
    inputs = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    for model, steps, data in ((theirs, optimizer, torch.tensor(inputs)), (mine, again, engine.tensor(inputs))):
        steps.zero_grad()
        model(data).square().mean().backward()
        steps.step()
    for ours, right in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True):
        np.testing.assert_allclose(ours.numpy(), right.numpy(), rtol=1e-4, atol=1e-5)


@torch_needed
def test_a_whole_module_and_a_program_are_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    with pytest.raises(ValueError, match=r"Linear.*state_dict"):
        engine.load(tmp_path / "module.pt")
    torch.save(torch.ones(2), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"before 1\.6"):
        engine.load(tmp_path / "old.pt")


@torch_needed
def test_safetensors_of_pytorch_load_without_renaming(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    safetensors_torch = pytest.importorskip("safetensors.torch")
    theirs = torch.nn.Linear(3, 2, dtype=torch.bfloat16)
    safetensors_torch.save_file(theirs.state_dict(), os.fspath(tmp_path / "model.safetensors"))
    mine = engine.nn.Linear(3, 2, dtype=engine.bfloat16)
    mine.load_state_dict(engine.safetensors.load_file(tmp_path / "model.safetensors"))
    assert mine.weight.tolist() == theirs.weight.tolist()
    engine.safetensors.save_file(mine.state_dict(), tmp_path / "back.safetensors")
    back = safetensors_torch.load_file(os.fspath(tmp_path / "back.safetensors"))
    assert back["weight"].dtype is torch.bfloat16
