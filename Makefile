# What there is to do. `make demo` is where to begin.

PYTEST = .venv/bin/python -m pytest
# The tests that need no server.
UNIT = tests/unit
# uv resolves for Python 3.11 and later at once, by markers. No address gets into the files.
RESOLVE = .venv/bin/uv pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# The tests start Python hundreds of times: keep its bytecode, whatever this shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo check test coverage lint format docs pythons bench faults docker-test grafana-test dist lock clean

# All tests run on all cores; what is chosen with ARGS="tests/… -k …" runs in one process. The tests wait for servers a
# third of their time, so there are three processes for two cores.
ALL_CORES = --numprocesses $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 ))) --dist worksteal

help:
	@echo "make demo          the whole of it on this machine: an application, the shipper, the viewer (Ctrl-C ends it)"
	@echo "make check         lint and the quick unit tests, with few examples for the property tests: a minute"
	@echo "make test          all tests, with real servers and a real browser"
	@echo "make coverage      how much of the code the unit tests reach, branches included"
	@echo "make lint          ruff, mypy, and who may import whom"
	@echo "make format        let ruff format the code and fix what it can"
	@echo "make docs          the documentation as pages and as man pages, in var/docs"
	@echo "make pythons       the unit tests on each Python from 3.11 to 3.14 that is here"
	@echo "make bench         measure"
	@echo "make faults        kill, cut and fill up things, and count that no line is lost"
	@echo "make docker-test   the containers"
	@echo "make grafana-test  every dashboard in a real Grafana, which GRAFANA names"
	@echo "make dist          the wheel and the sdist, checked"
	@echo "make lock          choose the newest versions of all packages"
	@echo "make clean         remove what was set up and what the demo wrote"

demo:
	@tools/setup run
	@.venv/bin/python -m tools.demo

check: lint
	@$(PYTEST) -q $(ALL_CORES) --hypothesis-profile quick -m "not slow" $(UNIT) $(ARGS)

test:
	@tools/setup test
	@$(PYTEST) $(or $(ARGS),$(ALL_CORES))

coverage:
	@tools/setup dev
	@$(PYTEST) -q $(ALL_CORES) $(UNIT) --cov $(ARGS)

lint:
	@tools/setup dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache --no-logo

format:
	@tools/setup dev
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

# Where `make docs` writes.
DOCS = var/docs
SPHINX = .venv/bin/sphinx-build --quiet --fail-on-warning --keep-going -c docs -d $(DOCS)/doctrees

docs:
	@tools/setup dev
	@rm -rf $(DOCS)
	$(SPHINX) --builder html . $(DOCS)/html
	$(SPHINX) --builder man . $(DOCS)/man
	@echo "$(DOCS)/html/index.html, and man $(DOCS)/man/logshipper.1"

pythons:
	@tools/setup dev
	@tools/pythons $(UNIT) $(ARGS)

bench:
	@tools/setup test
	.venv/bin/python -m bench $(ARGS)

faults:
	@tools/setup test
	.venv/bin/python -m tests.faults $(ARGS)

docker-test:
	@tools/setup docker
	$(PYTEST) -m docker tests/docker $(ARGS)

grafana-test:
	@tools/setup test
	$(PYTEST) tests/grafana $(ARGS)

dist:
	@tools/setup dev
	.venv/bin/uv build --quiet --offline --no-build-isolation --python .venv/bin/python --clear
	.venv/bin/uv run --quiet --no-project --isolated --with-requirements requirements/release.txt \
		twine check --strict dist/*.whl dist/*.tar.gz

lock:
	@tools/setup dev
	$(RESOLVE) --upgrade pyproject.toml --extra kafka --extra routes --extra top --extra viewer --group app \
		--group supervisor --group dev --group docs --output-file requirements/dev.txt
	for list in run container release build uwsgi pyuwsgi; do rm requirements/$$list.txt; done
	$(RESOLVE) --constraints requirements/dev.txt pyproject.toml --extra routes --extra viewer --group app \
		--group supervisor --output-file requirements/run.txt
	$(RESOLVE) --constraints requirements/dev.txt pyproject.toml --extra kafka --extra routes --group app \
		--group supervisor --output-file requirements/container.txt
	$(RESOLVE) --constraints requirements/dev.txt --group release --output-file requirements/release.txt
	printf '%s\n' hatchling hatch-fancy-pypi-readme setuptools | \
		$(RESOLVE) --constraints requirements/dev.txt - --output-file requirements/build.txt
	echo uwsgi | $(RESOLVE) - --output-file requirements/uwsgi.txt
	echo pyuwsgi | $(RESOLVE) - --output-file requirements/pyuwsgi.txt

clean:
	rm -rf .venv var build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage *.egg-info
