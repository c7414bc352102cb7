# Two commands are enough on a fresh machine: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SHARED := -n 2 --dist loadscope --no-loadscope-reorder

.PHONY: demo test check test-torch soak bench setup lint docs results lock clean

demo: setup          ## all six in a few minutes: four trained on embedded data, two with bundled weights; one report.html
	$(BIN)/etudes demo

test: setup lint     ## what must hold, in about thirteen CPU minutes: TensorFlow whole, JAX on the quickest study
	$(BIN)/python -m pytest $(SHARED)
	KERAS_BACKEND=jax $(BIN)/python -m pytest $(SHARED) tests/test_contract.py -k deep_dream

check: setup         ## what is long by nature: browser, kills, hostile files, installations, all of JAX; up to 45 CPU minutes
	$(BIN)/python -m pytest $(SHARED) -m long
	KERAS_BACKEND=jax $(BIN)/python -m pytest $(SHARED) tests/test_contract.py tests/training \
		tests/experiments/mnist_acgan

test-torch: setup    ## the same contract on torch, where it is installed
	KERAS_BACKEND=torch $(BIN)/python -m pytest tests/test_contract.py tests/training tests/experiments/mnist_acgan

soak: setup          ## kills, damage, hostile input, all of it: what docs/reliability.md reports; about an hour
	PYTHONPATH=tests $(BIN)/python -m soak
	$(BIN)/python docs/generate.py

bench: setup         ## Études beside plainly written peers: what docs/performance.md reports; hours, on a quiet machine
	$(BIN)/python -m benchmarks all
	$(BIN)/python docs/generate.py

setup: $(READY)      ## the environment alone, in .venv, from requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Etudes needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup          ## write again what is generated: docs/cli.md, docs/results.md
	$(BIN)/python docs/generate.py

lock:                ## resolve requirements.lock again (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
