//! The page that computes in the tab: its kernels, its weights, its files. `scripts/test-page` runs it in a browser.

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::program::Place;
use flocoder::config::Sampling;
use flocoder::data::music::partial::{CellSet, PartialRoll};
use flocoder::data::music::roll::{Note, Roll};
use flocoder::dynamics;
use flocoder::gpu::{Gpu, Paper};
use flocoder::sample::{Generator, Request, bundled};
use flocoder::tab::kernels;
use flocoder::tab::weights::{decoded, encoded};

/// Bytes of an empty module of WebAssembly.
const PROGRAM: &[u8] = b"\0asm\x01\0\0\0";

/// Requests of other sizes than those by which the kernels were found.
#[test]
fn the_page_has_every_kernel_that_a_request_launches() {
    let checkpoint = bundled::flow().unwrap();
    let kernels = kernels(&checkpoint).unwrap();
    assert!(kernels.values().all(|source| !source.wgsl.contains("immediate") && source.wgsl.contains("fn main")));
    let gpu = Gpu::on_paper(&Paper::web_gpu()).unwrap();
    let generator = Generator::of(&gpu, checkpoint).unwrap();
    let sampling: Sampling = generator.config.flow.sampling.with(Some(1), None);
    let tune = |notes: u32| {
        let note =
            |number: u32| Note { pitch: 40 + (number % 50) as u8, start: number % 128, duration: 1, velocity: 90 };
        Roll::new(128, (0..notes).map(note).collect())
    };
    for (count, notes) in [(1, 3), (3, 77), (5, 300), (7, 1111), (8, 2500)] {
        let free = CellSet::rectangle(128, 40..=(60 + count as u8), 5..100);
        let partials = vec![PartialRoll::new(tune(notes), &free); count];
        let request = Request { seed: 9, count, batch: 8, partials, ..Request::default() };
        generator.generate(&gpu, &request, &sampling).unwrap();
        generator.perform(&tune(notes), 1, 0, &dynamics::Asked::default()).unwrap();
    }
    let launched: BTreeSet<String> =
        gpu.variants().iter().map(|variant| variant.kernel.key(&variant.constants, &variant.stored)).collect();
    let missing: Vec<&String> = launched.iter().filter(|key| !kernels.contains_key(*key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_bundled_weights_are_the_same_after_coding_in_fewer_bytes() {
    let file = bundled::flow().unwrap().in_f16();
    let coded = encoded(&file);
    assert!(coded.len() < file.len() * 84 / 100, "{} of {} bytes", coded.len(), file.len());
    assert!(decoded(&coded) == Some(file));
}

#[test]
fn the_site_of_a_trained_flow_is_written() {
    let Some(place) = Place::trained("web") else { return };
    place.write("program.wasm", PROGRAM);
    place.succeeds("export --web site --checkpoint flow/flow.safetensors --program program.wasm");
    for file in [
        "index.html",
        "main.js",
        "program.html",
        "style/program.css",
        "engine/tab.js",
        "engine/tab/program.z",
        "engine/tab/kernels.z",
        "engine/tab/weights.z",
    ] {
        assert!(fs::metadata(place.path("site").join(file)).unwrap().len() > 0, "{file}");
    }
    let about = |site: &str| String::from_utf8(place.read(&format!("{site}/program.html"))).unwrap();
    assert!(about("site").contains("cargo install") && about("site").contains("Content-Security-Policy"));
    let named = "export --web named --checkpoint flow/flow.safetensors --program program.wasm --program-url";
    place.succeeds(&format!("{named} https://example.org/flocoder"));
    assert!(about("named").contains("<a href=\"https://example.org/flocoder\">"));
    place.refuses(&format!("{named} example.org"), "is no address");
    place.refuses("export --web other --program site/index.html", "no module of WebAssembly");
    if cfg!(not(feature = "web")) {
        place.refuses("export --web other", "this build has no program for the tab");
    }
    let index = String::from_utf8(place.read("site/index.html")).unwrap();
    assert!(index.contains("data-engine=\"tab\"") && index.contains("Content-Security-Policy"));
}
