"""Names that a run gives its metrics, and those that MLflow takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from recipes.tracking.mirror.names import LONGEST_NAME, mlflow_name


@given(st.text() | st.text(alphabet="ab./ -_:(", max_size=12))
@settings(max_examples=1000)
def test_mlflow_takes_every_name_that_we_give(name: str) -> None:
    _validate_metric_name(mlflow_name(name))
    assert len(mlflow_name(name)) <= LONGEST_NAME


@pytest.mark.parametrize("name", ["train/loss", "val/top 5-accuracy", "lr", "größe", "layer.0.weight:norm"])
def test_a_name_that_mlflow_takes_stays(name: str) -> None:
    assert mlflow_name(name) == name


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("loss (mean)", "loss _mean_"),
        ("../x", "__/x"),
        ("...", "__."),
        ("a/./b", "a/_/b"),
        ("/a//b/", "a/b"),
        ("", "_"),
    ],
)
def test_what_mlflow_refuses_becomes_underscores(name: str, theirs: str) -> None:
    assert mlflow_name(name) == theirs
