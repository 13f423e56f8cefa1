# Every target makes the virtual environment it needs. Once made, nothing is installed or downloaded again
# until setup.cfg or the constraints change.
#
#   make demo     the whole chain on rendered people
#   make test     all tests, with coverage
#   make install  .venv with the device package alone; EXTRAS=converter,firmware adds the workstation's packages
#   make lint     ruff, codespell and the import contracts        make types    mypy
#   make architecture   draw docs/architecture.svg from the imports
#   make format   rewrite the code as `make lint` wants it
#   make test-numpy1   the device's tests with the packages of Raspberry Pi OS Bookworm
#   make test-tools    install the programs that some tests run (Debian, as root); without them these tests are skipped
#   make test-home-assistant   a Home Assistant core reads the discovery messages; needs Python 3.13 and minutes the first time
#   make home-assistant-addon   put the wheel into docs/home_assistant_addon
#   make arm-rig       download what `edge-siamese bench arm` needs
#   make test-arm64-abi   the device's tests of networks, images and files, on an arm64 Python: minutes
#   make test-arm64    instruction counts against their budget, and all of the device's tests on an arm64 Python
#
# Variables: PYTHON=python3.12 (which Python), VENV=.venv (where to), WORKERS=2 (tests in
#            parallel), PYTHON313=python3.13 (for Home Assistant), ARGS="..." (more arguments for the command).

VENV ?= .venv
WORKERS ?= 2
BIN = $(VENV)/bin
ARGS ?=
PYTHON313 ?= python3.13
REQUIREMENTS = setup.cfg pyproject.toml $(wildcard constraints/*.txt)

.PHONY: demo install test lint types architecture format test-numpy1 test-tools test-home-assistant home-assistant-addon arm-rig test-arm64-abi test-arm64 clean

demo: $(VENV)/installed-demo
	$(BIN)/edge-siamese demo $(ARGS)

install: $(VENV)/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.$(if $(EXTRAS),[$(EXTRAS)])'
	@echo "Installed: . $(VENV)/bin/activate, then edge-siamese --help"

test: $(VENV)/installed-test
	$(BIN)/python -m pytest --cov -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(VENV)/installed-lint
	$(BIN)/python -m ruff check $(ARGS)
	$(BIN)/python -m ruff format --check
	$(BIN)/codespell
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/draw_architecture.py --check

types: $(VENV)/installed-lint
	$(BIN)/python -m mypy $(ARGS)

architecture: $(VENV)/installed-lint
	$(BIN)/python docs/draw_architecture.py

format: $(VENV)/installed-lint
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format

test-numpy1:
	$(MAKE) .venv-numpy1/installed-numpy1 VENV=.venv-numpy1
	.venv-numpy1/bin/python -m pytest tests/edge_siamese -n $(WORKERS) --dist loadfile $(ARGS)

test-tools:
	@.ci/test-tools

test-home-assistant: $(VENV)/installed-test .venv-home-assistant/made
	EDGE_SIAMESE_HOME_ASSISTANT=$(CURDIR)/.venv-home-assistant/bin/python $(BIN)/python -m pytest tests/edge_siamese/events -m home_assistant $(ARGS)

home-assistant-addon: $(VENV)/made
	rm -rf docs/home_assistant_addon/wheels
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir docs/home_assistant_addon/wheels .

.venv-home-assistant/made:
	$(PYTHON313) -m venv .venv-home-assistant
	.venv-home-assistant/bin/python -m pip install --quiet --disable-pip-version-check --prefer-binary homeassistant==2025.1.4 paho-mqtt==1.6.1
	@touch $@

arm-rig: $(VENV)/installed-test
	$(BIN)/edge-siamese bench arm --setup

test-arm64-abi: arm-rig
	$(BIN)/python -m edge_siamese_benchmarks.arm.device_tests --abi -q $(ARGS)

test-arm64: arm-rig
	$(BIN)/python -m pytest tests/benchmarks -m arm64 $(ARGS)
	$(BIN)/python -m edge_siamese_benchmarks.arm.device_tests -q -n $(WORKERS) -m "not data and not slow"

clean:
	rm -rf .venv .venv-numpy1 .venv-home-assistant build dist *.egg-info demo-report

$(VENV)/installed-demo: EXTRAS = converter,web
$(VENV)/installed-test: EXTRAS = converter,firmware,web,test
$(VENV)/installed-lint: EXTRAS = lint
$(VENV)/installed-numpy1: EXTRAS = test
$(VENV)/installed-numpy1: CONSTRAINTS = constraints/pi-bookworm.txt

# Raspberry Pi OS Bookworm's own camera packages bind the environment to the releases they work with.
CONSTRAINTS = constraints/$(shell grep -qs 'packages = true' $(VENV)/pyvenv.cfg \
	&& grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && echo pi-bookworm || echo workstation).txt

$(VENV)/installed-%: $(VENV)/made $(REQUIREMENTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[$(EXTRAS)]'
	@touch $@

# picamera2 comes with Raspberry Pi OS and not from PyPI, so where it is the environment has to see it.
$(VENV)/made:
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11) none; do \
		$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && break; \
	done; \
	if [ $$python = none ]; then \
		echo "edge-siamese needs Python 3.11, 3.12 or 3.13: install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; \
	elif ! $$python -c 'import ensurepip' 2>/dev/null; then \
		echo "This Python cannot make virtual environments yet: sudo apt install python3-venv" >&2; exit 1; \
	elif $$python -c 'import picamera2' 2>/dev/null; then \
		set -x; $$python -m venv --system-site-packages $(VENV); \
	else \
		set -x; $$python -m venv $(VENV); \
	fi
	@touch $@
