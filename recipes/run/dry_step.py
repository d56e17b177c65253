"""One step of a recipe on tensors without elements: what doesn't fit is found before any data is read."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import engine
from recipes.config import Composed, Problem, Source, raised
from recipes.errors import UsageError
from recipes.run.assemble import Recipe

_MISFITS = (RuntimeError, ValueError, TypeError, IndexError)


def dry_step(composed: Composed, recipe: Recipe) -> list[Problem]:
    """Run transforms, forward, loss, backward, metrics and what makes the rates; problems name shapes and layer."""
    with _random_numbers_kept():
        return _step(composed, recipe)


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    """Give back the numbers that a dropout draws here: a resume takes no such step, and must find the same ones."""
    state = engine.random.default_generator.state_dict()
    try:
        yield
    finally:
        engine.random.default_generator.load_state_dict(state)


def _step(composed: Composed, recipe: Recipe) -> list[Problem]:
    spec = recipe.dataset.spec()
    source = composed.provenance.source
    try:
        shape = recipe.transform.output_shape(spec.input_shape)
        dtype = recipe.transform.output_dtype(spec.input_dtype)
    except UsageError as error:
        return [Problem(f"data.transforms: {error}", source("data.transforms"))]
    batch = composed.config["data"]["batch_size"]
    if batch > spec.sizes["train"] and composed.config["data"]["drop_last"]:
        return [
            Problem(
                f"data.batch_size: {batch} is more than the {spec.sizes['train']} samples of the train split, "
                "and data.drop_last leaves no batch at all",
                source("data.batch_size"),
            )
        ]
    inputs = engine.empty((batch, *shape), dtype=getattr(engine, dtype), device="meta")
    targets = engine.empty((batch, *spec.target_shape), dtype=getattr(engine, spec.target_dtype), device="meta")
    model = copy.deepcopy(recipe.model).to("meta")
    told = f"the data gives inputs {shape} ({dtype}) and targets {spec.target_shape} ({spec.target_dtype})"
    try:
        outputs = model(inputs)
    except _MISFITS as error:
        return [Problem(f"model: {told}, which do not fit: {_with_layer(error)}", _place(composed, "model"))]
    except Exception as error:  # whatever a model of the person's own raises
        return [Problem(f"model: {told}: {raised(error)}", _place(composed, "model"))]
    width = outputs.shape[1] if outputs.ndim > 1 else None
    if spec.classes and width is not None and width != len(spec.classes):
        return [
            Problem(
                f"model: the data has {len(spec.classes)} classes, the model's last layer gives {width} scores "
                f"(outputs {tuple(outputs.shape)}; {_last_layer(model)})",
                _place(composed, "model", "model.out_features"),
            )
        ]
    try:
        loss = recipe.loss(outputs, targets)
        loss.backward()
        recipe.metrics.update(outputs.detach(), targets, loss.detach())
        recipe.metrics.reset()
    except _MISFITS as error:
        what = f"loop.loss: outputs {tuple(outputs.shape)}, {told}: {_with_layer(error)}"
        return [Problem(what, _place(composed, "loop.loss"))]
    return _rates(composed, recipe, model, -(-spec.sizes["train"] // batch))


def _rates(composed: Composed, recipe: Recipe, model: Any, steps_per_epoch: int) -> list[Problem]:
    """What the optimizer and the scheduler's rule refuse."""
    key = "optimizer"
    try:
        optimizer = recipe.make_optimizer(model.parameters())
        key = "scheduler.rule"
        if "scheduler" in recipe.callbacks:
            recipe.callbacks["scheduler"].make(optimizer, steps_per_epoch)
    except (ValueError, TypeError, UsageError) as error:
        return [Problem(f"{key}: {error}", _place(composed, key))]
    return []


def _place(composed: Composed, part: str, *suspects: str) -> Source | None:
    """Where a part that doesn't fit was given: what the command line changed of it, else a suspect, else its target."""
    provenance = composed.provenance
    below = [provenance.source(key) for key in provenance.value_keys() if key.startswith(f"{part}.")]
    typed = [source for source in below if source is not None and source.kind == "override"]
    known = [key for key in suspects if key in provenance.value_keys()]
    return typed[0] if typed else provenance.source((*known, f"{part}._target_")[0])


def _with_layer(error: Exception) -> str:
    return " ".join([str(error), *(f"({note})" for note in getattr(error, "__notes__", ()))])


def _last_layer(model: Any) -> str:
    names = [
        (name, layer)
        for name, layer in model.named_modules()
        if not list(layer.children()) and list(layer.parameters())
    ]
    return f"{names[-1][0]}: {names[-1][1]}" if names else "a model without parameters"
