# Aliases; what they do stands in tools/ and in the program. Run make help.
SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=
.DEFAULT_GOAL := help
.PHONY: help demo run setup assets test coverage check docs messages lock

help: ## list the targets
	@awk -F ':.*## ' '/^##@/ {print "\n" substr($$0, 5)} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

##@ Use it

demo: ## install what is missing, make the sample organisation and serve it on 127.0.0.1:8000; ARGS=--no-serve stops before serving
	@tools/setup.sh run
	@$(BIN)/barograph demo $(ARGS)

run: ## serve this installation, see docs/settings.md; ARGS="--port 8080"
	@tools/setup.sh run
	@$(BIN)/barograph serve $(ARGS)

##@ Work on it

setup: ## install all that development needs, also PostgreSQL and Chromium where absent; says each step
	@tools/setup.sh test

assets: ## build the fonts and the ballot script from the locked packages, and compare each file with its known SHA-256
	@tools/setup.sh run

test: setup ## run all tests; ARGS="tests/unit -k crowd" runs some
	@BAROGRAPH_REQUIRE_TOOLS=1 $(BIN)/python -m pytest $(ARGS)

coverage: setup ## run all tests and print what no test has run
	@BAROGRAPH_REQUIRE_TOOLS=1 $(BIN)/python -m pytest --cov --cov-report=term-missing $(ARGS)

check: setup ## format, lint, types, import contracts, dead code, known vulnerabilities
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.dead_code
	@$(BIN)/python -m tools.docs --check
	@$(BIN)/python -m tools.audit

docs: setup ## write the documents that are made from the source
	@$(BIN)/python -m tools.docs

messages: setup ## bring the translations in step with the source and list what is not translated
	@$(BIN)/python -m tools.messages

lock: setup ## write requirements/*.txt anew from pyproject.toml; ARGS=--upgrade takes newer versions
	@tools/lock.sh $(ARGS)
