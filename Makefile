.PHONY: setup run test check chaos bench protos

setup: ## install what is missing
	@tools/setup

run: setup ## two demo locations and the desk
	@setpriv --pdeathsig TERM .venv/bin/python -m tools.demo

test: setup ## the whole suite
	@.venv/bin/python -m pytest -n auto

check: setup ## format, lint, types, import contracts, contract lint
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/buf lint protos

chaos: setup ## 500 kills at random instants
	@SESAM_KILLS=500 .venv/bin/python -m pytest tests/e2e/test_chaos.py

bench: setup ## every benchmark, one after the other
	.venv/bin/python -m benchmarks.engine
	.venv/bin/python -m benchmarks.engine_memory
	.venv/bin/python -m benchmarks.fleet
	.venv/bin/python -m benchmarks.calendar
	.venv/bin/python -m benchmarks.jobs
	.venv/bin/python -m benchmarks.growth
	.venv/bin/python -m benchmarks.names
	.venv/bin/python -m benchmarks.directory

protos: setup ## regenerate the code of the contract
	tools/protos
