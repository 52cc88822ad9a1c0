# Everything that is done with this repository. `make` prints the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMP := .venv/.installed
# Two workers for two cores; a machine with more may say WORKERS=8.
WORKERS ?= 2
PYTEST := $(BIN)/pytest -q
SOURCES := chassis services deploy tests docs/generate.py proto/generate.py

.PHONY: help venv run stack test check contract unit integration e2e bench proto docs baseline lock audit quarantine redrive migrate clean

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## Make .venv with what the locks name

run: $(STAMP) ## Run the platform on this machine, with the demonstration, until Ctrl-C
	@exec $(BIN)/python -m deploy.local.stack --then "jointops demo"

stack: $(STAMP) ## Run the platform on this machine, without the demonstration
	@exec $(BIN)/python -m deploy.local.stack

test: $(STAMP) ## Run everything a change must pass: check, unit, integration, e2e
	@$(MAKE) check
	@$(MAKE) unit
	@$(MAKE) integration
	@$(MAKE) e2e

check: $(STAMP) ## Check form, types, imports, protos, spelling and what is generated
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers $(WORKERS) $(SOURCES)
	$(BIN)/lint-imports --no-logo
	cd proto && ../$(BIN)/buf lint
	cd proto && ../$(BIN)/buf format --diff --exit-code --path jointops
	cd proto && ../$(BIN)/buf build --path jointops --output - | \
	  ../$(BIN)/buf breaking - --against baseline.binpb
	$(BIN)/python proto/generate.py --check
	$(BIN)/python docs/generate.py --check
	$(BIN)/codespell
	@$(MAKE) contract

contract: $(STAMP) ## Test the rules that hold for the whole repository
	$(PYTEST) tests/contract -n $(WORKERS)

unit: $(STAMP) ## Test domains, use cases and the chassis with fakes, sockets off
	$(PYTEST) tests/unit --disable-socket --allow-unix-socket

integration: $(STAMP) ## Test on a real PostgreSQL and a real NATS
	$(PYTEST) tests/integration -n $(WORKERS)

e2e: $(STAMP) ## Test the whole platform, every service a process
	$(PYTEST) tests/e2e

bench: $(STAMP) ## Measure commands and events beside the limits of this machine
	$(BIN)/python -m tests.bench

proto: $(STAMP) ## Generate the Python code of the protos
	$(BIN)/python proto/third_party/render.py
	cd proto && ../$(BIN)/buf format --write --path jointops
	$(BIN)/python proto/generate.py

docs: $(STAMP) ## Generate the catalogues of events and permissions
	$(BIN)/python docs/generate.py

baseline: $(STAMP) ## After a release: make its protos what later ones must stay compatible with
	cd proto && ../$(BIN)/buf build --exclude-source-info --path jointops --output baseline.binpb

lock: $(STAMP) ## Resolve the dependencies anew; UPGRADE=--upgrade takes later versions
	cd requirements && for name in bootstrap run dev; do \
	  ../$(BIN)/uv pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-annotate --no-header $(UPGRADE) \
	    --output-file $$name.lock $$name.in; \
	done

audit: $(STAMP) ## Look the locked versions up in the vulnerability database; needs the network
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/dev.lock

quarantine: $(STAMP) ## List the events a service holds back: make quarantine SERVICE=station
	@$(BIN)/python -m deploy.local.admin "$${SERVICE:?say SERVICE=station, intel, tech or ops}" quarantine

redrive: $(STAMP) ## Try a quarantined event again: make redrive SERVICE=station EVENT=<its id>
	@$(BIN)/python -m deploy.local.admin "$${SERVICE:?say SERVICE=...}" quarantine \
	  --redrive "$${EVENT:?say EVENT=<its id>}"

migrate: $(STAMP) ## Migrate the database in JOINTOPS_DATABASE_URL: make migrate SERVICE=station
	$(BIN)/python -m "services.$${SERVICE:?say SERVICE=station, intel, tech or ops}.main" migrate

clean: ## Remove .venv and every cache; the platform's data in .run stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -not -path './.run/*' -prune -exec rm -rf {} +

# Made again only when a lock or the project file changes. Index and certificates are those of pip.
$(STAMP): requirements/bootstrap.lock requirements/dev.lock pyproject.toml
	@set -eu; python="$$(./.ci/find-python)"; \
	test -x $(BIN)/python || "$$python" -m venv .venv; \
	index="$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null || true)}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
	echo "installing what the locks name into .venv"; \
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock; \
	export VIRTUAL_ENV="$(CURDIR)/.venv"; \
	$(BIN)/uv pip sync --quiet --system-certs --require-hashes requirements/bootstrap.lock requirements/dev.lock; \
	$(BIN)/uv pip install --quiet --system-certs --no-deps --no-build-isolation --editable .; \
	touch $(STAMP)
