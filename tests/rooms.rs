//! Imports go downward only, from room to room and from file to file.
//!
//! A room is a module of the crate's root. Every path in `src/` that begins with `crate`, `super`, `self` or the crate's name is
//! resolved to the file that defines its item, re-exports included.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// From top to bottom. A room may use those below it.
const ROOMS: &[&str] = &[
    "main",
    "cli",
    "tab",
    "serve",
    "bench",
    "evaluate",
    "train",
    "sample",
    "melody",
    "dynamics",
    "checkpoint",
    "models",
    "nn",
    "ops",
    "tape",
    "tensor",
    "gpu",
    "shader",
    "dtype",
    "chart",
    "condition",
    "metrics",
    "audio",
    "song",
    "data",
    "reference",
    "config",
    "ranks",
    "rng",
    "parallel",
    "files",
    "terminal",
    "error",
    "text",
];
/// The engine knows nothing of music and of the application.
const ENGINE: &[&str] = &["nn", "ops", "tape", "tensor", "gpu", "shader", "dtype"];
const MAY_SERVE_THE_ENGINE: &[&str] = &["rng", "error"];
/// The specification in code is for tests and for what checks the kernels on the user's machine.
const MAY_USE_REFERENCE: &[&str] = &["bench", "cli"];

/// What is wrong with an import of one room by another.
fn violation(room: &str, imported: &str) -> Option<&'static str> {
    if room == imported {
        return None;
    }
    if imported == "reference" && !MAY_USE_REFERENCE.contains(&room) {
        return Some("only tests and the self-test use the reference");
    }
    if ENGINE.contains(&room) && !ENGINE.contains(&imported) && !MAY_SERVE_THE_ENGINE.contains(&imported) {
        return Some("the engine knows nothing of this room");
    }
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room);
    match (rank(room), rank(imported)) {
        (Some(from), Some(to)) if from < to => None,
        (Some(_), Some(_)) => Some("an upward import"),
        _ => Some("a room without a place in the order of rooms"),
    }
}

/// One file of `src/`.
#[derive(Default)]
struct File {
    /// Modules that it declares.
    children: BTreeSet<String>,
    /// Names of the items that it defines.
    items: BTreeSet<String>,
    /// Names that it re-exports, with the path of each; `*` for a glob.
    exports: Vec<(String, Vec<String>)>,
    /// Paths that it uses, and whether only its tests do.
    uses: Vec<(Vec<String>, bool)>,
}

/// Collects the paths of a file, including its inline modules.
struct Collector<'a> {
    file: &'a mut File,
    module: Vec<String>,
    inline: usize,
    in_tests: bool,
}

impl Collector<'_> {
    /// The path from the crate's root; `None` if its first word does not determine it.
    fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let mut base = self.module.clone();
        let (first, mut rest) = segments.split_first()?;
        match first.as_str() {
            "crate" | "flocoder" => base.clear(),
            "self" => {}
            "super" => {
                let mut up = 1;
                while rest.first().is_some_and(|segment| segment == "super") {
                    (up, rest) = (up + 1, &rest[1..]);
                }
                for _ in self.inline..up {
                    base.pop();
                }
            }
            child if self.file.children.contains(child) => base.push(first.clone()),
            _ => return None,
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    fn add(&mut self, segments: &[String]) {
        if let Some(path) = self.absolute(segments) {
            self.file.uses.push((path, self.in_tests));
        }
    }

    /// The paths among the tokens of a macro's arguments.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(word) if colons == 2 => path.push(word.to_string()),
                TokenTree::Ident(word) => {
                    self.add(&std::mem::take(&mut path));
                    path.push(word.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => {
                    self.add(&std::mem::take(&mut path));
                    self.tokens(group.stream());
                }
                _ => self.add(&std::mem::take(&mut path)),
            }
            colons = 0;
        }
        self.add(&path);
    }
}

/// Every path of a `use` tree, with the name that it binds.
fn flatten(tree: &syn::UseTree, prefix: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let mut leaf = |name: String, last: Option<String>| {
        found.push((name, prefix.iter().cloned().chain(last).collect()));
    };
    match tree {
        syn::UseTree::Name(name) if name.ident == "self" => leaf(prefix.last().cloned().unwrap_or_default(), None),
        syn::UseTree::Name(name) => leaf(name.ident.to_string(), Some(name.ident.to_string())),
        syn::UseTree::Rename(rename) => leaf(rename.rename.to_string(), Some(rename.ident.to_string())),
        syn::UseTree::Glob(_) => leaf("*".to_owned(), None),
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, found);
            prefix.pop();
        }
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| flatten(item, prefix, found)),
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut found);
        for (name, path) in found {
            self.add(&path);
            if let Some(target) = self.absolute(&path)
                && !matches!(item.vis, syn::Visibility::Inherited)
                && self.inline == 0
            {
                self.file.exports.push((name, target));
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(&segments);
        visit::visit_path(self, path);
    }

    /// `pub(in crate::ops)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.tokens(invocation.tokens.clone());
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        let outer = self.in_tests;
        self.in_tests |= is_test;
        self.inline += 1;
        visit::visit_item_mod(self, module);
        self.inline -= 1;
        self.in_tests = outer;
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        let name = match item {
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Fn(item) => Some(&item.sig.ident),
            syn::Item::Static(item) => Some(&item.ident),
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        if self.inline == 0 {
            self.file.items.extend(name.map(ToString::to_string));
        }
        visit::visit_item(self, item);
    }
}

/// The files of `src/` by module path.
struct Tree {
    files: BTreeMap<Vec<String>, File>,
}

impl Tree {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut paths = Vec::new();
        sources(&root, &mut paths);
        let files = paths.iter().map(|path| {
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            module.pop_if(|last| last == "mod" || last == "lib");
            let text = std::fs::read_to_string(path).unwrap();
            (module.clone(), parse(&text, module))
        });
        Self { files: files.collect() }
    }

    /// The module of the file that defines what a path names.
    fn definition(&self, path: &[String]) -> Option<&Vec<String>> {
        self.resolve(path, 0)
    }

    fn resolve(&self, path: &[String], depth: usize) -> Option<&Vec<String>> {
        assert!(depth < 20, "re-exports of {path:?} do not end");
        let mut length = path.len();
        while !self.files.contains_key(&path[..length]) {
            length = length.checked_sub(1)?;
        }
        let (module, file) = self.files.get_key_value(&path[..length])?;
        let Some(name) = path.get(length) else { return Some(module) };
        if file.items.contains(name) {
            return Some(module);
        }
        let onward = |target: &[String]| {
            let rest = path[length + 1..].iter().cloned();
            self.resolve(&target.iter().cloned().chain(rest).collect::<Vec<_>>(), depth + 1)
        };
        if let Some((_, target)) = file.exports.iter().find(|(export, _)| export == name) {
            return onward(target);
        }
        let globs = file.exports.iter().filter(|(export, _)| export == "*");
        let mut found = globs.filter_map(|(_, target)| {
            let full: Vec<String> = target.iter().cloned().chain([name.clone()]).collect();
            self.resolve(&full, depth + 1).filter(|found| self.files[*found].items.contains(name))
        });
        found.next_back().or(Some(module))
    }

    /// Each file's imports, resolved; `tests`, those of its tests too.
    fn imports(&self, tests: bool) -> BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> {
        let of_file = |(module, file): (_, &File)| {
            let wanted = file.uses.iter().filter(|(_, in_tests)| tests || !in_tests);
            let targets = wanted.filter_map(|(path, _)| self.definition(path)).filter(|target| *target != module);
            (module, targets.collect())
        };
        self.files.iter().map(of_file).collect()
    }
}

fn parse(text: &str, module: Vec<String>) -> File {
    let ast = syn::parse_file(text).unwrap();
    let child = |item: &syn::Item| match item {
        syn::Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    };
    let mut file = File { children: ast.items.iter().filter_map(child).collect(), ..File::default() };
    Collector { file: &mut file, module, inline: 0, in_tests: false }.visit_file(&ast);
    file
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_go_downward_from_room_to_room() {
    let tree = Tree::read();
    assert!(tree.files.len() > 150);
    let mut wrong = Vec::new();
    for (module, targets) in tree.imports(true) {
        // The crate's root declares the rooms.
        for target in targets.into_iter().filter(|target| !module.is_empty() && !target.is_empty()) {
            if let Some(why) = violation(&module[0], &target[0]) {
                wrong.push(format!("{} -> {}: {why}", module.join("::"), target.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_imports_go_round_in_a_circle() {
    let tree = Tree::read();
    let imports = tree.imports(false);
    let mut circles = Vec::new();
    for (module, targets) in &imports {
        let returning = targets.iter().filter(|target| reaches(&imports, target, module));
        circles.extend(returning.map(|target| format!("{} -> {}", module.join("::"), target.join("::"))));
    }
    assert!(circles.is_empty(), "imports that are part of a circle:\n{}", circles.join("\n"));
}

/// Whether a chain of imports leads from one file to another.
fn reaches(imports: &BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>>, from: &Vec<String>, to: &Vec<String>) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(module) = open.pop() {
        if module == to {
            return true;
        }
        open.extend(imports[module].iter().filter(|target| seen.insert(target)));
    }
    false
}

#[test]
fn every_form_of_import_is_seen() {
    let text = "
        pub(crate) use crate::tensor::Tensor;
        use crate::{gpu::{Gpu, self}, rng::Philox as Random};
        // crate::train
        mod tile;
        fn g() { tile::choose() }
        fn f(x: super::super::nn::Part) { assert!(flocoder::cli::run(x)); crate::bench::case() }
        #[cfg(test)]
        mod tests { use super::*; use super::super::tape::Tape; }
        fn after() -> crate::files::Lock {}
    ";
    let file = parse(text, vec!["ops".to_owned(), "conv".to_owned()]);
    let seen: BTreeSet<String> = file.uses.iter().map(|(path, _)| path.join("::")).collect();
    let wanted = [
        "tensor::Tensor",
        "gpu::Gpu",
        "gpu",
        "rng::Philox",
        "nn::Part",
        "cli::run",
        "bench::case",
        "ops::conv::tile::choose",
        "ops::tape::Tape",
        "files::Lock",
    ];
    for path in wanted {
        assert!(seen.contains(path), "{path} is not among {seen:?}");
    }
    assert!(violation("gpu", "ops").is_some() && violation("ops", "gpu").is_none());
    assert!(violation("data", "gpu").is_some() && violation("models", "reference").is_some());
    assert!(violation("nn", "config").is_some() && violation("models", "config").is_none());
    assert!(violation("sample", "train").is_some() && violation("train", "sample").is_none());
    assert!(violation("attic", "error").is_some());
}
