# The front door. Everything that needs a server starts its own: a private Postgres and the Temporal development server.

# Where the development stack keeps programs, data, logs and generated secrets. Removing it loses nothing but the stack.
STATE := $(shell realpath -m "$(if $(HANDOFF_STATE),$(HANDOFF_STATE),$(CURDIR)/.handoff)")
export HANDOFF_STATE := $(STATE)
# Where the programs are built.
BIN = $(STATE)/bin
# Built and executed in place of the shell, so that a signal reaches the program itself and nothing stays behind.
HANDOFF = "$(BIN)/handoff"
CRM_FLAG = $(if $(CRM),--crm "$(CRM)")

.DEFAULT_GOAL := help
.PHONY: help run lead demo bench record-histories test check tools unit build fmt clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-17s %s\n' "$$name" "$$what"; done

run: build ## Start everything, send one lead through it, stay up until Ctrl-C (CRM=hubspot or CRM=salesforce: on the sandbox)
	@exec $(HANDOFF) dev run $(CRM_FLAG)

lead: build ## Print a curl line that sends a signed sample lead to the running stack
	@exec $(HANDOFF) dev lead

demo: build ## Send samples that end in every way a lead can end, to three CRMs (CRM=tables: to one), print what became of them
	@exec $(HANDOFF) dev demo $(CRM_FLAG)

bench: build ## Compare Handoff's throughput with an empty workflow and with six regular activities, and pacing with one call a lead
	@$(HANDOFF) dev bench && exec $(HANDOFF) dev bench pacer

record-histories: build ## Record the histories that the replay tests read again
	@exec $(HANDOFF) dev record-histories

# The tests find these programs built (internal/programs), and those of the running stack are left alone. What serves has the
# race detector, as the tests have: the real processes are watched too. The command has it not, see there.
test: RACE := -race
test: BIN := $(STATE)/test
test: check tools unit ## Run every check and every test, as CI does

check: ## Check format, vet, and the determinism of the workflows
	@unformatted=$$(gofmt -l .) && if [ -n "$$unformatted" ]; then \
		echo "not formatted (make fmt repairs it):"; echo "$$unformatted"; exit 1; fi
	@command -v "$${CC:-cc}" >/dev/null || command -v gcc >/dev/null || { \
		[ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -y -q --no-install-recommends gcc libc6-dev; } || { \
		echo "the race detector needs a C compiler: sudo apt-get install gcc libc6-dev"; exit 1; }
	@echo "go vet" && go vet -race ./...
	@echo "workflowcheck" && go tool workflowcheck -show-pos -config .ci/workflowcheck.yaml ./workflows/...

tools: build ## Install or build the servers that the tests and the stack run on, unless they are here
	@exec $(HANDOFF) dev tools

# check has vetted everything, so go test need not vet again.
unit: ## Run the tests alone (PACKAGES=./internal/ledger for some of them)
	@mkdir -p "$(STATE)/log"
	@go tool gotestsum --format pkgname --format-hide-empty-pkg --jsonfile "$(STATE)/log/test.json" \
		-- -race -vet=off -timeout 45m $(or $(PACKAGES),./...)

build: ## Build Handoff's programs into the state folder
	@echo "Building Handoff (a minute or two when nothing is cached)"
	@mkdir -p "$(BIN)" && bash -o pipefail -c '{ go build -v -o "$(BIN)/" ./cmd/handoff && \
		go build -v $(RACE) -o "$(BIN)/" ./cmd/sandbox ./worker ./starter; } 2>&1 | \
		awk "{ if (\$$0 ~ /^[A-Za-z0-9._~\/-]+$$/) { if (++n % 100 == 0) print \"  \" n \" packages compiled\" } else print } { fflush() }"'

fmt: ## Format the code
	@gofmt -l -w .

# A stack holds the lock of its folder, with its process id inside, while it runs. Only what a stack keeps is removed, for
# the case that HANDOFF_STATE names a folder with other things in it.
clean: ## Stop the stack that runs from the state folder, and remove what it kept
	@if [ -s "$(STATE)/lock" ] && ! flock --nonblock "$(STATE)/lock" true; then \
		echo "Stopping the stack"; kill -TERM "$$(cat "$(STATE)/lock")"; \
		flock --timeout 60 "$(STATE)/lock" true || { echo "it did not stop within a minute"; exit 1; }; fi
	@rm -rf $(foreach part,bin test log postgres secrets lock,"$(STATE)/$(part)") "$(STATE)"/temporal.db*
	@if [ -d "$(STATE)" ]; then rmdir --ignore-fail-on-non-empty "$(STATE)"; fi
