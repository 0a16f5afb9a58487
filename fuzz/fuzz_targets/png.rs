//! A picture of a piano roll.
#![no_main]

use flocoder::data::image::{self, Orphans};
use flocoder::data::song::Song;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Song::from_png("a.png", data);
    for orphans in [Orphans::Drop, Orphans::Open] {
        match image::read(data, orphans) {
            Ok(roll) => assert_eq!(image::read(&image::write(&roll), orphans).as_ref(), Ok(&roll)),
            Err(reason) => assert!(!reason.contains('\n'), "{reason}"),
        }
    }
});
