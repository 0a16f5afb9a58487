//! The page about the program, for visitors whose browser cannot compute.

use crate::error::{Error, Result};

/// Its name, to which the page links.
pub const NAME: &str = "program.html";
/// The name of its style.
pub const STYLE: &str = "style/program.css";
/// Its style.
pub const CSS: &str = include_str!("page/program.css");
const TEXT: &str = include_str!("page/program.html");
const WHERE: &str = "{{where}}";
/// Where the sources are, if the package says so.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The page. It says where the program is to be had: at the `url`, or else in the package's repository; without either, from whoever
/// offers the page.
///
/// # Errors
/// What is no address of the web.
pub fn document(url: Option<&str>) -> Result<String> {
    let url = url.or(Some(REPOSITORY).filter(|repository| !repository.is_empty()));
    let place = match url {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            let url = escaped(url);
            format!("<p><a href=\"{url}\">{url}</a></p>")
        }
        Some(url) => {
            return Err(Error::config(format!(
                "--program-url {url} is no address; give one that begins with https://"
            )));
        }
        None => "<p>Ask those who offer this page for the sources of flocoder.</p>".to_owned(),
    };
    Ok(TEXT.replace(WHERE, &place))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_where_the_program_is() {
        let page = document(Some("https://example.org/?a=1&b=\"<c>")).unwrap();
        assert!(page.contains("href=\"https://example.org/?a=1&amp;b=&quot;&lt;c&gt;\"") && !page.contains(WHERE));
        assert!(document(Some("javascript:alert(1)")).unwrap_err().to_string().contains("--program-url"));
        assert!(!document(None).unwrap().contains(WHERE));
    }

    #[test]
    fn it_has_the_commands_of_the_readme() {
        let readme = include_str!("../../README.md");
        for part in ["cargo install --path .", "flocoder serve", "version 1.93 or later", "scripts/demo"] {
            assert!(TEXT.contains(part) && readme.contains(part), "{part}");
        }
    }
}
