PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test

# the exit status of every step counts; an existing environment is used as it is
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

demo: $(VENV)/bin/python
	$(PIP) -e .
	$(VENV)/bin/steadyface models fetch --all
	$(VENV)/bin/steadyface models verify
	$(VENV)/bin/steadyface demo --out demo

test: $(VENV)/bin/python
	$(PIP) -e ".[dev]"
	$(VENV)/bin/ruff check src tests training benchmarks comfyui
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --platform win32
	$(VENV)/bin/mypy --platform darwin
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python -m pytest
