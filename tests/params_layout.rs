//! `Params` in Rust and in WGSL: the same names, types and offsets. A launch checks the size alone, which two exchanged numbers do
//! not change.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::cases::{awkward, record, software, tunings};
use flocoder::gpu::Gpu;
use flocoder::gpu::pipeline::Variant;
use syn::visit::{self, Visit};

/// A field: its name, the type of its scalars, and how many they are.
type Field = (String, String, usize);

/// The structs with a defined layout in a file, and the modules that it names in its imports.
#[derive(Default)]
struct Source {
    text: String,
    structs: Vec<(String, Vec<Field>)>,
    imports: BTreeSet<String>,
}

impl Visit<'_> for Source {
    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        let is_c = item.attrs.iter().any(|attribute| {
            attribute.path().is_ident("repr") && attribute.parse_args::<syn::Ident>().is_ok_and(|repr| repr == "C")
        });
        if is_c {
            self.structs.push((item.ident.to_string(), item.fields.iter().map(field).collect()));
        }
    }

    fn visit_use_path(&mut self, path: &syn::UsePath) {
        self.imports.insert(path.ident.to_string());
        visit::visit_use_path(self, path);
    }
}

fn field(field: &syn::Field) -> Field {
    let name = field.ident.as_ref().expect("Params have named fields").to_string();
    let (scalar, count) = match &field.ty {
        syn::Type::Array(array) => match &array.len {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(length), .. }) => {
                (&*array.elem, length.base10_parse().unwrap())
            }
            _ => panic!("{name}: an array whose length is not a literal"),
        },
        scalar => (scalar, 1),
    };
    let syn::Type::Path(path) = scalar else { panic!("{name}: neither a scalar nor an array") };
    let scalar = path.path.segments.last().unwrap().ident.to_string();
    (name, scalar, count)
}

/// The files of operations, and of the tape, by the name of their module.
fn sources() -> BTreeMap<String, Source> {
    let mut found: BTreeMap<String, Source> = BTreeMap::new();
    let mut folders = vec![PathBuf::from("src/ops"), PathBuf::from("src/tape")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let mut source = Source::default();
            source.visit_file(&syn::parse_file(&text).unwrap());
            source.text = text;
            found.insert(module(&path), source);
        }
    }
    found
}

/// The fields with those of structs among them in place of these.
fn flat(fields: &[Field], sources: &BTreeMap<String, Source>) -> Vec<Field> {
    let structs = || sources.values().flat_map(|source| &source.structs);
    let inner = |field: &Field| match structs().find(|(name, _)| *name == field.1) {
        Some((_, fields)) => flat(fields, sources),
        None => vec![field.clone()],
    };
    fields.iter().flat_map(inner).collect()
}

/// Whether a struct's fields are those of a shader. In Rust, `seed: [u32; 2]` stands for `seed_low` and `seed_high`, `a_or_b` for either,
/// and `sizes` for fields that several shaders name differently, whose order the comparison with a reference shows.
fn are(rust: &[Field], wgsl: &[Field]) -> bool {
    let mut wgsl = wgsl.iter();
    let mut next = |name: &str, scalar: &str, count: usize| {
        wgsl.next().is_some_and(|field| {
            let named = name == "sizes" || name.split("_or_").any(|name| name == field.0);
            named && scalar == field.1 && count == field.2
        })
    };
    let all = rust.iter().all(|(name, scalar, count)| match name.as_str() {
        "sizes" => (0..*count).all(|_| next(name, scalar, 1)),
        "seed" | "step" | "stream" => {
            ["low", "high"].into_iter().all(|half| next(&format!("{name}_{half}"), scalar, 1))
        }
        _ => next(name, scalar, *count),
    });
    all && wgsl.next().is_none()
}

/// Takes a coefficient for each velocity, so that its `Params` have no fixed length.
const WITHOUT_STRUCT: &str = "ode_combine";

/// Its path below `src`, without the extension.
fn module(path: &Path) -> String {
    path.strip_prefix("src").unwrap().with_extension("").to_string_lossy().into_owned()
}

/// The fields of a text's `Params`.
fn params(wgsl: &str) -> Vec<Field> {
    let module = naga::front::wgsl::parse_str(wgsl).unwrap();
    let space = |space| matches!(space, naga::AddressSpace::Immediate | naga::AddressSpace::Uniform);
    let Some((_, variable)) = module.global_variables.iter().find(|(_, variable)| space(variable.space)) else {
        return Vec::new();
    };
    let naga::TypeInner::Struct { members, .. } = &module.types[variable.ty].inner else {
        panic!("Params is no struct")
    };
    let mut end = 0;
    let fields = members.iter().map(|member| {
        let (scalar, count) = match module.types[member.ty].inner {
            naga::TypeInner::Scalar(scalar) => (scalar, 1),
            naga::TypeInner::Vector { size, scalar } => (scalar, size as usize),
            ref other => panic!("{:?}: {other:?}", member.name),
        };
        let name = member.name.clone().unwrap();
        // `repr(C)` has no gaps between fields of four bytes.
        assert_eq!(member.offset, end, "{name}: an offset that no struct of Rust has");
        end += 4 * count as u32;
        let scalar = match scalar {
            naga::Scalar::U32 => "u32",
            naga::Scalar::I32 => "i32",
            naga::Scalar::F32 => "f32",
            other => panic!("{name}: {other:?}"),
        };
        (name, scalar.to_owned(), count)
    });
    fields.collect()
}

/// A struct that is launched with a kernel is declared in a file that names the kernel, or in one that such a file imports from.
#[test]
fn every_kernel_has_a_struct_of_the_same_fields() {
    let sources = sources();
    let mut launched = HashSet::<Variant>::new();
    for tuning in tunings() {
        let gpu = Gpu::on_paper_tuned(&software(&tuning), |_| tuning.clone()).unwrap();
        awkward(gpu.capabilities()).iter().for_each(|case| record(&gpu, case));
        launched.extend(gpu.variants());
    }
    let layouts: BTreeSet<(&str, Vec<Field>)> =
        launched.iter().map(|variant| (variant.kernel.name, params(&variant.text().0))).collect();
    assert!(layouts.len() > 60, "{} kernels", layouts.len());
    let mut missing = Vec::new();
    for (kernel, fields) in layouts.iter().filter(|(kernel, fields)| *kernel != WITHOUT_STRUCT && !fields.is_empty()) {
        let names = |source: &&Source| {
            source.text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == kernel.to_uppercase())
        };
        let imported = sources.values().filter(names).flat_map(|source| &source.imports);
        let imported: Vec<&Source> = imported
            .flat_map(|name| sources.iter().filter(move |(module, _)| module.rsplit('/').next() == Some(name)))
            .map(|(_, source)| source)
            .collect();
        let candidates = sources.values().filter(names).chain(imported);
        if !candidates
            .into_iter()
            .any(|source| source.structs.iter().any(|(_, found)| are(&flat(found, &sources), fields)))
        {
            missing.push(format!("{kernel}: {fields:?}"));
        }
    }
    assert!(missing.is_empty(), "no struct has the fields of\n{}", missing.join("\n"));
}
