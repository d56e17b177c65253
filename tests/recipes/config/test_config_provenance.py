"""`explain` is right about every way in which a value can be set."""

from typing import Any

import pytest

from recipes.config import DELETED, Explanation, compose

Write = Any


def explain(experiment: str, key: str, *overrides: str) -> Explanation:
    return compose(experiment, overrides).provenance.explain(key)


def winner(explanation: Explanation) -> tuple[Any, str]:
    return explanation.value, str(explanation.winner)


@pytest.fixture
def layered(write: Write) -> Write:
    write("configs/base.yaml", "defaults: [{optimizer: sgd}, _self_]\nseed: 1\nepochs: 10\nname: shared\n")
    write("configs/optimizer/sgd.yaml", "_target_: engine.optim.SGD\nlr: 0.1\nmomentum: 0.9\n")
    write("configs/optimizer/adam.yaml", "_target_: engine.optim.Adam\n\nlr: 1e-3\n")
    write(
        "configs/mine.yaml",
        "defaults:\n  - base\n  - _self_\nseed: 2\nscheduler:\n  rule: {T_max: '${epochs}', same: '${..rule.T_max}'}\n",
    )
    return write


def test_value_set_in_base(layered: Write) -> None:
    assert winner(explain("mine", "epochs")) == (10, "configs/base.yaml:3")


def test_value_set_in_a_group_file(layered: Write) -> None:
    assert winner(explain("mine", "optimizer.momentum")) == (0.9, "configs/optimizer/sgd.yaml:3")


def test_value_set_by_the_experiment_beats_base(layered: Write) -> None:
    explanation = explain("mine", "seed")
    assert winner(explanation) == (2, "configs/mine.yaml:4")
    assert [(loser.value, str(loser.source)) for loser in explanation.losers] == [(1, "configs/base.yaml:2")]


def test_value_set_by_overrides(layered: Write) -> None:
    explanation = explain("mine", "seed", "seed=3", "seed=4")
    assert winner(explanation) == (4, "command line: seed=4")
    assert [loser.value for loser in explanation.losers] == [3, 2, 1]
    assert str(explanation.losers[0].source) == "command line: seed=3"


def test_value_of_a_swapped_group(layered: Write) -> None:
    explanation = explain("mine", "optimizer.lr", "optimizer=adam")
    assert winner(explanation) == (1e-3, "configs/optimizer/adam.yaml:3 (picked by optimizer=adam)")
    with pytest.raises(KeyError):
        explain("mine", "optimizer.momentum", "optimizer=adam")


def test_only_the_chosen_part_is_marked_as_picked(small: Write) -> None:
    assert str(explain("small", "loop.size", "part@loop=crop").winner).endswith(
        "crop.yaml:2 (picked by part@loop=crop)"
    )
    assert str(explain("small", "model.size", "part@loop=crop").winner).endswith("crop.yaml:2")
    assert "picked by +part@extra=crop" in str(explain("small", "extra.size", "+part@extra=crop").winner)


def test_interpolation_shows_where_it_stands_and_what_it_names(layered: Write) -> None:
    explanation = explain("mine", "scheduler.rule.T_max", "epochs=7")
    assert winner(explanation) == (7, "configs/mine.yaml:6")
    assert explanation.written == "${epochs}"
    assert [winner(named) for named in explanation.interpolated] == [(7, "command line: epochs=7")]
    chained = explain("mine", "scheduler.rule.same").interpolated[0]
    assert chained.key == "scheduler.rule.T_max"
    assert winner(chained.interpolated[0]) == (10, "configs/base.yaml:3")


def test_value_below_an_interpolated_mapping(layered: Write) -> None:
    layered("configs/twin.yaml", "defaults: [mine, _self_]\nmodel: ${optimizer}\n")
    assert winner(explain("twin", "model.lr")) == (0.1, "configs/optimizer/sgd.yaml:2")


def test_schema_default(layered: Write) -> None:
    assert winner(explain("mine", "checkpoint.keep")) == (2, "default of Checkpoint.keep")
    assert winner(explain("mine", "experiment")) == ("mine", "default of Experiment.experiment")


def test_null_schema_default_and_its_override(layered: Write) -> None:
    assert winner(explain("mine", "device.threads", "device.threads=3")) == (3, "command line: device.threads=3")
    assert winner(explain("mine", "device.threads")) == (None, "default of Device.threads")


def test_value_set_in_the_users_own_configs(write: Write) -> None:
    write("configs/optimizer/adamw.yaml", "_target_: engine.optim.AdamW\n_partial_: true\neps: 0.5\n")
    assert winner(explain("digits_mlp", "optimizer.eps")) == (0.5, "configs/optimizer/adamw.yaml:3")
    assert str(explain("digits_mlp", "epochs").winner).endswith("/configs/digits_mlp.yaml:11")


def test_deletion_keeps_what_was_deleted(layered: Write) -> None:
    explanation = explain("mine", "optimizer.momentum", "~optimizer.momentum")
    assert explanation.value is DELETED
    assert str(explanation.winner) == "command line: ~optimizer.momentum"
    assert [loser.value for loser in explanation.losers] == [0.9]


def test_what_was_deleted_can_be_set_again(layered: Write) -> None:
    assert explain("mine", "optimizer.lr", "~optimizer.lr", "+optimizer.lr=3").value == 3


def test_deletion_of_a_mapping_deletes_what_is_below() -> None:
    composed = compose("digits_mlp", ["~callbacks.nan_guard"])
    assert composed.provenance.explain("callbacks.nan_guard._target_").value is DELETED


def test_list_item_set_by_an_override() -> None:
    explanation = explain("digits_mlp", "model.hidden.1", "model.hidden.1=32")
    assert winner(explanation) == (32, "command line: model.hidden.1=32")
    assert winner(explain("digits_mlp", "model.hidden", "model.hidden.1=32"))[0] == [128, 32]


def test_missing_does_not_win(layered: Write) -> None:
    layered("configs/open.yaml", "defaults: [mine, _self_]\nseed: ???\n")
    explanation = explain("open", "seed")
    assert winner(explanation) == (2, "configs/mine.yaml:4")
    assert "???" in [loser.value for loser in explanation.losers]


def test_yaml_anchors_keep_the_lines_of_their_keys(write: Write) -> None:
    write("configs/anchors.yaml", "model: &shared\n  a: 1\n  b: 2\ndata:\n  <<: *shared\n  c: 3\n")
    provenance = compose("anchors").provenance
    assert winner(provenance.explain("data.c")) == (3, "configs/anchors.yaml:6")
    assert winner(provenance.explain("data.a")) == (1, "configs/anchors.yaml:2")


def test_unknown_key() -> None:
    with pytest.raises(KeyError):
        explain("digits_mlp", "optimizer.nothing")


def test_every_value_of_every_experiment_can_be_explained() -> None:
    for experiment in ("digits_mlp", "fashion_mlp"):
        provenance = compose(experiment, ["optimizer=sgd"]).provenance
        for key in provenance.value_keys():
            assert provenance.explain(key).winner is not None
