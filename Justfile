# The habits of this project. `just` lists them; each line also works when typed by hand.

# Lists the recipes.
default:
    @just --list

# Formats the code.
fmt:
    cargo fmt --all

# Checks format and lints as CI does.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Runs all tests of the workspace.
test:
    cargo test --workspace

# Builds the documentation; a broken link is an error.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Serves on the usual ports, with the embedded platform.
run *arguments:
    cargo run --release -- serve {{arguments}}

# Walks the newcomer's path and the wrong ones with the official client and a browser.
e2e *arguments:
    e2e/run {{arguments}}

# Runs the official conformance suite for both protocol revisions.
conformance:
    e2e/conformance/run

# Writes docs/getting-started.md from a real run.
transcript:
    e2e/transcript

# Accepts the contracts of the tools as they are now, and writes docs/tools.md.
snapshots:
    INSTA_UPDATE=always cargo test --package octo-mcp
    cargo run --quiet -- tools --markdown > docs/tools.md

# Measures tool calls per second beside a bare server of the same protocol library.
bench-call *arguments:
    cargo build --release --package octo-mcp --package octo-bench
    "${CARGO_TARGET_DIR:-target}/release/octo-bench" call {{arguments}}

# Measures the time from start to ready, and idle memory.
bench-start *arguments:
    cargo build --release --package octo-mcp --package octo-bench
    "${CARGO_TARGET_DIR:-target}/release/octo-bench" start {{arguments}}

# Measures look-ups, pages, groups and writes in a tenant with a million entities.
bench-entities *arguments:
    cargo build --release --package octo-mcp --package octo-bench
    "${CARGO_TARGET_DIR:-target}/release/octo-bench" entities {{arguments}}

# Measures the memory of open tenants with ten models each.
bench-memory:
    cargo bench --package octo-runtime --bench tenant_memory

# Measures tokens a second for a service that acts for itself.
bench-token *arguments:
    cargo build --release --package octo-mcp --package octo-bench
    "${CARGO_TARGET_DIR:-target}/release/octo-bench" token {{arguments}}

# Measures pages of get_users in a tenant with ten thousand users.
bench-users *arguments:
    cargo build --release --package octo-mcp --package octo-bench
    "${CARGO_TARGET_DIR:-target}/release/octo-bench" users {{arguments}}

# Runs everything CI runs.
ci:
    .ci/run
