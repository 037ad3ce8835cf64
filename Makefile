# What there is to do. `make demo` is where to begin.

.PHONY: help demo test lint bench faults docker-test lock clean

# All tests run on all cores; what is chosen with ARGS="tests/… -k …" runs in one process.
ALL_CORES = --numprocesses auto --dist worksteal

help:
	@echo "make demo          the whole of it on this machine: an application, the shipper, the viewer (Ctrl-C ends it)"
	@echo "make test          all tests, with real servers and a real browser"
	@echo "make lint          ruff, mypy, and who may import whom"
	@echo "make bench         measure"
	@echo "make faults        kill, cut and fill up things, and count that no line is lost"
	@echo "make docker-test   the containers"
	@echo "make lock          choose the versions of all packages anew"
	@echo "make clean         remove what was set up and what the demo wrote"

demo:
	@tools/python -m tools.demo

test:
	@tools/python -m tools.environment test
	@.venv/bin/python -m pytest $(or $(ARGS),$(ALL_CORES))

lint:
	@tools/python -m tools.environment lint
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache --no-logo

bench:
	@tools/python -m tools.environment test
	.venv/bin/python -m bench $(ARGS)

faults:
	@tools/python -m tools.environment test
	.venv/bin/python -m tests.faults $(ARGS)

docker-test:
	@tools/python -m tools.environment lint
	.venv/bin/python -m pytest -m docker tests/docker $(ARGS)

lock:
	@tools/python -m tools.lock

clean:
	rm -rf .venv var build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
