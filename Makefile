# Two commands: `make demo` and `make test`. Both make the environment if it is missing.
# `make test-all` adds the tests that take long; `make docs` builds the documentation site.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?=

.PHONY: demo test test-all docs install clean

demo: $(VENV)/.installed
	$(BIN)/steadytune demo $(DEMO)

test: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check

test-all: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check --all

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build
	@echo "open docs/_build/index.html"

install: $(VENV)/.installed

# torch comes first and pinned: a range would let pip choose the build with CUDA, several GB larger.
$(VENV)/.installed: constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("steadytune needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt torch
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[demo,peft,ray,seq2seq,dev]'
	touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

clean:
	rm -rf $(VENV)
