# One command trains a model, a second one tests the project; both make the environment they need.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Given as PYTHON=..., it alone is tried; else the newest that runs is taken.
PYTHON ?=
candidates := $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3 python)
# A name on the PATH may be a shim that fails, and a Python may come without venv or pip: each is tried by running it.
usable := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))

installed := .venv/.installed
python := .venv/bin/python
pip := $(python) -m pip --disable-pip-version-check install --quiet
pytest := $(python) -m pytest

.PHONY: help train test test-slow parity gpu bench check format lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r target does; do \
		printf '  make %-10s %s\n' "$$target" "$$does"; done

train: $(installed) ## train the first model: handwritten digits, under a minute
	@.venv/bin/ml train config=digits_mlp

test: $(installed) ## run the tests; FRESH=1 draws new random cases
	@$(pytest) -m "not slow and not gpu and not parity"

test-slow: $(installed) ## run the long tests; PART=1 OF=3 runs the first third of them
	@$(pytest) -m "slow and not gpu and not parity" $(if $(PART),--part=$(PART)/$(or $(OF),3))

parity: $(installed) ## install PyTorch, and compare with it; SEED=7 draws other samples, THIRD=1 takes a third of them
	@$(pip) --editable ".[parity]" --no-build-isolation
	@SEED="$(SEED)" THIRD="$(THIRD)" $(pytest) -m parity

gpu: $(installed) ## install CuPy, and run the tests that need a GPU
	@$(pip) --editable ".[cuda]" --no-build-isolation
	@$(pytest) -m gpu

bench: $(installed) ## install PyTorch and JAX, and time the engine beside them; PARTS= ONLY= SIDES= ROUNDS= THREADS= QUICK=1
	@$(pip) --editable ".[bench]" --no-build-isolation
	@$(python) -m tests.benchmarks $(if $(PARTS),--parts=$(PARTS)) $(if $(ONLY),--only=$(ONLY)) $(if $(SIDES),--sides=$(SIDES)) \
		$(if $(ROUNDS),--rounds=$(ROUNDS)) $(if $(THREADS),--threads=$(THREADS)) $(if $(QUICK),--quick) $(if $(OUT),--out=$(OUT))

check: $(installed) ## lint, layout, types, and the floors of the house
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m mypy
	@.venv/bin/lint-imports --no-cache

format: $(installed) ## lay the code out, and fix what can be fixed by itself
	@$(python) -m ruff check --fix
	@$(python) -m ruff format

lock: $(installed) ## resolve the dependencies anew into requirements.lock
	@$(python) -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--upgrade --custom-compile-command "make lock" --quiet --output-file requirements.lock

clean: ## remove the environment and all caches; outputs stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find engine recipes cli configs tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last: an install that was broken off starts again.
$(installed): requirements.lock pyproject.toml
	@if ! $(python) -m pip --version >/dev/null 2>&1; then \
		chosen=; for candidate in $(candidates); do \
			if "$$candidate" -c '$(usable)' >/dev/null 2>&1; then chosen=$$candidate; break; fi; \
		done; \
		if [ -z "$$chosen" ]; then \
			echo 'No usable Python found. Galley needs Python 3.11 to 3.14 with venv and pip (on Debian: python3-venv).' >&2; \
			echo 'Tried:' $(candidates) >&2; \
			echo 'Name one yourself: make train PYTHON=/path/to/python3' >&2; \
			exit 1; \
		fi; \
		echo "Making .venv with $$("$$chosen" --version)."; \
		"$$chosen" -m venv --clear .venv; \
	fi
	@echo 'Installing requirements.lock (the first time takes a minute or two, about 1 GB).'
	@$(pip) --require-hashes --requirement requirements.lock
	@$(pip) --no-deps --no-build-isolation --editable .
	@touch $(installed)
