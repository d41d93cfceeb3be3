# Everything that a newcomer needs: `make run` and `make test`. Both set up what is missing and nothing twice.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
CONSOLE_SOURCES := $(shell find console/src console/public console/index.html -type f 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help run test rehearse test-faults check format setup lock clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 12

run: $(STAMPS)/runtime $(STAMPS)/console  ## set up, then watch the demo property
	@exec $(BIN)/watchkeeper run --demo

test: $(STAMPS)/develop $(STAMPS)/console  ## set up, then run the whole suite, a file a processor
	@$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder  # the slow files, tests/acceptance, first
	@cd console && npm run --silent test

rehearse: $(STAMPS)/runtime  ## 200 days of chance, held to what alerting promises (two minutes)
	@$(BIN)/watchkeeper rehearse --seeds 200

test-faults: $(STAMPS)/develop $(STAMPS)/console  ## kill every part in turn under a steady flow (minutes)
	@WATCHKEEPER_TEST_FAULTS=1 $(BIN)/pytest -s tests/faults

check: $(STAMPS)/develop $(STAMPS)/console  ## format, lint, types, import contracts, console
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd console && npm run --silent check

format: $(STAMPS)/develop  ## write every file the way `check` wants it
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

setup: $(STAMPS)/develop $(STAMPS)/console  ## only set up

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	@echo "1/3  virtual environment"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Watchkeeper needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# An environment that already has the development packages has the runtime ones too.
$(STAMPS)/runtime: $(STAMPS)/venv requirements.lock pyproject.toml
	@echo "2/3  locked Python packages (a minute or two, once)"
	@test -e $(STAMPS)/develop || $(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/develop: $(STAMPS)/venv requirements-dev.lock pyproject.toml
	@echo "2/3  locked Python packages for development (a minute or two, once)"
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/node: $(STAMPS)/venv console/package-lock.json
	@echo "3/3  locked console packages and the console's build (a minute, once)"
	@cd console && npm ci --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/console: $(STAMPS)/node $(CONSOLE_SOURCES)
	@cd console && npm run --silent build
	@touch $@

lock:  ## renew the Python locks after pyproject.toml changed (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --group build -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## remove what set-up made; data stays
	rm -rf $(VENV) $(STAMPS) console/node_modules console/dist
