# `make` alone explains every target.
include versions.mk
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.cache/bin:$(PATH)
export KUBECONFIG := $(CURDIR)/.cache/kubeconfig
# Without bytecode each of the tests' processes would compile all modules again, a fifth of the whole run.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv/bin
EXTENSION := apps/kafkatrace/src/kafkatrace/_speedups*.so
CRD := charts/tracedpipeline-operator/files/crd.yaml

##@ Everyday
.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.synced: pyproject.toml uv.lock operator/pyproject.toml $(wildcard apps/*/pyproject.toml) $(wildcard apps/kafkatrace/speedups/*) tools/uv.sh versions.mk
	rm -f $(EXTENSION) # one that no longer compiles would stay as it was
	tools/uv.sh sync --frozen --all-packages --reinstall-package kafkatrace
	tools/check-extension.sh $(VENV)/python
	touch $@

.PHONY: up
up: setup ## Run a pipeline on this machine: no container engine, no cluster (UP="--once", or other options)
	tools/up.sh $(UP)

.PHONY: setup
setup: .venv/.synced ## Make the virtual environment from the lock file

.PHONY: check
check: setup ## Lint, types, import contracts, retired words, generated files
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/clang-format --dry-run --Werror apps/kafkatrace/speedups/*
	$(VENV)/mypy
	PYTHONPATH=apps/flink-consumer/src $(VENV)/lint-imports
	$(VENV)/codespell
	tools/retired-words.sh
	$(VENV)/shellcheck -x $$(git ls-files '*.sh' .ci/run)
	$(VENV)/tracedpipeline crd | diff -u $(CRD) - || { echo '$(CRD) is stale: run make generate' >&2; exit 1; }

.PHONY: format
format: setup ## Format and fix what can be fixed
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .
	$(VENV)/clang-format -i apps/kafkatrace/speedups/*

.PHONY: generate
generate: setup ## Write the generated files (the CRD)
	$(VENV)/tracedpipeline crd > $(CRD)

.PHONY: test
test: setup ## Unit and golden tests, the page in Chromium: no engine, no cluster
	tools/test.sh .venv --cov
	tools/chromium.sh
	$(VENV)/pytest tests/integration/page

.PHONY: pictures
pictures: setup ## The pictures of the documentation, as the tests of the page see it
	tools/chromium.sh
	$(VENV)/pytest tests/integration/page --update-pictures

.PHONY: test-pythons
test-pythons: ## The same with Python 3.11 to 3.14: those that are on PATH or that uv can download
	tools/test-pythons.sh 3.11 3.12 3.13 3.14

.PHONY: sanitize
sanitize: setup ## The C extension's tests under AddressSanitizer and UndefinedBehaviorSanitizer (10 minutes)
	tools/sanitize.sh

.PHONY: fuzz
fuzz: setup ## A hundred thousand strange records through kafkatrace
	KAFKATRACE_FUZZ_CASES=100000 $(VENV)/pytest tests/fuzz --timeout 3600

.PHONY: chaos
chaos: setup ## The operator ends at each of its writes, the API server fails in each way; by a simulated clock (10 minutes)
	CHAOS=1 $(VENV)/pytest tests/unit/operator/chaos -n 2 --timeout 3600 -rP

.PHONY: mutants
mutants: ## Change the pure modules a little and see whether tests notice; ONLY=tracedpipeline/status for a part
	UV_PROJECT_ENVIRONMENT=.cache/mutants/venv tools/uv.sh sync --frozen --all-packages --group mutants
	nice .cache/mutants/venv/bin/python -m tools.mutants $(ONLY)

.PHONY: wheels
wheels: ## kafkatrace's sdist and wheels in dist/: each CPython whose headers can be had here, glibc and musl, x86_64 and aarch64
	UV_PROJECT_ENVIRONMENT=.cache/wheels/venv tools/uv.sh sync --frozen --only-group wheels
	.cache/wheels/venv/bin/python -m tools.wheels

##@ Measurements
.PHONY: bench
bench: setup ## What tracing costs, beside the bare client and the contrib instrumentation (9 minutes, a real Kafka)
	tools/bench.sh all

.PHONY: bench-outage
bench-outage: setup ## Memory while the Collector is away for ten minutes
	tools/bench.sh outage --rate 5000 --seconds 600

.PHONY: bench-operator
bench-operator: setup ## What the operator costs with 100 pipelines, beside what it must (15 minutes; a real API server where there is one)
	$(VENV)/python -m benchmarks.operator

.PHONY: bench-flink
bench-flink: setup ## The Flink consumer: traced and not, both Python modes, latency, a killed TaskManager (30 minutes)
	tools/bench-flink.sh all

##@ On a kind cluster
.PHONY: kind-up
kind-up: ## Cluster, Kafka and the operator; with FLINK=1 what engine Flink needs, too (a second run reuses what it can)
	tools/kind-up.sh

.PHONY: run
run: ## The operator from this checkout against the kind cluster, the deployed one scaled to 0 meanwhile
	tools/run.sh

.PHONY: demo
demo: setup kind-up ## Apply examples/minimal.yaml and show one message's journey
	tools/demo.sh

.PHONY: test-flink
test-flink: setup ## The Flink job on a MiniCluster, with a real Kafka (no cluster; 10 minutes)
	tools/test-flink.sh

.PHONY: e2e
e2e: setup ## Stories on the real cluster, and test-flink (STRIMZI=real or fake; real where it can be had)
	FLINK=1 tools/kind-up.sh
	tools/e2e.sh

.PHONY: kind-down
kind-down: ## Delete the cluster
	tools/kind-down.sh
