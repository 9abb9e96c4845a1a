# make demo       set up and restore the shipped photo
# make test       set up and pass the tests
# make test-all   the slow tests too
# make coverage   all tests again, and which lines they leave out
# Needs Python 3.10 or newer, make, and a package index. PYTHON=python3.12 chooses another Python.

PYTHON ?= python3
# Paths from here, and the folder in quotes: its name may have a space.
VENV := .venv
BIN := $(VENV)/bin
# The last thing an installation writes: without it, or with a Python that is gone, .venv is made anew.
READY := $(VENV)/ready
ifneq ($(shell $(BIN)/python -c "print(1)" 2>/dev/null),1)
$(shell rm -f $(READY))
endif
INPUT := workflows/input
TESTS = $(BIN)/python -m pytest tests -n auto --dist worksteal
MYPY = MYPYPATH="$(CURDIR)/$(VENV)/types:$(CURDIR)/training" "$(CURDIR)/$(BIN)/mypy" \
	--config-file "$(CURDIR)/pyproject.toml" --cache-dir "$(CURDIR)/$(VENV)/mypy"

.PHONY: demo test test-all coverage lint browser clean

demo: $(READY)
	$(BIN)/monochromic restore $(INPUT)/astronaut_scratched.png --mask $(INPUT)/astronaut_scratches.png \
		--reference $(INPUT)/astronaut.png --report demo -o demo/restored.png
	@echo "Look at $(CURDIR)/demo: restored.png is the photo, restored_report.png shows it beside the damage."

test: $(READY) lint browser
	$(TESTS) -m "not slow"

test-all: $(READY) lint browser
	$(TESTS)

# By itself: counting lines makes the tests a third slower.
coverage: $(READY) browser
	$(TESTS) --cov --cov-report=term-missing:skip-covered

# mypy finds the package under its name: `monochromic` is a link to this folder.
lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	mkdir -p $(VENV)/types && ln -sfn "$(CURDIR)" $(VENV)/types/monochromic
	cd $(VENV)/types && $(MYPY) -p monochromic.core -p monochromic.batch -p monochromic.cli -p monochromic.runner \
		-p monochromic.nodes
	cd $(VENV)/types && $(MYPY) monochromic/training

# The painter is tested in Chromium. A machine that was set up only to run the tests gets Debian's; on any other
# nothing is installed, and those tests say what they lack.
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit; done; \
	if [ -n "$$CI" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing Chromium, in which the painter is tested"; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
			chromium; } >/dev/null || echo "Chromium could not be installed: the painter is not tested"; \
	fi

clean:
	rm -rf $(VENV) demo

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10))" || \
		{ echo "Python 3.10 or newer is needed; try: make PYTHON=python3.12"; exit 1; }
	rm -f $(READY)
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(READY)
