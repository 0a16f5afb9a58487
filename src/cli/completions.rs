//! `flocoder completions`: completions for a shell.

use crate::error::Result;
use crate::terminal::print_bytes;
use clap_complete::Shell;

const EXAMPLES: &str = "Examples:
  flocoder completions bash > ~/.local/share/bash-completion/completions/flocoder
  flocoder completions zsh > ~/.zfunc/_flocoder
  flocoder completions fish > ~/.config/fish/completions/flocoder.fish";

/// Arguments of `completions`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the completions of the program's `command` line.
///
/// # Errors
/// If stdout cannot be written.
pub fn run(args: &Args, mut command: clap::Command) -> Result<()> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    print_bytes(&script)
}
