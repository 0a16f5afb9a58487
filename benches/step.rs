//! Whole training steps and sampling: `cargo bench --bench step -- [--json] [--quick]`.

fn main() -> std::process::ExitCode {
    flocoder::cli::bench::main_of_cargo_bench(true)
}
