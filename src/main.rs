//! The program: see [`flocoder::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    flocoder::cli::main()
}
