//! `flocoder serve`: a page on which a musician plays with the model.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::global::Global;
use crate::error::Result;
use crate::serve::{Engine, Flow, Options, Server};
use crate::terminal::{note, print};
use crate::train::run::Verbosity;

const EXAMPLES: &str = "Examples:
  flocoder serve --open
  flocoder serve --port 8000 --checkpoint runs/flow/flow.safetensors --runs runs";

/// Arguments of `serve`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Port, 0 for a free one [default: 7737, or a free one if that is taken]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Address or name on which to listen. Through another than this machine's own, others can use the page who have the URL with
    /// its token; the connection is not encrypted
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub host: String,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
    /// Checkpoint of a flow with conditions, which includes its codec [default: the bundled flow]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Folder of training runs, whose curves and pictures the page shows
    #[arg(long, value_name = "DIR")]
    pub runs: Option<PathBuf>,
    /// Folder from which to read the page's files anew for each request, for work on the page
    #[arg(long, value_name = "DIR", hide = true)]
    pub page: Option<PathBuf>,
}

/// Serves until the program is ended.
///
/// # Errors
/// A checkpoint or device that cannot be used, or an address on which the program cannot listen.
pub fn run(args: &Args, global: &Global) -> Result<()> {
    let Args { port, host, checkpoint, runs, page, .. } = args.clone();
    let device = global.device.clone();
    let engine =
        move || Flow::open(device.as_deref(), checkpoint.as_deref()).map(|flow| Box::new(flow) as Box<dyn Engine>);
    let server = Server::open(&Options { host, port, runs, run: None, page }, Box::new(engine))?;
    let url = server.url();
    print(format_args!("{url}"))?;
    if server.is_public() {
        note(
            "warning: other machines can reach this page, by the URL with its token only; the connection is not encrypted, so use \
             it in a network that you trust",
        );
        if server.address().ip().is_unspecified() {
            note("note: on other machines write this machine's address in place of localhost");
        }
    }
    if global.verbosity() > Verbosity::Quiet {
        note("press Ctrl-C to end");
    }
    if args.open && !open(&url) {
        note("note: no browser could be started; open the URL yourself");
    }
    server.run()
}

/// Opens a URL in the browser. Returns whether there is a program for it.
fn open(url: &str) -> bool {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    Command::new(program).arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}
