//! `flocoder man`: manual pages.

use crate::error::{Error, Result};
use crate::files;
use crate::terminal::{print, print_bytes};
use crate::text::count;
use clap_mangen::Man;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  flocoder man | man -l -
  flocoder man ~/.local/share/man/man1";

/// Arguments of `man`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder for a page per command [default: one page, to stdout]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Prints the page of the program, or writes the pages of the program and all its commands.
///
/// # Errors
/// If the folder or stdout cannot be written.
pub fn run(args: &Args, command: clap::Command) -> Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else { return print_bytes(&rendered(&Man::new(command))?) };
    files::writable_folder(folder)?;
    let mut commands = vec![command];
    let mut pages = 0;
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let page = Man::new(command);
        let text = rendered(&page)?;
        files::replace(&folder.join(page.get_filename()), |file| file.write_all(&text))?;
        pages += 1;
    }
    print(format_args!("{} in {}", count(pages, "page"), folder.display()))
}

fn rendered(page: &Man) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| Error::file("manual page", error))?;
    Ok(text)
}
