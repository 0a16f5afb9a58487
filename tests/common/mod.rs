//! Shared by the tests: one device with its compiled kernels; translation to the other shading languages; golden files;
//! music; the built program.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod cases;
pub mod faults;
pub mod golden;
pub mod http;
pub mod music;
pub mod program;
pub mod training;
pub mod translation;

use std::sync::OnceLock;

use flocoder::gpu::Gpu;

/// The device, shared by all tests of a binary because compiling pipelines is slow. `None` without an adapter, which
/// `FLOCODER_REQUIRE_GPU=1` makes a failure.
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    GPU.get_or_init(|| match Gpu::open(None) {
        Ok(gpu) => Some(gpu),
        Err(error) if std::env::var("FLOCODER_REQUIRE_GPU").as_deref() == Ok("1") => panic!("{error}"),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    })
    .as_ref()
}
