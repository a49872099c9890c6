# Metrology Commons: every task of the project is one of these words.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST_ENV := $(VENV)/.hub
DEV_ENV := $(VENV)/.dev

# Compiled modules are kept: without them each of a thousand commands that tests start compiles all of ours again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test test-engines lint format bench faults clean-data screenshots guide-pictures demo-files translations lock

help:  ## Show these words
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(HOST_ENV): $(BIN)/python config/requirements-hub.lock pyproject.toml
	@echo "Installing the locked dependencies of the hub and the node …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r config/requirements-hub.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_ENV): $(HOST_ENV) config/requirements.lock
	@echo "Installing the locked tools for tests and checks …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r config/requirements.lock
	@touch $@

run: $(HOST_ENV)  ## Start the hub and three demo institutions; Ctrl-C stops all of it
	@exec $(BIN)/commons-hub demo

# Tests with real processes wait much of their time: more of them than processors run at once.
JOBS ?= 4
test: $(DEV_ENV)  ## Run the whole test suite
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

ENGINE_TESTS := tests/integration tests/unit/federation tests/faults
test-engines: $(DEV_ENV)  ## Run the tests that touch database or store on PostgreSQL and Ceph
	COMMONS_TEST_ENGINE=postgresql $(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(or $(ARGS),$(ENGINE_TESTS))

lint: $(DEV_ENV)  ## Check style, types, and which layer imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_ENV)  ## Mend what the formatter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_ENV)  ## Measure each figure beside its floor; writes var/bench.json
	$(BIN)/python -m tests.benchmarks $(ARGS)

N ?= 20
faults: $(DEV_ENV)  ## Kill processes at N random moments (SEED=…) and check that nothing is lost or doubled
	$(BIN)/python -m tests.faults --runs $(N) $(if $(SEED),--seed $(SEED))

screenshots: $(DEV_ENV)  ## Picture every page on phone and desktop, in both languages
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

guide-pictures: $(DEV_ENV)  ## Take the pictures of docs/institution-guide.zh.md again
	$(BIN)/python -m tests.browser.guide_pictures

demo-files: $(DEV_ENV)  ## Make the demo resources' files again from their sources
	$(BIN)/python -m config.demo.build $(ARGS)

translations: $(DEV_ENV)  ## Collect the texts to translate and compile the catalogues
	$(BIN)/python -m tests.translations $(ARGS)

COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-annotate --no-header pyproject.toml

lock: $(BIN)/python  ## Resolve the dependencies again and write the lock files
	$(BIN)/python -m pip install -q uv
	$(COMPILE) --all-extras -o config/requirements.lock >/dev/null
	$(COMPILE) -c config/requirements.lock --extra hub --extra build -o config/requirements-hub.lock >/dev/null
	$(COMPILE) -c config/requirements.lock -o config/requirements-node.lock >/dev/null

clean-data: $(HOST_ENV)  ## Forget the data of `make run`
	@$(BIN)/commons-hub clean-data --yes
