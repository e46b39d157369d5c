# Everything here sets itself up: Python 3.11 and make are all that is needed.
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: help demo test test-system check bench chaos chaos-pager chaos-report scale soak docs lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /	/'

.venv/.installed: requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed: make PYTHON=/its/path"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

demo: .venv/.installed ## real Kafka, published cases, pages on the console
	$(BIN)/stormwatch demo

test: .venv/.installed ## the tests but those of test-system, on a broker that it starts itself
	$(BIN)/python -m pytest

test-system: .venv/.installed ## real Alertmanager, mail server and browser, from Debian's packages
	$(BIN)/python -m pytest -o timeout=900 tests/system

check: .venv/.installed ## lint, types, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A contender of the benchmark, in an environment of its own: it needs another pydantic than ours.
.venv-quix/.installed: tests/bench/quix.txt
	$(PYTHON) -m venv .venv-quix
	.venv-quix/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/bench/quix.txt
	touch $@

bench: .venv/.installed .venv-quix/.installed ## speed, as ratios within one run; BENCH="latency --rounds 5" for a part
	PYTHONPATH=tests $(BIN)/python -m bench $(BENCH)

chaos: .venv/.installed ## faults on purpose, on real brokers: SEED=1 ROUNDS=5 FAULTS=40 TICKS=own
	PYTHONPATH=tests $(BIN)/python -m chaos run --seed $(or $(SEED),1) --rounds $(or $(ROUNDS),5) --faults $(or $(FAULTS),40) --ticks $(or $(TICKS),topic)

chaos-pager: .venv/.installed ## the pager killed at random, a gateway that fails: ALERTS=10000 ERRORS=0.3
	PYTHONPATH=tests $(BIN)/python -m pagerchaos $(or $(ALERTS),10000) --errors $(or $(ERRORS),0.3) --seed $(or $(SEED),1)

chaos-report: .venv/.installed ## the reports of all rounds, into docs/chaos.md
	PYTHONPATH=tests $(BIN)/python -m chaos merge

scale: .venv/.installed ## what it costs that workers come, leave and die
	PYTHONPATH=tests $(BIN)/python -m chaos scale

soak: .venv/.installed ## an even load for long: MINUTES=60 RATE=2000 WORKERS=1
	PYTHONPATH=tests $(BIN)/python -m chaos soak --minutes $(or $(MINUTES),60) --per-s $(or $(RATE),2000) --workers $(or $(WORKERS),1)

docs: .venv/.installed ## the pages that are made of the rules
	PYTHONPATH=tests $(BIN)/python -m handbook

lock: ## after a change of dependencies; needs uv
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.txt
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --all-extras -c requirements.txt pyproject.toml -o requirements-dev.txt
	echo quixstreams==3.28.1 | uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url --no-annotate - -o tests/bench/quix.txt

clean: ## the environment and what tools left behind
	rm -rf .venv .venv-quix .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
