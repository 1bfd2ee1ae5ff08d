# `make` alone lists what there is. Everything runs in .venv, which is made when it is first needed.

PYTHON ?= python3
VENV := .venv
NEWMAN = $(VENV)/newman/node_modules/.bin/newman
SPECTRAL = $(VENV)/spectral/node_modules/.bin/spectral
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
PROFILE ?=
PORT ?=
ON_SERVERS = eval "$$(scripts/services env)" &&
# Node brings its own certificates; the system may know more, and without them npm waits and waits.
ifneq (,$(wildcard /etc/ssl/certs/ca-certificates.crt))
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
endif
CORE := domain ports methods use_cases guard auth

.DEFAULT_GOAL := help
.PHONY: newman spectral help install run demo argon2 init-db check format test test-all services services-down fuzz test-unit test-integration test-races test-races-all test-faults test-browser test-migration test-copy test-crash test-rotation test-model test-timing bench bench-quick docs requirements \
        start-rabbitmq-consumer stop-docker-compose clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-24s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Start ----------------------------------------------------------------------------------------------------------------

install: $(RUN_READY) ## Install the service into .venv

run: $(RUN_READY) ## Start it for development: nothing to prepare (PROFILE=code-activation PORT=8001 to choose)
	$(BIN)/doorward dev $(if $(PROFILE),--profile $(PROFILE)) $(if $(PORT),--port $(PORT))

demo: $(RUN_READY) ## The same with 500 accounts and 30 days of history that are made up (PROFILE=, PORT=)
	$(BIN)/doorward demo $(if $(PROFILE),--profile $(PROFILE)) $(if $(PORT),--port $(PORT))

argon2: $(RUN_READY) ## Build Argon2 for this machine's processor: sign-ins cost about half (needs a C compiler; docs/scaling.md)
	scripts/build_argon2
	@$(BIN)/python -m bench.floors product 19456 2 1 2

init-db: $(RUN_READY) ## Make or upgrade the tables of the database in DATABASE_URL (or of the development one)
	$(BIN)/doorward migrate $(if $(PROFILE),--profile $(PROFILE))

# Check ----------------------------------------------------------------------------------------------------------------

check: $(DEV_READY) ## Formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/write_references.py --check

format: $(DEV_READY) ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Test -----------------------------------------------------------------------------------------------------------------

test: $(DEV_READY) newman spectral services ## All tests, the fast ones first; says at the end which servers were not to be had
	$(BIN)/pytest tests/unit $(CORE:%=--cov=doorward.%) --cov-branch --cov-fail-under=100
	$(BIN)/pytest tests/house tests/specs/test_lines.py
	$(ON_SERVERS) $(BIN)/pytest tests/model
	$(ON_SERVERS) $(BIN)/pytest tests/contract
	$(ON_SERVERS) $(BIN)/python scripts/test_matrix.py --named --jobs 2 e2e http cli fuzz
	$(ON_SERVERS) $(BIN)/pytest tests/faults -m smoke
	$(BIN)/pytest tests/browser -m smoke
	@$(ON_SERVERS) scripts/services missing

test-all: $(DEV_READY) services ## Contract tests and all five specifications on every backend, as a table
	$(ON_SERVERS) $(BIN)/python scripts/test_matrix.py
	$(ON_SERVERS) TEST_ALL=1 $(BIN)/pytest tests/e2e/test_backends_alike.py

services: $(DEV_READY) ## Find or start PostgreSQL, MariaDB, Redis and RabbitMQ for the tests (TEST_SERVICES=off: do not)
	scripts/services up || test -z "$$TEST_STRICT"

services-down: $(DEV_READY) ## Stop the servers that `make services` has started
	scripts/services down

test-unit: $(DEV_READY) ## Tests that start nothing (core and in-process adapters)
	$(BIN)/pytest tests/unit tests/house

test-integration: $(DEV_READY) services ## Tests of every storage and of the started service
	$(ON_SERVERS) $(BIN)/pytest tests/contract tests/cli tests/http tests/specs tests/e2e

test-races: $(DEV_READY) ## Races, twenty rounds each
	TEST_ROUNDS=20 $(BIN)/pytest tests/e2e/test_races.py tests/e2e/test_races_links.py tests/e2e/test_races_changes.py -v

test-races-all: $(DEV_READY) services ## The races on every backend, two processes of two workers
	$(ON_SERVERS) for backend in sqlite postgresql mariadb mysql mongodb; do \
	  TEST_BACKEND=$$backend TEST_PROCESSES=2 TEST_ROUNDS=$${TEST_ROUNDS:-20} $(BIN)/pytest tests/e2e/test_races*.py -v || exit 1; done

test-faults: $(DEV_READY) services ## Databases, Redis, broker, mail server and service broken in turn under traffic, with figures
	$(ON_SERVERS) TEST_FAULT_ROUNDS=$${TEST_FAULT_ROUNDS:-5} TEST_OUTBOX_SIGN_UPS=600 $(BIN)/pytest tests/faults -v

test-browser: $(DEV_READY) ## Every page in Debian's chromium: each flow, with and without scripts, axe, autofill, weight
	$(BIN)/pytest tests/browser -v

test-migration: $(DEV_READY) services ## A column and an index, up and down, on a million accounts under traffic, with figures
	$(ON_SERVERS) TEST_MIGRATION_USERS=1000000 $(BIN)/pytest tests/faults/test_migration.py -v

test-copy: $(DEV_READY) services ## A hundred thousand accounts through all databases and back, with figures
	$(ON_SERVERS) TEST_COPY_USERS=100000 $(BIN)/pytest tests/e2e/test_copy.py -v -s

test-crash: $(DEV_READY) ## Fifty kill -9 under load, with figures
	TEST_KILLS=50 $(BIN)/pytest tests/e2e/test_crash.py -v -s

test-rotation: $(DEV_READY) ## A new signing key every ten seconds for a minute under load, with figures
	TEST_ROTATION_SECONDS=60 $(BIN)/pytest tests/e2e/test_key_rotation.py -v -s

test-model: $(DEV_READY) ## Random lives of the engine against a reference, hundreds on each storage, with figures
	TEST_MODEL_RUNS=65 $(BIN)/pytest tests/model -v -s

fuzz: $(DEV_READY) ## Every operation of every profile, as a stranger, a user and an administrator, called with anything, with figures
	TEST_FUZZ_EXAMPLES=$${TEST_FUZZ_EXAMPLES:-100} $(BIN)/pytest tests/fuzz -v -p no:cacheprovider

test-timing: $(DEV_READY) ## Whether times tell who has an account: ranks of interleaved requests, with figures
	TEST_TIMING_PAIRS=600 $(BIN)/pytest tests/e2e/test_timing.py -v -s

test-import: $(DEV_READY) ## A hundred thousand users imported, interrupted, exported, with figures
	TEST_IMPORT_ROWS=100000 $(BIN)/pytest tests/e2e/test_import.py -v -s

bench: $(DEV_READY) services ## Speed as ratios in one run, beside floors and peers, which are installed (twenty minutes, docs/benchmarks.md)
	$(ON_SERVERS) $(BIN)/python -m bench --write

bench-quick: $(DEV_READY) services ## The same of Doorward and the floors only (three minutes)
	$(ON_SERVERS) $(BIN)/python -m bench --quick

newman: $(DEV_READY) ## Install what runs the Postman collections (needs npm)
	@test -x $(NEWMAN) || { command -v npm >/dev/null && timeout 300 npm install --silent --no-audit --no-fund \
	  --fetch-timeout=30000 --fetch-retries=2 --prefix $(VENV)/newman 'newman@>=6.2'; } \
	  || echo "newman could not be installed (npm is needed): the Postman collections are not run"

spectral: $(DEV_READY) ## Install what lints the OpenAPI documents (needs npm)
	@test -x $(SPECTRAL) || { command -v npm >/dev/null && mkdir -p $(VENV)/spectral \
	  && cp tests/support/spectral/package.json $(VENV)/spectral && timeout 300 npm install --silent --no-audit --no-fund \
	  --no-package-lock --fetch-timeout=30000 --fetch-retries=2 --prefix $(VENV)/spectral; } \
	  || echo "Spectral could not be installed (npm is needed): the OpenAPI documents are not linted"

# Keep -----------------------------------------------------------------------------------------------------------------

docs: $(DEV_READY) ## Write the generated pages anew
	$(BIN)/python scripts/write_references.py

requirements: $(DEV_READY) ## Pin the newest versions anew, with hashes and without addresses
	$(BIN)/python scripts/pin_requirements.py

start-rabbitmq-consumer: $(RUN_READY) ## Show events from RABBITMQ_URL (or that in .env) as they happen: the example consumer
	@$(BIN)/python -c 'import aio_pika' 2>/dev/null \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/all.txt
	@RABBITMQ_URL="$${RABBITMQ_URL:-$$(sed -n 's/^RABBITMQ_URL=//p' .env 2>/dev/null)}" exec $(BIN)/python examples/rabbitmq_consumer.py

stop-docker-compose: ## Stop and remove the containers of compose.yaml, whatever their profile; the data stays
	@docker compose version >/dev/null 2>&1 || { echo "docker compose is not installed: nothing to stop."; exit 0; }; \
	  docker compose --profile '*' down --remove-orphans

clean: ## Remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage build dist

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo "On Debian, install python3-venv." >&2; exit 1; }

$(RUN_READY): $(BIN)/pip requirements/run.txt requirements/build.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
