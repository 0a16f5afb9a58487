//! The files of a page that computes in the tab.

use std::fs;
use std::path::Path;

use super::about_program;
use super::compressed::compressed;
use super::kernels::kernels;
use super::weights::encoded;
use crate::checkpoint::{CODEC_PREFIX, Checkpoint};
use crate::config::Latents;
use crate::error::{Error, Result};
use crate::files;
use crate::models::vqvae::CODEBOOKS;
use crate::serve::server::page;

/// The program compiled to WebAssembly; empty in a build without the feature `web`.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/program.wasm"));
/// The folder of what the engine fetches.
const ENGINE: &str = "engine/tab";
/// The page for a server, and for the tab.
const OF_SERVER: &str = "<html lang=\"en\">";
const OF_TAB: &str = "<html lang=\"en\" data-engine=\"tab\">";

/// Nothing from elsewhere, as the server's header says. Modules of WebAssembly have to be allowed.
const CHARSET: &str = "<meta charset=\"utf-8\">";
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'\">";

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Files.
    pub files: usize,
    /// Bytes of all files.
    pub bytes: usize,
    /// Kernels.
    pub kernels: usize,
}

/// Writes a page that computes with a flow in the tab, for any file server. The `program` for the tab is in a file or, without one, in
/// this build. Visitors whose browser cannot compute are told how to get the program, at the URL `whence` if there is one.
///
/// # Errors
/// No program for the tab, a checkpoint that cannot be used, what is no URL, or a folder that cannot be written.
pub fn write(folder: &Path, checkpoint: &Checkpoint, program: Option<&Path>, whence: Option<&str>) -> Result<Site> {
    let about = about_program::document(whence)?;
    let program = program.map_or_else(own_program, read)?;
    let kernels = kernels(checkpoint)?;
    let sources = serde_json::to_vec(&kernels).expect("texts are JSON");
    let engine = |name: &str, bytes: &[u8]| (format!("{ENGINE}/{name}.z"), compressed(bytes));
    let page = page::files().map(|(name, bytes)| (name.to_owned(), of_tab(name, bytes)));
    let all: Vec<(String, Vec<u8>)> = page
        .chain([
            (about_program::NAME.to_owned(), closed(&lean(about_program::NAME, &about)).into_bytes()),
            (about_program::STYLE.to_owned(), lean(about_program::STYLE, about_program::CSS).into_bytes()),
            engine("program", &program),
            engine("kernels", &sources),
            engine("weights", &encoded(&for_sampling(checkpoint).in_f16())),
        ])
        .collect();
    for (name, bytes) in &all {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Error::file(parent, format!("cannot be made: {error}")))?;
        files::replace(&path, |out| out.write_all(bytes))?;
    }
    Ok(Site { files: all.len(), bytes: all.iter().map(|(_, bytes)| bytes.len()).sum(), kernels: kernels.len() })
}

fn own_program() -> Result<Vec<u8>> {
    if PROGRAM.is_empty() {
        return Err(Error::config(
            "this build has no program for the tab; build it with --features web, or by scripts/build-tab and give its file by --program",
        ));
    }
    Ok(PROGRAM.to_vec())
}

/// A file with a module of WebAssembly.
fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|error| Error::file(path, format!("cannot be read: {error}")))?;
    if !bytes.starts_with(b"\0asm") {
        return Err(Error::file(path, "is no module of WebAssembly; give what scripts/build-tab has built"));
    }
    Ok(bytes)
}

/// What of a checkpoint sampling needs: not the list of the songs, nor codebooks if latents are not quantized. These become zeros.
fn for_sampling(checkpoint: &Checkpoint) -> Checkpoint {
    let mut checkpoint = checkpoint.clone();
    checkpoint.forget_songs();
    let flow = &checkpoint.config.flow;
    if flow.latents == Latents::Encoder && !flow.sampling.quantize {
        let books = checkpoint.tensors.get_mut(&format!("{CODEC_PREFIX}{CODEBOOKS}"));
        books.into_iter().for_each(|books| books.data.fill(0.0));
    }
    checkpoint
}

/// A file of the page as it is in the tab: without comments and indentation, and the document with another engine.
fn of_tab(name: &str, bytes: &[u8]) -> Vec<u8> {
    let lean = lean(name, &String::from_utf8_lossy(bytes));
    if name != page::INDEX {
        return lean.into_bytes();
    }
    assert!(lean.contains(OF_SERVER), "the page begins with {OF_SERVER}");
    closed(&lean.replace(OF_SERVER, OF_TAB)).into_bytes()
}

/// A document with a policy that forbids everything from elsewhere.
fn closed(document: &str) -> String {
    assert!(document.contains(CHARSET), "a document of the page has {CHARSET}");
    document.replace(CHARSET, &format!("{CHARSET}\n{POLICY}"))
}

/// A text without comments and indentation; a style sheet also without most spaces.
fn lean(name: &str, text: &str) -> String {
    if name.ends_with(".css") {
        return tight(text);
    }
    let begins = |line: &str| ["//", "/**", "* ", "*/"].into_iter().any(|mark| line.starts_with(mark));
    let is_comment = |line: &str| name.ends_with(".js") && begins(line);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A style sheet without comments that fill a line, lines, and spaces beside punctuation. Its strings have no punctuation that is followed by a space.
fn tight(sheet: &str) -> String {
    let is_comment = |line: &&str| line.starts_with("/*") && line.ends_with("*/");
    let joined: String = sheet.lines().map(str::trim).filter(|line| !is_comment(line)).collect();
    let pairs = [(": ", ":"), ("; ", ";"), (" {", "{"), ("{ ", "{"), (" }", "}"), (";}", "}"), (", ", ",")];
    pairs.iter().fold(joined, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_the_page_spans_lines() {
        for (name, bytes) in page::files().filter(|(name, _)| name.ends_with(".js")) {
            let text = String::from_utf8_lossy(bytes);
            assert!(
                text.lines().all(|line| line.matches('`').count() % 2 == 0),
                "{name} has a template of several lines"
            );
            assert!(of_tab(name, bytes).len() < bytes.len(), "{name}");
        }
        let document =
            String::from_utf8(of_tab(page::INDEX, page::files().find(|(name, _)| *name == page::INDEX).unwrap().1));
        assert!(document.unwrap().contains("data-engine=\"tab\""));
    }
}
