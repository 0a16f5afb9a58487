//! Shared by the tests: one device with its compiled kernels; translation to the other shading languages; golden files;
//! music; the built program.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod alike;
pub mod cases;
pub mod faults;
pub mod golden;
pub mod http;
pub mod music;
pub mod non_finite;
pub mod program;
pub mod server;
pub mod skipped;
pub mod training;
pub mod translation;

use std::sync::OnceLock;

use flocoder::gpu::Gpu;

/// The device, shared by all tests of a binary because compiling pipelines is slow. `None` without an adapter: then the test is
/// recorded as skipped, and a failure with `FLOCODER_REQUIRE_GPU=1`.
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Result<Gpu, String>> = OnceLock::new();
    let opened = GPU.get_or_init(|| Gpu::open(None).map_err(|error| error.to_string())).as_ref();
    match opened {
        Ok(gpu) => Some(gpu),
        Err(error) if std::env::var("FLOCODER_REQUIRE_GPU").as_deref() == Ok("1") => panic!("{error}"),
        Err(error) => {
            skipped::skip(error);
            None
        }
    }
}
