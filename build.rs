//! Finds the shaders: every `.wgsl` below `shaders/` becomes a template under its relative path, and every one that no other
//! includes a kernel too, a static named after its file. `src/shader/kernels.rs` includes the result. With the feature `web` it builds
//! the program for a browser's tab.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=shaders");
    fs::write(out().join("program.wasm"), program()).expect("the output folder can be written");
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
    fs::write(out().join("kernels.rs"), text).expect("the output folder can be written");
}

fn out() -> PathBuf {
    PathBuf::from(env::var("OUT_DIR").expect("cargo names the output folder"))
}

/// The program for a browser's tab as WebAssembly, built from the same package; nothing without the feature `web`.
fn program() -> Vec<u8> {
    if env::var_os("CARGO_FEATURE_WEB").is_none() {
        return Vec::new();
    }
    ["src", "Cargo.toml", "Cargo.lock"].iter().for_each(|path| println!("cargo::rerun-if-changed={path}"));
    // Another folder than that of the build that waits for it.
    let target = out().join("tab");
    let mut script = Command::new("scripts/build-tab");
    script.arg(&target);
    for (name, _) in env::vars_os() {
        let is_of_this_build = |prefix| name.to_string_lossy().starts_with(prefix);
        if ["CARGO_FEATURE", "CARGO_ENCODED", "RUSTC_W"].into_iter().any(is_of_this_build) {
            script.env_remove(&name);
        }
    }
    let built = script.status().is_ok_and(|status| status.success());
    assert!(built, "the program for a browser's tab was not built: see scripts/build-tab");
    fs::read(target.join("wasm32-unknown-unknown/tab/flocoder.wasm")).expect("cargo has written it")
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
