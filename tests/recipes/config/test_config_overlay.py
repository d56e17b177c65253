"""The overlay that provenance is read from gives, for any files and overrides, the config that Hydra composes."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
import pytest
import yaml
from hydra.errors import HydraException
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from recipes.config import Composed, ConfigError, compose, list_groups
from recipes.config.search_path import PACKAGED

EXPERIMENTS = ["digits_mlp", "fashion_mlp"]
KEYS = {name: compose(name).provenance.known_keys() for name in EXPERIMENTS}
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
VALUES = st.one_of(
    st.integers(-9, 9).map(str),
    st.sampled_from(
        ["1e-5", "null", "true", "abc", "[1,2]", "[]", "{}", "{a:1}", "{lr:{b:2}}", "${seed}", "???", "'1'"]
    ),
)


def composed_by_hydra(folder: Path, name: str, overrides: Sequence[str]) -> Any:
    version = {"version_base": "1.3"} if hydra.__version__ < "1.4" else {}
    with hydra.initialize_config_dir(str(folder), **version):
        return OmegaConf.to_container(hydra.compose(name, list(overrides)), resolve=False)


def written(composed: Composed) -> Any:
    """What the overlay holds, without what the schema filled in."""
    overlay = composed.provenance.overlay
    for key, slot in list(overlay.leaves()):
        if slot.settings[-1].source.kind == "schema":
            names = key.split(".")
            parent = overlay.find(".".join(names[:-1]))
            assert parent is not None
            del parent.children[names[-1]]
            made_by_schema = all(setting.source.kind == "schema" for setting in parent.settings)
            if len(names) > 1 and made_by_schema and not parent.children:
                above = overlay.find(".".join(names[:-2]))
                assert above is not None
                del above.children[names[-2]]
    return overlay.plain()


def assert_equal(overlaid: Any, expected: Any) -> None:
    """The same as written; or as resolved: OmegaConf writes out an interpolated mapping that `???` is laid over."""
    if overlaid != expected:
        assert resolved(overlaid) == resolved(expected)


def resolved(config: Any) -> Any:
    return OmegaConf.to_container(OmegaConf.create(config), resolve=True)


@st.composite
def experiment_with_overrides(draw: st.DrawFn) -> tuple[str, list[str]]:
    name = draw(st.sampled_from(EXPERIMENTS))
    groups = list_groups()
    swap = st.sampled_from(sorted(groups)).flatmap(
        lambda group: st.sampled_from(groups[group]).map(lambda option: f"{group}={option}")
    )
    below_parts = st.sampled_from([key for key in KEYS[name] if key not in groups])
    change = st.builds(lambda key, value: f"++{key}={value}", below_parts, VALUES)
    add = st.builds(lambda key, value: f"++{key}.new={value}", below_parts, VALUES)
    texts = draw(st.lists(st.one_of(change, change, add), max_size=5))
    # Deletions stand first, where their key is sure to exist.
    deletions = draw(st.lists(below_parts.filter(lambda key: "." in key).map(lambda key: f"~{key}"), max_size=1))
    swaps = draw(st.lists(swap, max_size=2, unique_by=lambda text: text.split("=")[0]))
    return name, [*swaps, *(deletions if not swaps else []), *texts]


@SLOW
@given(experiment_with_overrides())
@example(("fashion_mlp", ["++epochs=abc", "++scheduler.rule.epochs.new=0"]))
def test_overlay_equals_hydra_for_shipped_experiments(case: tuple[str, list[str]]) -> None:
    name, overrides = case
    try:
        expected = composed_by_hydra(PACKAGED, name, overrides)
    except (HydraException, OmegaConfBaseException, ValueError):
        # What Hydra refuses, a key below a list for instance, is named here.
        with contextlib.suppress(ConfigError):
            assert compose(name, overrides).problems
        return
    assert_equal(written(compose(name, overrides)), expected)


LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [0, 1.5, None, True, "text", "???", [1, 2], [], {}, "${shared}", "${shared.x}"]
)
TREES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(LEAVES, lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3), max_leaves=6),
    max_size=3,
)


@SLOW
@given(base=TREES, part=TREES, experiment=TREES)
@example(base={"a": {"c": "${shared}"}}, part={}, experiment={"a": {"c": "???"}})
def test_overlay_equals_hydra_for_any_files(base: Any, part: Any, experiment: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        user = Path(name)
        folder = user / "configs"
        (folder / "a").mkdir(parents=True)
        texts = {
            "shared": {"shared": {"x": 1, "y": [2]}},
            "first": base,
            "a/part": part,
            "mixed": {"defaults": ["shared", "first", {"a": "part"}, "_self_"], **experiment},
        }
        for path, content in texts.items():
            (folder / f"{path}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        try:
            expected = composed_by_hydra(folder, "mixed", [])
        except HydraException:
            # A list over a mapping.
            with pytest.raises(ConfigError):
                compose("mixed", user_folder=user)
            return
        assert_equal(written(compose("mixed", user_folder=user)), expected)
