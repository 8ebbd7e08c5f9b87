# Everything that a clone needs, from nothing. A target is quick when nothing changed.
#
# What is installed from PyPI is pinned with hashes in requirements/*.txt (`make lock` writes them from pyproject.toml),
# what comes from Debian is listed here.

VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
ARGS ?=
JOBS ?= 2

# What the tests drive: load generator and its yardstick, S3 clients that nobody here wrote, the tracer, certificates.
DEBIAN_PACKAGES := wrk nginx s3cmd rclone libnet-amazon-s3-perl curl wget strace openssl \
	chromium python3-libtorrent

PIP_INSTALL := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install serve check lint test test-unit test-engine test-s3 test-clients test-web test-crash test-slow \
	bench bench-cli docs client lock clean test-packages

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

# --- setting up -------------------------------------------------------------------------------------------------------

install: $(VENV)/.installed ## make .venv with the bushel command

$(VENV)/pyvenv.cfg:
	scripts/make-venv $(VENV)

$(VENV)/.installed: requirements/build.txt requirements/runtime.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(PIP_INSTALL) --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.check: requirements/check.txt $(VENV)/.installed
	$(PIP_INSTALL) --require-hashes -r requirements/check.txt
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.installed
	$(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.lock: requirements/lock.txt $(VENV)/.installed
	$(PIP_INSTALL) --require-hashes -r requirements/lock.txt
	@touch $@

test-packages:
	@scripts/debian-packages $(DEBIAN_PACKAGES)

# --- running ----------------------------------------------------------------------------------------------------------

serve: install ## serve ./data on http://127.0.0.1:9000 (DATA=folder, ARGS="--workers 2")
	@exec $(BIN)/bushel serve $(DATA) $(ARGS)

# --- checking ---------------------------------------------------------------------------------------------------------

lint: $(VENV)/.check $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test-unit ## format, lint, types, layers and unit tests: under a minute

test: lint $(VENV)/.test test-packages ## all of check and every other test; sets up what they need
	$(PYTEST) -n $(JOBS) --dist worksteal $(ARGS)

test-unit: $(VENV)/.test ## parts on their own, documentation
	$(PYTEST) -n $(JOBS) -m "not clients and not crash and not slow" tests/unit tests/docs $(ARGS)

test-engine: $(VENV)/.test ## the engine contract on every engine, the model test
	$(PYTEST) -n $(JOBS) -m "not crash" tests/engine tests/model $(ARGS)

test-s3: $(VENV)/.test test-packages ## S3 over a real port, and bytes that are not quite HTTP
	$(PYTEST) -n $(JOBS) --dist worksteal tests/s3 tests/wire tests/oracle $(ARGS)

test-clients: $(VENV)/.test test-packages ## boto3, awscli, s3cmd, rclone, Perl, curl, wget
	$(PYTEST) -n $(JOBS) --dist worksteal -m clients $(ARGS)

test-web: $(VENV)/.test test-packages ## pages in a real browser; SCREENSHOTS=folder keeps what they look like
	$(PYTEST) -n $(JOBS) tests/web $(ARGS)

test-crash: $(VENV)/.test test-packages ## kill -9, the order of syncs, the full disk
	$(PYTEST) -n $(JOBS) --dist worksteal -m crash $(ARGS)

test-slow: $(VENV)/.test test-packages ## minutes each: ten thousand files and 5 GiB through the tools
	$(PYTEST) -n $(JOBS) --dist worksteal -m slow $(ARGS)

bench: $(VENV)/.test test-packages ## CPU a request and MB/s, beside nginx in the same run
	$(BIN)/python -m bench $(ARGS)

bench-cli: $(VENV)/.test test-packages ## wall time of the tools, beside aws and rclone
	$(BIN)/python -m bench.cli $(ARGS)

# --- generated files --------------------------------------------------------------------------------------------------

docs: install ## write the pages that are made from tables
	$(BIN)/python scripts/write_settings_page.py
	$(BIN)/python scripts/write_compatibility_page.py
	$(BIN)/python scripts/write_cli_page.py

client: install $(VENV)/.check ## write what of the library is made from the table of operations
	$(BIN)/python scripts/write_client.py

# One resolution for Python 3.11 and up on every platform. `make lock ARGS=--upgrade` takes the newest of everything.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-find-links \
	--custom-compile-command "make lock"

lock: $(VENV)/.lock ## pin what pyproject.toml asks for in requirements/*.txt
	$(LOCK) pyproject.toml --all-extras -o requirements/runtime.txt $(ARGS)
	$(LOCK) --group build -c requirements/runtime.txt -o requirements/build.txt $(ARGS)
	$(LOCK) --group test -c requirements/runtime.txt -c requirements/build.txt -o requirements/test.txt $(ARGS)
	$(LOCK) --group check -c requirements/runtime.txt -c requirements/build.txt -c requirements/test.txt \
		-o requirements/check.txt $(ARGS)
	$(LOCK) --group lock -o requirements/lock.txt $(ARGS)

clean: ## remove what was made here, except data
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
