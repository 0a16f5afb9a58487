//! The files of the page, which are part of the program.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The file of the path `/`.
pub const INDEX: &str = "index.html";
/// Name, content type and bytes of each file. No other file can be read.
const FILES: &[(&str, &str, &[u8])] = &[
    ("app.js", JAVASCRIPT, include_bytes!("../page/app.js")),
    ("icon.svg", SVG, include_bytes!("../page/icon.svg")),
    ("index.html", HTML, include_bytes!("../page/index.html")),
    ("main.js", JAVASCRIPT, include_bytes!("../page/main.js")),
    ("engine/engine.js", JAVASCRIPT, include_bytes!("../page/engine/engine.js")),
    ("engine/failure.js", JAVASCRIPT, include_bytes!("../page/engine/failure.js")),
    ("engine/events.js", JAVASCRIPT, include_bytes!("../page/engine/events.js")),
    ("engine/server.js", JAVASCRIPT, include_bytes!("../page/engine/server.js")),
    ("engine/tab.js", JAVASCRIPT, include_bytes!("../page/engine/tab.js")),
    ("engine/tab/answers.js", JAVASCRIPT, include_bytes!("../page/engine/tab/answers.js")),
    ("engine/tab/commands.js", JAVASCRIPT, include_bytes!("../page/engine/tab/commands.js")),
    ("engine/tab/device.js", JAVASCRIPT, include_bytes!("../page/engine/tab/device.js")),
    ("engine/tab/files.js", JAVASCRIPT, include_bytes!("../page/engine/tab/files.js")),
    ("engine/tab/program.js", JAVASCRIPT, include_bytes!("../page/engine/tab/program.js")),
    ("engine/tab/studio.js", JAVASCRIPT, include_bytes!("../page/engine/tab/studio.js")),
    ("engine/tab/thread.js", JAVASCRIPT, include_bytes!("../page/engine/tab/thread.js")),
    ("engine/tab/unable.js", JAVASCRIPT, include_bytes!("../page/engine/tab/unable.js")),
    ("engine/tab/writer.js", JAVASCRIPT, include_bytes!("../page/engine/tab/writer.js")),
    ("model/batch.js", JAVASCRIPT, include_bytes!("../page/model/batch.js")),
    ("model/chords.js", JAVASCRIPT, include_bytes!("../page/model/chords.js")),
    ("model/example.js", JAVASCRIPT, include_bytes!("../page/model/example.js")),
    ("model/history.js", JAVASCRIPT, include_bytes!("../page/model/history.js")),
    ("model/link.js", JAVASCRIPT, include_bytes!("../page/model/link.js")),
    ("model/music.js", JAVASCRIPT, include_bytes!("../page/model/music.js")),
    ("model/packed.js", JAVASCRIPT, include_bytes!("../page/model/packed.js")),
    ("model/piece.js", JAVASCRIPT, include_bytes!("../page/model/piece.js")),
    ("model/region.js", JAVASCRIPT, include_bytes!("../page/model/region.js")),
    ("model/request.js", JAVASCRIPT, include_bytes!("../page/model/request.js")),
    ("model/session.js", JAVASCRIPT, include_bytes!("../page/model/session.js")),
    ("model/signal.js", JAVASCRIPT, include_bytes!("../page/model/signal.js")),
    ("model/storage.js", JAVASCRIPT, include_bytes!("../page/model/storage.js")),
    ("model/variant.js", JAVASCRIPT, include_bytes!("../page/model/variant.js")),
    ("panel/area-line.js", JAVASCRIPT, include_bytes!("../page/panel/area-line.js")),
    ("panel/card.js", JAVASCRIPT, include_bytes!("../page/panel/card.js")),
    ("panel/clipboard.js", JAVASCRIPT, include_bytes!("../page/panel/clipboard.js")),
    ("panel/element.js", JAVASCRIPT, include_bytes!("../page/panel/element.js")),
    ("panel/files.js", JAVASCRIPT, include_bytes!("../page/panel/files.js")),
    ("panel/help.js", JAVASCRIPT, include_bytes!("../page/panel/help.js")),
    ("panel/messages.js", JAVASCRIPT, include_bytes!("../page/panel/messages.js")),
    ("panel/runs.js", JAVASCRIPT, include_bytes!("../page/panel/runs.js")),
    ("panel/share.js", JAVASCRIPT, include_bytes!("../page/panel/share.js")),
    ("panel/shortcuts.js", JAVASCRIPT, include_bytes!("../page/panel/shortcuts.js")),
    ("panel/thumbnail.js", JAVASCRIPT, include_bytes!("../page/panel/thumbnail.js")),
    ("panel/toolbar.js", JAVASCRIPT, include_bytes!("../page/panel/toolbar.js")),
    ("panel/transport.js", JAVASCRIPT, include_bytes!("../page/panel/transport.js")),
    ("panel/tray.js", JAVASCRIPT, include_bytes!("../page/panel/tray.js")),
    ("panel/wishes.js", JAVASCRIPT, include_bytes!("../page/panel/wishes.js")),
    ("panel/write.js", JAVASCRIPT, include_bytes!("../page/panel/write.js")),
    ("roll/area.js", JAVASCRIPT, include_bytes!("../page/roll/area.js")),
    ("roll/chord-line.js", JAVASCRIPT, include_bytes!("../page/roll/chord-line.js")),
    ("roll/describe.js", JAVASCRIPT, include_bytes!("../page/roll/describe.js")),
    ("roll/gestures.js", JAVASCRIPT, include_bytes!("../page/roll/gestures.js")),
    ("roll/grid.js", JAVASCRIPT, include_bytes!("../page/roll/grid.js")),
    ("roll/keyboard.js", JAVASCRIPT, include_bytes!("../page/roll/keyboard.js")),
    ("roll/keys.js", JAVASCRIPT, include_bytes!("../page/roll/keys.js")),
    ("roll/motion.js", JAVASCRIPT, include_bytes!("../page/roll/motion.js")),
    ("roll/notes.js", JAVASCRIPT, include_bytes!("../page/roll/notes.js")),
    ("roll/overlay.js", JAVASCRIPT, include_bytes!("../page/roll/overlay.js")),
    ("roll/overview.js", JAVASCRIPT, include_bytes!("../page/roll/overview.js")),
    ("roll/palette.js", JAVASCRIPT, include_bytes!("../page/roll/palette.js")),
    ("roll/roll.js", JAVASCRIPT, include_bytes!("../page/roll/roll.js")),
    ("roll/surface.js", JAVASCRIPT, include_bytes!("../page/roll/surface.js")),
    ("roll/view.js", JAVASCRIPT, include_bytes!("../page/roll/view.js")),
    ("sound/audition.js", JAVASCRIPT, include_bytes!("../page/sound/audition.js")),
    ("sound/midi-out.js", JAVASCRIPT, include_bytes!("../page/sound/midi-out.js")),
    ("sound/output.js", JAVASCRIPT, include_bytes!("../page/sound/output.js")),
    ("sound/player.js", JAVASCRIPT, include_bytes!("../page/sound/player.js")),
    ("sound/strings.js", JAVASCRIPT, include_bytes!("../page/sound/strings.js")),
    ("sound/voice.js", JAVASCRIPT, include_bytes!("../page/sound/voice.js")),
    ("style/base.css", CSS, include_bytes!("../page/style/base.css")),
    ("style/controls.css", CSS, include_bytes!("../page/style/controls.css")),
    ("style/dialog.css", CSS, include_bytes!("../page/style/dialog.css")),
    ("style/layout.css", CSS, include_bytes!("../page/style/layout.css")),
    ("style/roll.css", CSS, include_bytes!("../page/style/roll.css")),
    ("style/tray.css", CSS, include_bytes!("../page/style/tray.css")),
    ("tools/area.js", JAVASCRIPT, include_bytes!("../page/tools/area.js")),
    ("tools/brush.js", JAVASCRIPT, include_bytes!("../page/tools/brush.js")),
    ("tools/drag-notes.js", JAVASCRIPT, include_bytes!("../page/tools/drag-notes.js")),
    ("tools/draw.js", JAVASCRIPT, include_bytes!("../page/tools/draw.js")),
    ("tools/erase.js", JAVASCRIPT, include_bytes!("../page/tools/erase.js")),
    ("tools/hit.js", JAVASCRIPT, include_bytes!("../page/tools/hit.js")),
    ("tools/select.js", JAVASCRIPT, include_bytes!("../page/tools/select.js")),
];

/// Content types.
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const OTHER: &str = "application/octet-stream";

/// Name and bytes of each file.
pub fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().map(|&(name, _, bytes)| (name, bytes))
}

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
