"""Checking names everything that is wrong with a config at once, each with its place and what would be right."""

from typing import Any

import pytest

from recipes.config import ConfigError, check, compose, prepare, settings_file
from recipes.errors import UsageError

Write = Any


def said(*overrides: str, experiment: str = "small") -> list[str]:
    return [str(problem) for problem in check(compose(experiment, overrides))]


def test_good_config_has_no_problems(small: Write) -> None:
    assert said() == []
    assert prepare("small", ["model.size=[4,4]"]).config["model"]["size"] == [4, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch=3", "there is no key 'epoch'; did you mean 'epochs'?"),
        ("checkpoint.evry=1ep", "checkpoint has no key 'evry'; did you mean 'every'?"),
        ("model.siz=3", "model: RandomCrop has no argument 'siz'; did you mean 'size'?"),
        ("+model.siz={a: 1}", "model: RandomCrop has no argument 'siz'; did you mean 'size'?"),
        ("epochs=many", "epochs: the text 'many' stands where a whole number is expected"),
        ("epochs=1.5", "epochs: the number 1.5 stands where a whole number is expected"),
        ("epochs=1e3", "epochs: the number 1000.0 stands where a whole number is expected; write 1000"),
        ("epochs=true", "epochs: true stands where a whole number is expected"),
        ("epochs=null", "epochs: null stands where a whole number is expected"),
        ("epochs=[1]", "epochs: the list [1] stands where a whole number is expected"),
        ("name=3", "name: the whole number 3 stands where text or null is expected; quote it to mean text"),
        ("data.drop_last=1", "data.drop_last: the whole number 1 stands where true or false is expected"),
        ("device.name=gpu", "device.name: the text 'gpu' stands where one of auto, cpu, cuda is expected"),
        ("device=3", "device: an option is a name, not the whole number 3; there are: auto, cpu, cuda"),
        ("checkpoint=3", "checkpoint: the whole number 3 stands where a mapping is expected"),
        ("model.size=big", "model.size: the text 'big' stands where a whole number or a list of whole numbers"),
        ("optimizer.probability=high", "optimizer.probability: the text 'high' stands where a number is expected"),
        ("model.size=???", "model.size must be given; model.size=..."),
        ("seed=???", "seed must be given; seed=..."),
        ("~model.size", "model: RandomCrop needs 'size'; model.size=..."),
        ("~data.dataset", "data.dataset must be given"),
        ("loop=null", "loop: an option is a name, not null; there are: supervised"),
        ("~loop._target_", "loop has no _target_ that says what it is"),
        ("metrics.x=3", "metrics has no key 'x'; a new key is added with +metrics.x=3"),
        ("+metrics.x=3", "metrics.x: the whole number 3 stands where a part"),
        ("model._target_=os.system", "model._target_: os.system is outside of engine, recipes"),
        ("model._target_=builtins.eval", "model._target_: builtins.eval is outside of engine, recipes"),
        ("model._target_=recipes.datasets.digits.np.load", "model._target_: recipes.datasets.digits.np.load"),
        ("model._partial_=1", "model._partial_: the whole number 1 stands where true or false is expected"),
    ],
)
def test_one_mistake_on_the_command_line(text: str, message: str, small: Write) -> None:
    problems = said(text)
    assert any(problem.startswith(f"command line: {text}: ") and message in problem for problem in problems) or any(
        message in problem for problem in problems if text.startswith("~")
    )


def test_mistakes_in_files_are_named_with_their_lines(small: Write) -> None:
    small(
        "configs/bad.yaml",
        """\
        defaults: [small, _self_]
        epoch: 3
        model:
          siz: 3
          padding: much
        trust: [os]
        loop:
          _target_: os.system
        """,
    )
    assert said(experiment="bad") == [
        "configs/bad.yaml:2: there is no key 'epoch'; did you mean 'epochs'?",
        "configs/bad.yaml:4: model: RandomCrop has no argument 'siz'; did you mean 'size'?",
        "configs/bad.yaml:5: model.padding: the text 'much' stands where a whole number is expected",
        "configs/bad.yaml:6: trust: trust is never given by a config; "
        f"name the package with --trust, or under `trust:` in {settings_file()}",
        "configs/bad.yaml:8: loop._target_: os.system is outside of engine, recipes; "
        "a package you trust is named with --trust",
    ]


def test_trust_inside_a_part_or_a_run_is_refused(small: Write) -> None:
    small("run/config.yaml", "trusted: [os]\nmodel: {trust: os}\n")
    problems = said(experiment="run")
    assert any("run/config.yaml:1: trusted: trust is never given by a config" in problem for problem in problems)
    assert any("run/config.yaml:2: model.trust: trust is never given by a config" in problem for problem in problems)


def test_missing_parts_list_their_options(write: Write) -> None:
    write("configs/bare.yaml", "seed: 1\n")
    problems = said(experiment="bare")
    assert "model must be given; pick one with model=OPTION: mlp" in problems
    assert "optimizer must be given; pick one with optimizer=OPTION: adam, adamw, sgd" in problems


def test_two_mistakes_are_shown_at_once_as_a_usage_error(small: Write) -> None:
    with pytest.raises(ConfigError) as caught:
        prepare("small", ["optimzer.lr=1", "epochs=many"])
    assert isinstance(caught.value, UsageError)
    assert caught.value.exit_code == 2
    assert len(caught.value.problems) == 2
    text = str(caught.value)
    assert text.startswith("2 problems in the config:\n")
    assert "did you mean 'optimizer'?" in text
    assert "'many' stands where" in text


def test_partial_node_may_lack_what_the_run_provides(small: Write) -> None:
    assert said("~model.size", "+model._partial_=true") == []


def test_unresolved_interpolation_is_one_problem(small: Write) -> None:
    (problem,) = said("epochs=${nothing}")
    assert "cannot be resolved" in problem


def test_interpolation_of_a_missing_value_is_one_problem(small: Write) -> None:
    (problem,) = said("seed=???", "epochs=${seed}")
    assert "seed must be given" in problem


def test_part_within_a_part_is_checked(small: Write) -> None:
    small(
        "configs/nested.yaml",
        """\
        defaults: [small, _self_]
        loop:
          _target_: recipes.transforms.Compose
          probability: 1
          transforms:
            inner: {_target_: recipes.transforms.ToFloat, divisr: 3}
            outer: [{_target_: os.system}]
        """,
    )
    problems = said(experiment="nested")
    assert any("nested.yaml:6: loop.transforms.inner: ToFloat has no argument 'divisr'" in text for text in problems)
    assert any("nested.yaml:7" in text and "os.system is outside" in text for text in problems)


def test_null_switches_a_part_off(small: Write) -> None:
    assert said("+callbacks.ema={_target_: recipes.transforms.ToFloat}", "callbacks.ema=null") == []
