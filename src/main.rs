//! The program: see [`flocoder::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: the only thread there is runs this line.
    unsafe { flocoder::gpu::environment::prepare() };
    // A reader of the output that has seen enough, such as `head`, ends this program quietly, as it does others.
    #[cfg(unix)]
    sigpipe::reset();
    flocoder::cli::main()
}
