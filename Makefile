# Python 3.11 or newer and its pip are all that is needed; the rest goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint run lock clean

help:
	@echo "make demo    set up, carry the demo job out and show its table"
	@echo "make test    set up and run the tests"
	@echo "make lint    set up and run ruff, mypy and import-linter"
	@echo "make run     set up and open the window"
	@echo "make lock    remake requirements.lock"
	@echo "make clean   remove .venv, caches and build output"

demo: $(READY)
	$(BIN)/act demo

# On two processors; the tests of one file stay together, since they share what they made.
test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

run: $(READY)
	$(BIN)/act-gui

# Done once, and again when the versions or the project's description change.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=/path/to/python3')"
	PYTHON="$(PYTHON)" .ci/system-libraries
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -r requirements.lock
	$(BIN)/python -m pip install --no-deps -e .
	@touch $(READY)

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
