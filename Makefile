# Every target does its own set-up and does it once: a fresh clone, Python 3.11 or later and make are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXAMPLE := tests/projects/blog
VSCODE := editors/vscode
VSIX := dist/ecto-migrations.vsix
# Two workers suit the smallest machines; each worker starts a PostgreSQL of its own.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup compiled demo test slow lint format docs bench screenshot vsix vscode clean

help:
	@echo 'make demo    check and report on the example project $(EXAMPLE)'
	@echo 'make test    the whole test suite (WORKERS=n, ARGS="-k name")'
	@echo 'make slow    the tests that take long: every fix of every example, rehearsals'
	@echo 'make lint    ruff, the format, mypy'
	@echo 'make format  let ruff format and fix what it can'
	@echo 'make docs    write docs/rules, docs/fixes.md and the schema of the settings'
	@echo 'make bench   how long start and analysis take, as ratios'
	@echo 'make screenshot  pictures of Neovim in build/screenshots (needs tmux and the DejaVu fonts)'
	@echo 'make vsix    the extension for VS Code, $(VSIX) (needs npm, Node.js 20 or later)'
	@echo 'make vscode  try it in a real VS Code (needs Chromium; fetches the rest, some 500 MB, once)'
	@echo 'make clean   remove everything these made'

setup: compiled

# hatchling first: the editable install then builds with that version and not with today's newest.
$(READY): pyproject.toml constraints-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or later is needed: make PYTHON=python3.12 ...' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo 'python -m venv failed (on Debian: apt-get install python3-venv)' >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt hatchling
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt \
		--no-build-isolation --editable '.[dev]'
	@touch $@

# Bytecode beforehand: the first start is as quick as every other, also where Python may write none.
compiled: $(READY)
	@$(BIN)/python -m compileall -q server analysis snippets

demo: compiled
	cd $(EXAMPLE) && $(CURDIR)/$(BIN)/ecto-migrations check --fail-level never
	@echo
	cd $(EXAMPLE) && $(CURDIR)/$(BIN)/ecto-migrations report \
		priv/repo/migrations/20250702130000_case_insensitive_emails.exs

test: compiled
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m 'not slow' $(ARGS)

slow: compiled
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m slow $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python docs/generate.py

bench: compiled
	$(BIN)/python tests/benchmarks

screenshot: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt \
		--no-build-isolation --editable '.[screenshots]'
	PYTHONPATH=tests $(BIN)/python -m support.screenshot build/screenshots

$(VSCODE)/node_modules/.package-lock.json: $(VSCODE)/package-lock.json
	cd $(VSCODE) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The server's wheel goes into it; what the server depends on does not (docs/decisions.md).
vsix: $(READY) $(VSCODE)/node_modules/.package-lock.json
	rm -rf build/wheel
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--wheel-dir build/wheel .
	@mkdir -p dist
	cd $(VSCODE) && npm run --silent check && npm run --silent build -- $(CURDIR)/build/wheel/*.whl
	cd $(VSCODE)/dist/package && ../../node_modules/.bin/vsce package --no-dependencies \
		--allow-missing-repository --no-rewrite-relative-links --out $(CURDIR)/$(VSIX)

# Not a part of `make test`: a minute and more, and a browser.
vscode: vsix compiled
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-dev.txt \
		--no-build-isolation --editable '.[vscode]'
	ECTO_MIGRATIONS_VSIX=$(CURDIR)/$(VSIX) ECTO_MIGRATIONS_PICTURES=$(PICTURES) \
		$(BIN)/python -m pytest tests/editors/vscode $(ARGS)

clean:
	rm -rf $(VSCODE)/node_modules $(VSCODE)/dist
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
