# demo       the whole chain on real Geant4: simulate, train, generate, evaluate, report
# test       the tests that must pass on every commit
# test-slow  the long physics checks
# fuzz       wrong inputs for every reader, ten minutes each (FUZZ="--seconds 60 --readers showers")
# lint       ruff, mypy and the repository's own review
# bench      the benchmarks, each prints a table and writes JSON
# kills      commands killed at 50 random moments, whose results must be the same
# sbom       the software bill of materials of the environment, into dist/
# audit      its packages looked up among known vulnerabilities
# docs       the documentation, into site/
#
# Each target makes the environment it needs in .venv once; nothing has to be activated.

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow fuzz kills lint bench sbom audit docs clean python
.DELETE_ON_ERROR:

VENV   := .venv
BIN    := $(VENV)/bin
TOOLS  := .venv-tools
# torch 2.13 is tried first with the Python that the project is tested with.
PYTHON ?= $(shell for p in python3.11 python3.13 python3.12 python3; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
# Packages with compiled code come as wheels; building Geant4 here would take hours.
WHEELS := atheris,awkward-cpp,cffi,cryptography,debugpy,fastjet,geant4-pybind,h5py,matplotlib,ml-dtypes,msgpack,numpy,onnx,onnxruntime,pythia8mc,pyzmq,rpds-py,scipy,torch,tornado,xraylib
PIP    := PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet \
	--prefer-binary --only-binary $(WHEELS) --constraint constraints.txt
DEMO   := runs/demo
# What to say where packages cannot be installed: with a Python that is too new that is for want of a wheel.
NO_WHEELS = { echo "make: the packages above could not be installed for $$($(BIN)/python --version)." \
	"Python 3.11 to 3.13 have wheels of all of them ('python tools/wheels_for_pythons.py' lists them);" \
	"remove $(VENV) and name one: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
PYTEST := $(BIN)/python -m pytest
# Files of tests are shared out among processes, of which each computes on one core.
SHARED := OMP_NUM_THREADS=1 $(PYTEST) --numprocesses logical --maxprocesses 4 --dist loadfile

help:
	@sed -n 's/^# \([a-z-]* .*\)/\1/p' Makefile | head -10

python:
	@test -n "$(PYTHON)" || { echo "make: no Python >= 3.11 with venv and ensurepip was found;" \
	"install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "make: $(PYTHON) is no Python >= 3.11 with venv and ensurepip;" \
	"name another: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }

$(BIN)/python: | python
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing showerkit into $(VENV) (once, one to two minutes)"
	@$(PIP) --editable . || $(NO_WHEELS)
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) --upgrade "pip>=25.1"
	@$(PIP) --group test || $(NO_WHEELS)
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(PIP) --group lint
	@touch $@

$(VENV)/.docs: $(VENV)/.test
	$(PIP) --group docs
	@touch $@

demo: $(VENV)/.run
	$(BIN)/showerkit run demo --output $(DEMO) --resume

test: $(VENV)/.test
	$(SHARED) -m "not slow"

test-slow: $(VENV)/.test
	$(PYTEST) -m slow

# Where there is no wheel of atheris for this Python, the inputs that changes make are fed alone.
$(VENV)/.fuzz: $(VENV)/.test
	$(PIP) --group fuzz || echo "make: no atheris for this Python"
	@touch $@

fuzz: $(VENV)/.fuzz
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz $(FUZZ)

kills: $(VENV)/.test
	$(BIN)/python -m tests.kills $(KILLS)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sp-repo-review .

bench: $(VENV)/.test
	$(BIN)/python benchmarks/run_all.py

# Apart from the environment that they describe.
$(TOOLS)/.audit: | python
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet "pip-audit>=2.7" "cyclonedx-bom>=5"
	@touch $@

sbom: $(VENV)/.run $(TOOLS)/.audit
	@mkdir -p dist
	$(TOOLS)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
	--of JSON -o dist/showerkit.cdx.json

audit: $(VENV)/.run $(TOOLS)/.audit
	$(TOOLS)/bin/python tools/audit_dependencies.py \
	"$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf build dist site .pytest_cache .mypy_cache .ruff_cache
