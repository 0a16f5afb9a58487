//! The files of the page, which are part of the program.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The file of the path `/`.
const INDEX: &str = "index.html";
/// Name, content type and bytes of each file. No other file can be read.
const FILES: &[(&str, &str, &[u8])] = &[("index.html", HTML, include_bytes!("page/index.html"))];

/// Content types.
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const OTHER: &str = "application/octet-stream";

/// Where the files are read.
#[derive(Debug, Clone, Default)]
pub enum Page {
    /// In the program.
    #[default]
    Embedded,
    /// In a folder, anew for each request, for work on the page. The names are those that the folder has had at the start.
    Folder(PathBuf, Vec<String>),
}

impl Page {
    /// The page in a folder and its folders.
    pub fn of_folder(folder: &Path) -> Self {
        let mut names = Vec::new();
        collect(folder, "", &mut names);
        Self::Folder(folder.to_owned(), names)
    }

    /// Content type and bytes of a path.
    pub fn file(&self, path: &str) -> Option<(&'static str, Cow<'static, [u8]>)> {
        let name = match path.strip_prefix('/')? {
            "" => INDEX,
            name => name,
        };
        match self {
            Self::Embedded => {
                let file = FILES.iter().find(|(own, ..)| *own == name);
                file.map(|&(_, kind, bytes)| (kind, Cow::Borrowed(bytes)))
            }
            Self::Folder(folder, names) => {
                let name = names.iter().find(|own| *own == name)?;
                Some((kind(name), Cow::Owned(std::fs::read(folder.join(name)).ok()?)))
            }
        }
    }
}

/// The content type of a file by its ending.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => HTML,
        Some("css") => CSS,
        Some("js") => JAVASCRIPT,
        Some("svg") => SVG,
        _ => OTHER,
    }
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), &format!("{name}/"), names),
            Ok(kind) if kind.is_file() => names.push(name),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_of_the_list_are_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/serve/page");
        for page in [Page::Embedded, Page::of_folder(&folder)] {
            let (kind, bytes) = page.file("/").unwrap();
            assert!(kind == HTML && bytes.starts_with(b"<!doctype html>"));
            assert!(page.file("/index.html").is_some());
            for foreign in
                ["", "index.html", "/../page.rs", "/./index.html", "//index.html", "/%2e%2e/page.rs", "/page"]
            {
                assert!(page.file(foreign).is_none(), "{foreign}");
            }
        }
    }

    #[test]
    fn every_file_of_the_page_is_in_the_list_with_its_kind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/serve/page");
        let mut names = Vec::new();
        collect(&folder, "", &mut names);
        names.sort();
        let mut listed: Vec<String> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
        listed.sort();
        assert_eq!(names, listed);
        assert!(FILES.iter().all(|(name, of_file, _)| kind(name) == *of_file));
    }
}
