# Everything a person types. `make demo` and `make test` are all a newcomer needs.
# The first interpreter that really runs: a version manager's shim may stand there and not.
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do $$p -c "" 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help install install-dev demo test test-browser test-long check format bench bench-peers chaos kafka browser node schemas clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 12); sys.exit(0 if ok else "Tidegate needs Python 3.11 or 3.12, found %d.%d; run: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@echo "Installing pinned dependencies into $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing pinned development dependencies into $(VENV) (once)"
	@$(PIP) install --requirement requirements-dev.lock
	@touch $@

install: $(VENV)/.installed ## Build .venv with the console script .venv/bin/tidegate

install-dev: $(VENV)/.installed-dev ## ... and what tests, checks and benchmarks need

demo: install ## Watch the guard at work in a browser, or in the terminal, without a broker
	@$(BIN)/tidegate demo --page

test: install-dev ## Run every test; starts a Kafka broker by itself
	@$(BIN)/python -m pytest -m "not long and not browser" -n 3 --dist worksteal

test-browser: install-dev ## The page in a real browser, three minutes; make browser puts one in place
	@$(BIN)/python -m pytest -m "browser and not long"

test-long: install-dev ## 20,000 random chunkings and more, minutes long
	@$(BIN)/python -m pytest -m long -s

check: install-dev ## Lint, formatting, strict types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py

format: install-dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: install-dev ## Measure; writes the report to benchmarks/
	@$(BIN)/tidegate bench

# Each peer has an environment of its own; some of them cannot share one.
.peers/%/.installed: benchmarks/peers/environments/%.txt
	@echo "Installing $* into .peers/$* (once)"
	@rm -rf .peers/$* && $(PYTHON) -m venv .peers/$*
	@.peers/$*/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

PEERS := $(patsubst %,.peers/%/.installed,litellm guardrails-ai presidio judges)
bench-peers: install-dev $(PEERS) ## Measure beside others; writes benchmarks/peers.md
	@$(BIN)/python -m benchmarks.peers

chaos: install-dev ## 200 faults on a real broker, half an hour; writes benchmarks/chaos.md
	@$(BIN)/python -m tests.chaos --seed 1 --faults 200 --live 10000 --report benchmarks/chaos.md

kafka: ## Put a local Apache Kafka in place for the tests (Java 17, Maven)
	@sh deploy/kafka/install.sh

browser: ## Put Chromium in place for the tests of the page (Debian, as root)
	@sh deploy/browser/install.sh

node: ## Put the vendors' clients for Node in place for the tests of the proxy (npm)
	@sh deploy/node/install.sh

schemas: install ## Write the JSON Schemas and the AsyncAPI document to docs/
	@$(BIN)/python -m docs.generate

clean: ## Remove what the other targets made
	rm -rf $(VENV) .kafka .peers .node build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
