# Everything a developer, CI and an owner who deploys need. Wants Python 3.13, make and git; fetches only packages.
#
# Three environments: the product's, the SAM CLI's and the local cloud's. The tools pin their own boto3 and pydantic,
# and the local cloud's interpreter runs the functions, which must find nothing but their layer.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
ENV ?= dev

PYTHON313 := $(shell for python in python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13) or print(sys._base_executable))' 2>/dev/null && break; done)
OWN_UV := $(CURDIR)/.venv-uv/bin/uv
# A pyenv shim may stand in the path and still fail, so the uv that is found has to answer.
FOUND_UV := $(shell uv --version >/dev/null 2>&1 && command -v uv)

# For the layer's Makefile, which SAM runs elsewhere, and for infra.local.cloud.
export UV := $(or $(FOUND_UV),$(OWN_UV))
export PYTHON := $(CURDIR)/.venv/bin/python
export WBSYNC_ARCHITECTURE ?= arm64
export SAM_CLI_TELEMETRY := 0

BIN := .venv/bin
SAM := PATH="$(CURDIR)/$(BIN):$$PATH" .venv-sam/bin/sam
EXPORT := $(UV) export --quiet --frozen --no-dev --no-emit-project --format requirements.txt
COMPILE := $(UV) pip compile --quiet --python-version 3.13 --generate-hashes --custom-compile-command "make lock"
LAYER_LOCK := layers/common/requirements.txt
TOOLS := sam cloud checkov

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

.PHONY: setup
setup: .venv/.ready $(TOOLS:%=.venv-%/.ready) ## make the environments (the other targets do it themselves)

.PHONY: demo
demo: setup ## the whole life of a day's orders, in the real template on this machine; report and papers in out/demo
	@$(BIN)/python -m infra.local.demo

.PHONY: local
local: setup ## the same world left running until Ctrl-C
	@$(BIN)/python -m infra.local

.PHONY: test
test: setup ## all tests
	@mkdir -p out; began=$$(date +%s); $(BIN)/python -m pytest -n 2 --dist loadgroup; ended=$$?; \
		echo $$(($$(date +%s) - began)) > out/test-seconds.txt; exit $$ended

.PHONY: storm
storm: setup ## weeks of all kinds of trouble, ten seeds, and a table of what they came to; out/storm
	@$(BIN)/python -m tests.e2e.storm

.PHONY: bench
bench: setup ## the numbers to reach, as a table and in out/bench.json
	@$(BIN)/python -m tests.benchmarks

.PHONY: lint
lint: setup ## style, types, layers, security, template, stale locks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	@# what bandit calls low are ruff's S rules too, judged there line by line
	$(BIN)/bandit --quiet --severity-level medium --configfile pyproject.toml --recursive layers functions infra
	AWS_DEFAULT_REGION=eu-central-1 $(SAM) validate --lint
	$(BIN)/cfn-lint template.yaml infra/observability.yaml infra/bootstrap.yaml
	.venv-checkov/bin/checkov --config-file infra/checkov.yaml --file template.yaml infra/observability.yaml infra/bootstrap.yaml
	$(UV) lock --quiet --check
	@$(EXPORT) | diff $(LAYER_LOCK) - || { echo "$(LAYER_LOCK) is stale: run make lock"; exit 1; }
	@for tool in $(TOOLS); do grep '==' infra/local/tools/$$tool.in | sed 's/\[.*\]//' | while read -r pin; do \
		grep -qF "$$pin " infra/local/tools/$$tool.txt || { echo "infra/local/tools/$$tool.txt is stale: run make lock"; exit 1; }; \
	done || exit 1; done

.PHONY: lock
lock: $(if $(FOUND_UV),,$(OWN_UV)) ## refresh what is derived from pyproject.toml and infra/local/tools/*.in
	$(UV) lock
	$(EXPORT) > $(LAYER_LOCK)
	for tool in $(TOOLS); do $(COMPILE) infra/local/tools/$$tool.in -o infra/local/tools/$$tool.txt; done

.PHONY: build
build: .venv/.ready .venv-sam/.ready ## build the layer and the functions for AWS (WBSYNC_ARCHITECTURE=arm64)
	$(SAM) build --parameter-overrides Architecture=$(WBSYNC_ARCHITECTURE)

.PHONY: deploy
deploy: build ## deploy to your account: make deploy ENV=dev|stage|prod, see samconfig.toml
	$(SAM) deploy --config-env $(ENV)
	$(BIN)/wbsync dashboards --stage $(ENV)
	$(BIN)/wbsync doctor --stage $(ENV)

$(OWN_UV):
	@test -n "$(PYTHON313)" || { echo "Python 3.13 is needed; none was found in the path"; exit 1; }
	@$(PYTHON313) -m venv .venv-uv
	@.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/.ready: pyproject.toml uv.lock | $(if $(FOUND_UV),,$(OWN_UV))
	@$(UV) sync --quiet --frozen $(if $(PYTHON313),--python $(PYTHON313))
	@touch $@

.venv-%/.ready: infra/local/tools/%.txt | .venv/.ready
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-$*
	@$(UV) pip sync --quiet --python .venv-$*/bin/python $<
	@touch $@
