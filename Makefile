# Two commands to know: `make run` serves a blog on this machine, `make test` shows that it works.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
# It measures time, so nothing else runs meanwhile.
LIGHTHOUSE := tests/browser/test_lighthouse.py
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test browser browser-tools check bundle check-bundle bench token rotate-secret jobs retry-jobs recount lock clean

run: $(VENV)/.local
	@exec $(PY) -m dev.serve

test: $(VENV)/.dev
	@$(PY) -m dev.engine --install
	$(PY) -m pytest -n $(WORKERS) --ignore=tests/browser tests

# In a real browser. What is missing is skipped with its reason; `make browser-tools` installs it.
browser: $(VENV)/.dev
	$(PY) -m pytest -n $(WORKERS) --slow --ignore=$(LIGHTHOUSE) tests/browser
	$(PY) -m pytest -n 0 --slow $(LIGHTHOUSE)

browser-tools: $(VENV)/.dev
	$(PY) -m tests.browser.tools

check: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@$(PY) -m dev.engine --install
	$(PY) -m pytest -n $(WORKERS) --slow --ignore=tests/browser tests

bundle: $(VENV)/.dev
	$(PY) -m dev.bundle.build

check-bundle: $(VENV)/.dev
	$(PY) -m dev.bundle.check

bench: $(VENV)/.dev
	$(PY) -m bench

# The first author's token, and the way back after losing it: needs the table's credentials.
token: $(VENV)/.local
	@$(PY) -m dev.admin token

rotate-secret: $(VENV)/.local
	@$(PY) -m dev.admin rotate-secret

# Jobs that failed too often: which, and once more.
jobs: $(VENV)/.local
	@$(PY) -m dev.admin jobs

# Replies and likes of all posts, one by one.
recount: $(VENV)/.local
	@$(PY) -m dev.admin recount

retry-jobs: $(VENV)/.local
	@$(PY) -m dev.admin retry-jobs

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: $(VENV)/bin/python requirements-local.txt requirements-engine.txt
	$(PIP) -r requirements-local.txt
	@$(PIP) --only-binary :all: -r requirements-engine.txt 2>/dev/null || \
	  echo 'There is no roto-aws for this platform; the local blog will run on moto, in memory.'
	@touch $@

$(VENV)/.dev: $(VENV)/.local requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@

lock: $(VENV)/.dev
	for part in requirements requirements-local requirements-engine requirements-dev; do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    $$part.in -o $$part.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) .data build dist .chalice/deployments .pytest_cache .mypy_cache .ruff_cache
