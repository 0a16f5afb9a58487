//! Throughput of every kernel at the shipped configurations' shapes: `cargo bench --bench kernels -- [--json] [--quick]`.

fn main() -> std::process::ExitCode {
    flocoder::cli::bench::main_of_cargo_bench(false)
}
