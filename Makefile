# `make demo` and `make test` are all that a newcomer needs. Settings: docs/operate.md.

PYTHON ?= python3
PORT ?= 8000
STATE_DIR ?= .state
TEST_WORKERS ?= 2
export STATE_DIR

RUN := .venv-run/bin
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test proof bench lock messages format lint browser clean

demo: .venv-run/made
	@DEMO=1 PORT=$(PORT) exec $(RUN)/python manage.py demo --stop-with-parent

test: .venv/made lint browser
	$(PYTEST) -n $(TEST_WORKERS) -m "not proof"

# Long runs, and the tests without a browser once more with server and processes in Helsinki's time.
proof: .venv/made browser
	$(PYTEST) -m proof
	TZ=Europe/Helsinki PGTZ=Europe/Helsinki $(PYTEST) -n $(TEST_WORKERS) -m "not proof and not browser"

bench: .venv/made
	$(BIN)/python -m tests.bench

lint: .venv/made
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/made
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: .venv/made
	@$(BIN)/python -m tests.browser

messages: .venv/made
	$(BIN)/python -m tests.catalogues

# No address of an index and no name of a machine gets into the locks.
lock: .venv/made
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--python-version 3.11 --upgrade pyproject.toml --output-file requirements/runtime.txt
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--python-version 3.11 --extra dev --constraint requirements/runtime.txt pyproject.toml \
		--output-file requirements/dev.txt

clean:
	rm -rf .venv .venv-run

# --- Virtual environments: made once, and anew when their lock changes ----------------------------

.venv-run/made: requirements/runtime.txt
	$(call make_venv,.venv-run,$<)

.venv/made: requirements/dev.txt
	$(call make_venv,.venv,$<)

define make_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Vuoro needs Python 3.11 or later as $(PYTHON). Name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) lacks its venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing what $(2) names into $(1) …"
	@$(PYTHON) -m venv --clear $(1)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(2)
	@touch $(1)/made
endef
