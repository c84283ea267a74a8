# Every word makes what it needs: on a fresh clone any of them builds .venv first, a second call installs nothing.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
BIN := .venv/bin
TESTS := -m "not slow"
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test lint types contracts docs bench check
.DEFAULT_GOAL := help

help:
	@echo 'make demo       the main job on real data: get, run, run again, show that the bits agree'
	@echo 'make test       the tests, without the slow ones'
	@echo 'make lint       ruff: style, mistakes, format'
	@echo 'make types      mypy, strict'
	@echo 'make contracts  import-linter: which room may import which'
	@echo 'make docs       write the pages of commands and messages anew; check links and dependencies'
	@echo 'make bench      training beside a bare loop, footprints and packed pictures beside plain tools; writes benchmarks/results/'
	@echo 'make check      lint, types, contracts and all tests, the slow ones too: what CI runs'

demo: .venv/installed
	$(BIN)/deepdiva demo

test: .venv/installed
	$(BIN)/python -m pytest $(TESTS)

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/mypy

contracts: .venv/installed
	$(BIN)/lint-imports

docs: .venv/installed
	$(BIN)/python docs/reference_pages.py
	$(BIN)/python -m pytest tests/test_docs.py

bench: .venv/installed
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/data_room.py
	$(BIN)/python benchmarks/packed_cache.py
	$(BIN)/python benchmarks/simulated_listing.py 1000000

check: TESTS :=
check: lint types contracts test

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'make: $(PYTHON) is older than 3.11; name a newer one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PIP) --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	@if $(BIN)/python .ci/locked_platform.py; then \
	    echo 'Installing the packages of requirements.lock (this is the platform it was made for): some minutes, 6 GB.'; \
	    $(PIP) install --require-hashes --no-deps -r requirements.lock; \
	else \
	    echo 'Installing packages within the ranges of pyproject.toml (requirements.lock is for another platform).'; \
	    $(PIP) install 'flit_core>=3.11,<5'; \
	    $(PIP) install --no-build-isolation -e '.[dev]'; \
	fi
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@
