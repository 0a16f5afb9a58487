//! A signal requests the end of a training run and does not kill the program.

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
    let deadline = Instant::now() + Duration::from_secs(10);
    while !interrupt::requested() {
        assert!(Instant::now() < deadline, "the signal never arrived");
        std::thread::sleep(Duration::from_millis(5));
    }
}
