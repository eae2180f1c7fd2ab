# The daily commands. `just` lists them; each is one line that also works without just.

# List the commands
default:
    @just --list

# Build the debug binary, which reads assets from disk
build:
    cargo build --locked

# Run a development server: just run --listen localhost:0
run *ARGS:
    cargo run --locked -- dev {{ARGS}}

# Run all Rust tests
test:
    cargo test --locked

# Run the tests whose name contains this: just one races
one NAME:
    cargo test --locked {{NAME}}

# Check formatting, lints and types of Rust and of assets
lint:
    cargo fmt --check && cargo clippy --locked --all-targets -- -D warnings && tests/assets/run

# Format Rust and assets (`just lint` has installed the formatter)
format:
    cargo fmt && npm --prefix tests/assets run format

# Run the suites against the debug binary: README tour, crashes, other clients, apps, browser
suites:
    tests/tour/run && tests/crash/run && tests/interop/run && tests/apps/run && tests/browser/run

# Run the load tests against the release binary (needs wrk): just bench --seconds 5
bench *ARGS:
    bench/run {{ARGS}}

# Run the fuzz targets from their corpus: just fuzz --seconds 10
fuzz *ARGS:
    fuzz/run {{ARGS}}

# Run what decides whether a change can be merged
ci:
    .ci/run
