# hopwatch: `make` prints what there is to make. Everything happens in .venv and this folder.

VENV := .venv
PY   := $(VENV)/bin/python
PIP  := $(PY) -m pip install --quiet --disable-pip-version-check

# `make demo LOGS=folder` scans your own logs. `make PYTHON=/some/python3.12 ...` names the Python to use.
LOGS   ?= samples
PYTHON ?=
ARGS   ?=
FUZZ   ?= 70000
BENCH  ?=
BENCH_LOGS ?= $(firstword $(wildcard ../shared/corpus/data) samples)
export LOGS PYTHON

.PHONY: help install demo test test-browser check fuzz bench bench-judgement docs-pages golden lock clean
.DEFAULT_GOAL := help

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.installed ## make .venv/bin/hopwatch, with pinned dependencies

demo: install ## scan the sample logs, then a made-up organisation (LOGS=folder: your own logs alone)
	@$(VENV)/bin/hopwatch scan "$$LOGS"
	@if [ "$$LOGS" = samples ]; then PATH="$$PWD/$(VENV)/bin:$$PATH" sh bench/demo.sh build/demo; fi

test: $(VENV)/.installed-dev ## run the tests (ARGS='-k name': some of them)
	$(PY) -m pytest -n 2 -m "not browser" $(ARGS)

test-browser: $(VENV)/.installed-dev ## open the HTML report in a headless Chromium, which is installed by apt where that may be
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; } \
		|| echo "no chromium is here, and apt cannot install it: the tests in a browser are SKIPPED" >&2
	$(PY) -m pytest -m browser tests/browser $(ARGS)

check: $(VENV)/.installed-dev ## lint, format, types, and who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

fuzz: $(VENV)/.installed-dev ## damaged files and random worlds, for long (FUZZ=cases)
	HOPWATCH_FUZZ_CASES=$(FUZZ) HOPWATCH_EXAMPLES=300 $(PY) -m pytest -n 2 tests/test_fuzz.py tests/test_invariants.py

bench: $(VENV)/.installed-dev ## measure speed and memory (BENCH='startup speed network': some of it; BENCH_LOGS=folder)
	$(PY) bench/bench.py $(BENCH) --logs "$(BENCH_LOGS)"
	$(PY) bench/rules.py

bench-judgement: $(VENV)/.installed-dev ## measure alerts on three simulated organisations, for an hour (SEEDS='1 2 3')
	$(PY) bench/judgement.py

docs-pages: $(VENV)/.installed-dev ## write what is generated in docs/ and README.md anew
	$(PY) docs/generate.py

golden: $(VENV)/.installed-dev ## accept what the samples give now as the reports that tests expect
	$(PY) -m tests.golden.reports
	$(PY) docs/generate.py

lock: ## write the lock files anew, with the newest versions that pyproject.toml allows
	rm -rf build/lock && python3.11 -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check --upgrade pip setuptools .
	build/lock/bin/pip freeze --all --exclude pip --exclude hopwatch | LC_ALL=C sort -f > requirements.lock
	build/lock/bin/pip install --quiet --disable-pip-version-check -c requirements.lock '.[dev]'
	build/lock/bin/pip freeze --all --exclude pip --exclude hopwatch | LC_ALL=C sort -f | grep -vxFf requirements.lock > requirements-dev.lock
	rm -rf build/lock

clean: ## remove .venv and everything else that was made here
	rm -rf $(VENV) build dist bench/out src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The dependencies are pinned in the lock files; stamps say when they were last installed.
$(VENV)/.installed: pyproject.toml requirements.lock | $(PY)
	@echo "installing hopwatch in $(VENV) ..."
	@$(PIP) -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "installing the development tools in $(VENV) ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

# The first Python on PATH that is new enough and can make environments; one that is named has to be.
$(PY):
	@for python in $${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14}; do \
		if "$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			"$$python" -m venv --clear $(VENV) && exit 0; \
			rm -rf $(VENV); exit 1; \
		fi; \
	done; \
	name="$${PYTHON:-python3}"; \
	version=$$("$$name" --version 2>/dev/null) || version="not there"; \
	echo "hopwatch needs Python 3.11 or newer with venv and pip: $$name is $$version (make PYTHON=... names another)." >&2; \
	exit 1
