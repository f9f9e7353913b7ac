# make help lists the targets. Everything happens in .venv and var/; nothing else on the machine is touched.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install dev demo serve test check fix bench

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本（可用 make PYTHON=python3.12 指明）。"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python 缺少 venv 模块，Debian 上请先安装 python3-venv。"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

install: $(VENV)/.run ## make .venv with what running needs

dev: $(VENV)/.dev ## make .venv with what tests and checks need

demo: $(VENV)/.run ## a fictional county, web server, worker and beat on 127.0.0.1:8000; Ctrl-C ends them
	$(BIN)/python deploy/demo.py --port $(DEMO_PORT)

serve: $(VENV)/.dev ## the development server on your own data under var/
	POVERTYEDU_DEBUG=true $(BIN)/python manage.py runserver --nostatic

test: $(VENV)/.dev ## every test that can run on this machine
	$(BIN)/python tests/run.py

check: $(VENV)/.dev ## style, layers, types, migrations, deployment settings, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run --settings povertyedu.settings.test
	deploy/check_deploy.sh $(BIN)/python
	$(BIN)/djade --check $$(git ls-files '*.html')
	$(BIN)/mypy

fix: $(VENV)/.dev ## let the tools repair style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	-$(BIN)/djade $$(git ls-files '*.html')

$(VENV)/.bench: requirements-bench.txt | $(VENV)/.run
	$(BIN)/python -m venv $(VENV)/bench
	$(VENV)/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

bench: $(VENV)/.dev $(if $(filter million,$(CASE)),$(VENV)/.bench) ## time what must stay fast: make bench CASE=pages
	$(BIN)/python -m tests.bench $(CASE)
