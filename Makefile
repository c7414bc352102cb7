# Two commands are enough on a fresh machine: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIP    := -m pip install --quiet --disable-pip-version-check
SHARED := -n 2 --dist loadscope --no-loadscope-reorder
NODE   := PATH="$(abspath $(BIN)):$$PATH"
CONTRACT := tests/test_contract.py tests/training tests/graphs tests/experiments/mnist_acgan

.PHONY: demo test check test-jax test-torch soak bench setup page lint docs results lock clean

demo: setup          ## all six in a few minutes: four trained on embedded data, two with bundled weights; one report.html
	$(BIN)/etudes demo

test: setup lint     ## what must hold, in about fourteen CPU minutes: TensorFlow whole, JAX on the quickest study
	$(BIN)/python -m pytest $(SHARED)
	KERAS_BACKEND=jax $(BIN)/python -m pytest $(SHARED) tests/test_contract.py -k deep_dream

check: setup         ## what is long by nature: browser, kills, hostile files, installations, all of JAX; up to 45 CPU minutes
	$(BIN)/python -m pytest $(SHARED) -m long
	$(MAKE) test-jax

# The contract on one backend alone, in an environment without the others: .venv-jax, .venv-torch.
# On another Python: make test-jax PYTHON=python3.13 VENV=.venv-3.13
test-jax test-torch: test-%: $(VENV)-%/.ready
	KERAS_BACKEND=$* $(VENV)-$*/bin/python -m pytest $(SHARED) $(CONTRACT)

soak: setup          ## kills, damage, hostile input, all of it: what docs/reliability.md reports; about an hour
	PYTHONPATH=tests $(BIN)/python -m soak
	$(BIN)/python docs/generate.py

bench: setup         ## Études beside plainly written peers: what docs/performance.md reports; hours, on a quiet machine
	$(BIN)/python -m benchmarks all
	$(BIN)/python docs/generate.py

setup: $(READY)      ## the environment alone, in .venv, from requirements.lock

define new_environment
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and \
		"Etudes needs Python 3.11, 3.12 or 3.13, and this is %d.%d: set PYTHON=..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(@D)
endef

$(READY): requirements.lock pyproject.toml
	$(new_environment)
	$(BIN)/python $(PIP) -r requirements.lock
	$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)-%/.ready: requirements.lock pyproject.toml
	$(new_environment)
	$(@D)/bin/python $(PIP) --constraint requirements.lock --editable '.[$*]' pytest pytest-xdist
	$(@D)/bin/python -c 'import sys; from importlib.util import find_spec; \
		found = [name for name in ("tensorflow", "jax", "torch") if find_spec(name)]; \
		sys.exit(found != ["$*"] and f"the extra $* brought {found}")'
	touch $@

page/node_modules/.package-lock.json: page/package-lock.json | setup
	cd page && $(NODE) npm ci --ignore-scripts

page: page/node_modules/.package-lock.json   ## what the pages of `etudes share` are made of; it builds this by itself, too
	cd page && $(NODE) node build.mjs

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	if [ -d page/node_modules ]; then cd page && $(NODE) npm run --silent check; fi

docs: setup          ## write again what is generated: docs/cli.md, docs/results.md
	$(BIN)/python docs/generate.py

lock:                ## resolve requirements.lock again (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf $(VENV) $(VENV)-* .mypy_cache .ruff_cache .pytest_cache
