//! A signal asks a training to end; it does not kill it.

#[cfg(unix)]
#[test]
fn a_signal_is_a_request() {
    use flocoder::train::run::interrupt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    interrupt::install().unwrap();
    interrupt::install().unwrap();
    assert!(!interrupt::requested());
    assert!(Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap().success());
    let patience = Instant::now() + Duration::from_secs(10);
    while !interrupt::requested() {
        assert!(Instant::now() < patience, "the signal never arrived");
        std::thread::sleep(Duration::from_millis(5));
    }
}
