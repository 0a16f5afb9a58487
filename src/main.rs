//! The program: see [`flocoder::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: the only thread there is runs this line.
    unsafe { flocoder::gpu::environment::prepare() };
    flocoder::cli::main()
}
