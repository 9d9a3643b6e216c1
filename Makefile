.PHONY: demo test test-with-prefect test-without-prefect load lint format bench docs picture lock install triton clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# CI adds --fail-on-skips; elsewhere what is left out is said at the end of a run.
PYTEST_FLAGS ?=
PYTEST := $(BIN)/pytest -q $(PYTEST_FLAGS)

# Compiled once, then imported in a third of the time, whatever the caller's shell says.
unexport PYTHONDONTWRITEBYTECODE

demo: $(VENV)/.installed
	$(BIN)/driftline demo

test: $(VENV)/.installed-dev lint
	$(PYTEST) tests/core src/driftline/core src/driftline/settings
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-with-prefect test-without-prefect

# Side by side on two cores: the one with the Prefect server mostly waits for it.
WITH_PREFECT = tests/end_to_end tests/faults/test_prefect.py tests/flows tests/load tests/contract/test_dispatchers.py tests/security/test_secret_blocks.py

test-with-prefect:
	$(PYTEST) $(WITH_PREFECT)

test-without-prefect:
	$(PYTEST) src/driftline tests $(addprefix --ignore=,tests/core src/driftline/core src/driftline/settings $(WITH_PREFECT))

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check src flows tests benchmarks
	$(BIN)/ruff check src flows tests benchmarks
	$(BIN)/mypy
	$(BIN)/bandit -q -ll -r src flows
	PYTHONPATH=src:. $(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff format src flows tests benchmarks
	$(BIN)/ruff check --fix src flows tests benchmarks

# Same versions everywhere. No registry's address gets into the file: uv writes none unless asked.
lock: $(VENV)/bin/uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra demo --extra postgres --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate -q -c requirements-dev.lock -o requirements.lock
	printf 'nvidia-pytriton==0.7.0\nnumpy<2\n' | $(BIN)/uv pip compile - --no-deps --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o tests/servers/triton.lock

$(VENV)/bin/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q uv

$(VENV)/.installed: $(VENV)/bin/uv requirements.lock pyproject.toml
	$(BIN)/uv pip install -q --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/uv requirements-dev.lock pyproject.toml
	$(BIN)/uv pip install -q --python $(BIN)/python -r requirements-dev.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	touch $@ $(VENV)/.installed

install: $(VENV)/.installed

# A real Triton for the tests that want one (a wheel of 55 MB), apart from us: it needs an older NumPy.
triton: .triton/.installed

.triton/.installed: $(VENV)/bin/uv tests/servers/triton.lock
	$(BIN)/uv venv -q --clear --python $(PYTHON) .triton
	$(BIN)/uv pip install -q --python .triton/bin/python --no-deps -r tests/servers/triton.lock
	touch $@

# Hundreds of monitors, eight workers and a year of days, killed at random: half an hour.
load: $(VENV)/.installed-dev
	$(BIN)/pytest -q -s -m load --load-size full tests/load

bench: $(VENV)/.installed-dev
	$(BIN)/uv pip install -q --python $(BIN)/python -c requirements-dev.lock matplotlib
	$(BIN)/python -m benchmarks

docs: $(VENV)/.installed-dev
	$(BIN)/python docs/build.py

# Needs Chromium and the demo's folder.
picture: $(VENV)/.installed
	$(BIN)/python docs/picture.py

clean:
	rm -rf $(VENV) .triton .driftline .mypy_cache .ruff_cache .import_linter_cache
