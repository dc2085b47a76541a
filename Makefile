# One line a task; what a task needs beyond one line is in .ci/setup.sh or in the application.
.PHONY: help setup consumers peers lock demo test check bench screenshots soak clean
.DEFAULT_GOAL := help

BIN := .venv/bin
PYTEST := QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 2 --dist loadfile
export PYTHON
unexport PYTHONDONTWRITEBYTECODE

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

setup: ## make .venv from the lock, and the system libraries Qt needs
	@sh .ci/setup.sh

consumers: ## make .venv-consumers: the trainers' own loaders, for the tests marked "consumer"
	@sh .ci/setup.sh consumers

peers: ## make .venv-peers: other tools' video readers, to measure beside
	@sh .ci/setup.sh peers

lock: ## recompile requirements/*.lock from requirements/*.in
	@sh .ci/setup.sh lock

demo: setup ## make the demo library, run the main job on it, open the application
	$(BIN)/safelight demo --main-job

test: setup consumers ## run every test
	$(PYTEST)

check: setup consumers ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PYTEST)

bench: setup peers ## measure, beside the peers
	$(BIN)/safelight bench

screenshots: setup ## take the guide's pictures again
	$(BIN)/safelight screenshots

soak: setup consumers ## run the long suites whole
	$(PYTEST) --soak --timeout 3600

clean: ## remove what was made here, except the environments and the demo library
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find app widgets replay curation resources tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
