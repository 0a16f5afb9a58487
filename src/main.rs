//! The program: see [`flocoder::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: no other thread has been started.
    unsafe { flocoder::gpu::environment::prepare() };
    flocoder::cli::main()
}
