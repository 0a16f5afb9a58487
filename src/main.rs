//! The program: see [`flocoder::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    without_a_screen();
    flocoder::cli::main()
}

/// Keeps Mesa's device selection layer, which looks for a screen through Wayland, from printing an error of its own for
/// every adapter on a machine without one.
fn without_a_screen() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| folder.is_empty()) {
        // SAFETY: the only thread there is runs this line.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
