"""Switches that programs set at their beginning: default devices, precision, determinism, backends."""

import threading

import pytest

import engine


def test_new_tensors_go_to_the_default_device() -> None:
    made = (
        lambda: engine.ones(2),
        lambda: engine.tensor([1.0]),
        lambda: engine.arange(3),
        lambda: engine.randn(2),
        lambda: engine.eye(2),
        lambda: engine.nn.Linear(2, 2).weight,
        lambda: engine.empty_strided((2,), (1,)),
        lambda: engine.hann_window(4),
    )
    engine.set_default_device("meta")
    try:
        assert {each().device.type for each in made} == {"meta"}
        assert engine.ones(2, device="cpu").is_cpu
        assert engine.zeros_like(engine.ones(2, device="cpu")).is_cpu
        seen: list[engine.device] = []
        thread = threading.Thread(target=lambda: seen.append(engine.get_default_device()))
        thread.start()
        thread.join()
        assert seen == [engine.device("cpu")]
    finally:
        engine.set_default_device(None)
    assert {each().device.type for each in made} == {"cpu"}


def test_device_is_a_context() -> None:
    with engine.device("meta") as outer:
        assert engine.get_default_device() == outer
        with engine.device("cpu"):
            assert engine.ones(1).is_cpu
        assert engine.ones(1).is_meta
    assert engine.ones(1).is_cpu
    with pytest.raises(ZeroDivisionError), engine.device("meta"):
        engine.ones(1 // 0)
    assert engine.ones(1).is_cpu


def test_precision_is_remembered() -> None:
    before = engine.get_float32_matmul_precision()
    try:
        engine.set_float32_matmul_precision("high")
        assert engine.get_float32_matmul_precision() == "high"
        with pytest.warns(UserWarning, match="lowest is not one of highest, high, medium"):
            engine.set_float32_matmul_precision("lowest")
        assert engine.get_float32_matmul_precision() == "high"
    finally:
        engine.set_float32_matmul_precision(before)


def test_determinism_is_remembered() -> None:
    assert not engine.are_deterministic_algorithms_enabled()
    try:
        engine.use_deterministic_algorithms(True, warn_only=True)
        assert engine.are_deterministic_algorithms_enabled()
        assert engine.is_deterministic_algorithms_warn_only_enabled()
        engine.set_deterministic_debug_mode("error")
        assert engine.get_deterministic_debug_mode() == 2
        with pytest.raises(RuntimeError, match="but got 3"):
            engine.set_deterministic_debug_mode(3)
    finally:
        engine.use_deterministic_algorithms(False)
    assert engine.get_deterministic_debug_mode() == 0


def test_what_there_is_not() -> None:
    assert engine.set_flush_denormal(True) is False
    assert engine.get_num_interop_threads() == 1
    engine.set_num_interop_threads(4)
    with pytest.raises(RuntimeError, match="positive integer, got 0"):
        engine.set_num_interop_threads(0)
    assert not engine.backends.mps.is_available()
    assert not engine.backends.cudnn.is_available()
    assert engine.backends.cudnn.version() is None


def test_flags_may_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.backends.cudnn, "deterministic", True)
    monkeypatch.setattr(engine.backends.cudnn, "benchmark", False)
    monkeypatch.setattr(engine.backends.cuda.matmul, "allow_tf32", True)
    assert engine.version.cuda is None or engine.cuda.is_available()
