# The only task runner. `make help` lists what there is.
CARGO ?= cargo
PYTHON ?= python3

# Where the Python package is built and tested, in an environment of its own.
DOOR = crates/unsmudge-python
VENV = $(DOOR)/.venv
WHEELS = target/wheels

# Files of the library's tests that `make quick` runs: about a second together.
QUICK = oracle:: gradients:: docs:: floors:: generated::

# Processors besides x86-64 whose vectors have code of their own.
OTHERS = aarch64-unknown-linux-gnu wasm32-wasip1
SIMD128 = --config 'target.wasm32-wasip1.rustflags = ["-Ctarget-feature=+simd128"]'

.PHONY: help build quick check test rust python docs installed stubs demo bench bench-quick bench-kernels \
	bench-steps golden generated sizes

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## the `unsmudge` binary, in target/release
	$(CARGO) build --release --locked

quick: ## after each change: formatting, all lints, unit tests, the oracle and the documents
	$(CARGO) fmt --all --check
	$(CARGO) clippy --profile quick -p unsmudge --lib --locked -- -D warnings --cfg portable
	$(CARGO) clippy --profile quick --workspace --all-targets --locked -- -D warnings
	$(CARGO) test --profile quick -p unsmudge --locked --lib
	$(CARGO) test --profile quick -p unsmudge --locked --test all -- $(QUICK)

check: export CARGO_TARGET_DIR = target/check
check: ## formatting, lints and documentation; warnings are errors
	$(CARGO) fmt --all --check
	$(MAKE) --no-print-directory $(OTHERS) page-state
	$(CARGO) clippy --profile ci --workspace --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --profile ci --workspace --no-deps --locked

# Compiles the library for another processor where its standard library is installed; without Parquet,
# some of which is in C.
.PHONY: $(OTHERS)
$(OTHERS):
	@if test -d "$$(env -u MAKEFLAGS -u MFLAGS -u CARGO_MAKEFLAGS $${RUSTC:-rustc} \
		--print target-libdir --target $@)"; then \
		$(CARGO) check --profile ci -p unsmudge --locked --target $@ $(SIMD128) \
			--no-default-features --features pictures; \
	else \
		echo "NOT CHECKED for $@: its standard library is not installed"; \
	fi

test: ## everything that must hold; needs no network but for the dependencies, no data
	# While the tests of one run the other compiles; the lints use what both have compiled.
	$(MAKE) -j3 --output-sync=target rust python lints

.PHONY: lints
lints: installed
	$(MAKE) --no-print-directory check CARGO_TARGET_DIR=target

rust: ## the tests of the library, the experiments and the command
	$(CARGO) test --profile ci --workspace --locked

python: installed ## build the Python wheel and test it, in an environment of its own
	# Processes that import scikit-learn do not compile it anew. A process for each core, which trains
	# on one thread, unless a test asks for more. One module needs Ray, which few have.
	cd $(DOOR) && PYTHONDONTWRITEBYTECODE= UNSMUDGE_BIN=$(CURDIR)/target/ci/unsmudge \
		OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests --pyargs unsmudge --doctest-modules \
		--doctest-ignore-import-errors --numprocesses auto --dist loadfile

docs: installed $(VENV)/docs-ready ## the documentation as a site, in target/docs
	PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python docs/site/build.py $(VENV)/bin/unsmudge

# The wheel, with the command inside, in the environment.
installed: $(VENV)/ready
	$(CARGO) test --profile ci --workspace --locked --no-run --quiet # the command that it is compared with
	rm -f $(WHEELS)/unsmudge-*.whl
	install -D target/ci/unsmudge $(DOOR)/unsmudge.data/scripts/unsmudge
	$(VENV)/bin/maturin build --profile ci --locked --quiet -m $(DOOR)/Cargo.toml --out $(WHEELS)
	$(VENV)/bin/pip install --quiet --force-reinstall --no-deps $(WHEELS)/unsmudge-*.whl

$(VENV)/docs-ready: docs/site/requirements.txt $(VENV)/ready
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile -r $<
	touch $@

$(VENV)/ready: $(DOOR)/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile -r $<
	touch $@

stubs: $(VENV)/ready ## write the type stubs of the Python package's native half anew
	$(VENV)/bin/maturin generate-stubs --quiet -m $(DOOR)/Cargo.toml --profile ci --out target/stubs
	cp target/stubs/unsmudge/_native.pyi $(DOOR)/python/unsmudge/

demo: build ## the first thing to look at
	target/release/unsmudge demo

bench: ## ours and the rivals' by turns, some 25 minutes; installs the rivals into bench/.venv
	$(PYTHON) bench/run.py

bench-quick: ## some of the cases in under three minutes
	$(PYTHON) bench/run.py --quick

bench-kernels: ## products as a share of the processor's peak, passes in ns for each value
	$(CARGO) test --release -p unsmudge --locked --lib -- --ignored --nocapture kernels::bench

bench-steps: ## the phases of a training step, in microseconds
	$(CARGO) test --release -p unsmudge --locked --lib -- --ignored --nocapture backpropagation::bench

# Tools of pages and packages, in an environment of their own.
PACKAGING = packaging/.venv

# The WebAssembly of the pages that `export --page` makes: committed, since few have its target.
PAGE = crates/unsmudge-lab/src/report/model_page/unsmudge.wasm.gz
PAGE_FLAGS = -Ctarget-feature=+simd128 -Cllvm-args=-inline-threshold=0 \
	--remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=cargo
PAGE_SOURCES = git ls-files -co --exclude-standard crates/unsmudge/src crates/unsmudge-page \
	| LC_ALL=C sort | xargs cat | sha256sum | cut -d ' ' -f 1

.PHONY: page page-state page-is-current

page: $(PACKAGING)/ready ## the WebAssembly of pages anew, which is committed with its record
	CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS="$(PAGE_FLAGS)" \
		$(CARGO) build --profile page --locked -p unsmudge-page --target wasm32-wasip1
	$(PACKAGING)/bin/python -c 'import sys, zopfli.gzip as gzip; \
		sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read()))' \
		< $${CARGO_TARGET_DIR:-target}/wasm32-wasip1/page/unsmudge_page.wasm > $(PAGE)
	printf 'program %s\nsources %s\nmade by %s: make page\n' \
		"$$(sha256sum < $(PAGE) | cut -d ' ' -f 1)" "$$($(PAGE_SOURCES))" \
		"$$($${RUSTC:-rustc} --version)" > $(PAGE:.gz=.record)

page-state:
	@grep -q "^sources $$($(PAGE_SOURCES))$$" $(PAGE:.gz=.record) \
		|| echo "NOT CURRENT: $(PAGE) was made of other sources; \`make page\` makes it anew"

page-is-current:
	@grep -q "^sources $$($(PAGE_SOURCES))$$" $(PAGE:.gz=.record) \
		|| { echo "$(PAGE) was made of other sources: \`make page\` makes it anew" >&2; exit 1; }

# Where what others install is made: wheels that run on glibc 2.17, a static command.
PACKAGING_PATH = PATH="$(CURDIR)/$(PACKAGING)/bin:$$PATH"
NATIVE = $(shell uname -m)
WHEEL_TARGETS ?= x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
DIST = target/dist
PREFIX ?= $(HOME)/.local

.PHONY: wheels static install $(WHEEL_TARGETS:%=wheel-%)

wheels static: export CARGO_PROFILE_RELEASE_STRIP = symbols
wheels: page-is-current $(WHEEL_TARGETS:%=wheel-%) ## wheels for manylinux2014, x86-64 and ARM, in target/dist

$(WHEEL_TARGETS:%=wheel-%): wheel-%: $(PACKAGING)/ready
	rustup target add $*
	$(PACKAGING_PATH) $(CARGO) zigbuild --release --locked -p unsmudge-cli --target $*.2.17
	install -D target/$*/release/unsmudge $(DOOR)/unsmudge.data/scripts/unsmudge
	$(PYTHON) packaging/licences.py $(DOOR)/LICENSES-OF-DEPENDENCIES.txt
	$(PACKAGING_PATH) maturin build --release --locked --zig --target $* \
		--compatibility manylinux2014 -m $(DOOR)/Cargo.toml --out $(DIST)
	rm -r $(DOOR)/unsmudge.data/scripts

static: TARGET = $(NATIVE)-unknown-linux-musl
static: page-is-current $(PACKAGING)/ready ## the command without a C library, for any Linux, with its pages, in target/dist
	rustup target add $(TARGET)
	$(PACKAGING_PATH) $(CARGO) zigbuild --release --locked -p unsmudge-cli --target $(TARGET)
	$(MAKE) --no-print-directory install COMMAND=target/$(TARGET)/release/unsmudge \
		PREFIX=$(DIST)/unsmudge
	tar -czf $(DIST)/unsmudge-$(TARGET).tar.gz -C $(DIST) unsmudge
	rm -r $(DIST)/unsmudge

COMMAND = target/release/unsmudge
install: $(if $(findstring target/release,$(COMMAND)),build) ## the command, its manual pages, completions and licences, below PREFIX
	install -D $(COMMAND) $(PREFIX)/bin/unsmudge
	$(COMMAND) manual $(PREFIX)/share/man/man1
	mkdir -p $(PREFIX)/share/bash-completion/completions $(PREFIX)/share/zsh/site-functions \
		$(PREFIX)/share/fish/vendor_completions.d $(PREFIX)/share/doc/unsmudge
	$(COMMAND) completions bash > $(PREFIX)/share/bash-completion/completions/unsmudge
	$(COMMAND) completions zsh > $(PREFIX)/share/zsh/site-functions/_unsmudge
	$(COMMAND) completions fish > $(PREFIX)/share/fish/vendor_completions.d/unsmudge.fish
	install -m 644 LICENSE $(PREFIX)/share/doc/unsmudge/
	$(PYTHON) packaging/licences.py $(PREFIX)/share/doc/unsmudge/LICENSES-OF-DEPENDENCIES.txt

$(PACKAGING)/ready: packaging/requirements.txt
	$(PYTHON) -m venv $(PACKAGING)
	$(PACKAGING)/bin/pip install --quiet --disable-pip-version-check --no-compile -r $<
	touch $@

golden: ## make the numbers from PyTorch anew (needs torch and numpy)
	$(PYTHON) crates/unsmudge/tests/all/golden/make.py

generated: ## write docs/settings.md and the estimators' parameters from the registry of settings
	UNSMUDGE_WRITE_GENERATED=1 $(CARGO) test --profile quick -p unsmudge --test all --locked generated

sizes: ## lines of every Rust file, longest first
	@git ls-files '*.rs' | xargs wc -l | sort -rn
