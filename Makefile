# Everything a fresh machine needs: Python 3.11 or newer, make, and the package registries.
#   make demo    the whole way on a generated ledger, ends serving GraphQL
#   make test    every check and every test, on a real Neo4j with GDS
# Without a GPU, TORCH_INDEX=<address of PyTorch's CPU wheels> leaves out 5 GB of CUDA libraries.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

.PHONY: demo test check format bench up down clean
.DEFAULT_GOAL := demo

demo: $(VENV)/ready
	$(BIN)/ledgergraph demo $(ARGS)

test: check
	$(BIN)/pytest tests/integration $(ARGS)

check: $(VENV)/ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/unit tests/structure

format: $(VENV)/ready
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/ready
	$(BIN)/ledgergraph bench $(ARGS)

up down: $(VENV)/ready
	$(BIN)/ledgergraph $@

clean:
	rm -rf $(VENV)

# The environment is made anew whenever the lock or the metadata change. uv is itself locked by hash.
$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	grep -A 40 '^uv==' requirements.lock | awk 'NR > 1 && /^[a-z]/ {exit} {print}' > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
ifdef TORCH_INDEX
	awk '/^[a-z0-9]/ {skip = /^(torch==|triton==|nvidia-|cuda-)/} !skip' requirements.lock > $(VENV)/cpu.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(VENV)/cpu.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --index-url $(TORCH_INDEX) 'torch==2.13.*'
else
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
endif
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@
