//! Finds the shaders: every `.wgsl` below `shaders/` becomes a template under its relative path, and every one that no other
//! includes a kernel too, a static named after its file. `src/shader/kernels.rs` includes the result.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=shaders");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder"));
    let mut files = Vec::new();
    collect(&root.join("shaders"), &mut files);
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).expect("a shader can be read")).collect();
    let (mut templates, mut kernels, mut all) = (String::new(), String::new(), String::new());
    for (file, text) in files.iter().zip(&texts) {
        let path = file.strip_prefix(root.join("shaders")).expect("a file below the folder");
        let name = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        writeln!(templates, "    ({name:?}, include_str!({file:?})),").unwrap();
        if texts.iter().any(|text| text.contains(&format!("\"{name}\""))) {
            continue;
        }
        let stem = path.file_stem().expect("a file has a name").to_string_lossy();
        let constant = stem.to_uppercase();
        writeln!(kernels, "/// `shaders/{name}`:\n/// ```text\n{}/// ```", head(text)).unwrap();
        writeln!(kernels, "pub static {constant}: Kernel = Kernel {{ name: {stem:?}, file: {name:?} }};").unwrap();
        writeln!(all, "    &{constant},").unwrap();
    }
    let text = format!(
        "{kernels}/// Every kernel.\npub static ALL: &[&Kernel] = &[\n{all}];\n\
         /// Every file's text by its path below `shaders/`.\npub(super) static TEMPLATES: &[(&str, &str)] = &[\n{templates}];\n"
    );
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo names the output folder"));
    fs::write(out.join("kernels.rs"), text).expect("the output folder can be written");
}

/// All `.wgsl` files below a folder.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of shaders can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "wgsl") {
            found.push(path);
        }
    }
}

/// The comment at the head of a shader, which states its formula, as documentation.
fn head(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("//"));
    lines.map(|line| format!("/// {}\n", line.trim_start_matches('/').trim_start())).collect()
}
