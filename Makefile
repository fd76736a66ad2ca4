# What can be done with a clone: run, test, check, demo, bench, readers, lock, clean. Needs make and Python 3.11 or newer.

VENV := .venv
# Looked for once, and only where something is to be installed.
PYTHON = $(eval PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done))$(PYTHON)
ARGS ?=
LOCKS := pyproject.toml constraints.txt constraints-floor.txt bootstrap/install.py emulator/__init__.py
SOURCES := emulator trail tests examples bootstrap

.PHONY: run test check demo bench readers lock clean
.DEFAULT_GOAL := run
.SILENT:

run: $(VENV)/.run
	exec $(VENV)/bin/maptrail serve $(ARGS)

test: $(VENV)/.test
	$(VENV)/bin/pytest -q $(ARGS)

check: $(VENV)/.test
	$(VENV)/bin/ruff format --check --quiet $(SOURCES) || { echo "Run $(VENV)/bin/ruff format $(SOURCES)"; exit 1; }
	$(VENV)/bin/ruff check --quiet $(SOURCES)
	$(VENV)/bin/mypy --no-error-summary
	$(VENV)/bin/lint-imports --no-logo --no-cache >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	echo "Format, lint, types and imports are in order."

demo: $(VENV)/.run
	$(VENV)/bin/maptrail demo $(ARGS)

bench: $(VENV)/.test
	$(VENV)/bin/python -m tests.bench $(ARGS)

# What tests read and deliver with: the AWS CLI, trailscraper, DuckDB, moto, and the AWS SDK for JavaScript.
readers:
	$(need_python)
	$(PYTHON) bootstrap/install.py --for readers .venv-readers
	npm ci --prefix tests/readers/javascript --no-audit --no-fund --silent

# The newest and the lowest versions, with the hash of every file: uv is needed for this only.
lock:
	$(call pin,highest,constraints.txt)
	$(call pin,lowest-direct,constraints-floor.txt)

pin = printf 'hatchling>=1.26\neditables>=0.5\n' | uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --upgrade --extra test --resolution $(1) --output-file $(2) \
	pyproject.toml -

clean:
	rm -rf $(VENV) .venv-floor .venv-trail .venv-readers tests/readers/javascript/node_modules build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.run: $(LOCKS)
	$(need_python)
	$(PYTHON) bootstrap/install.py $(VENV)
	touch $@

$(VENV)/.test: $(LOCKS)
	$(need_python)
	$(PYTHON) bootstrap/install.py $(VENV) --for test
	touch $@ $(VENV)/.run

need_python = test -n "$(PYTHON)" || \
	{ echo "Maptrail needs Python 3.11 or newer: install it, or name it with make PYTHON=..." >&2; exit 1; }
