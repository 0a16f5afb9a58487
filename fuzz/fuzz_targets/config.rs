//! A configuration file, and its lines as what stands on a command line.
#![no_main]

use flocoder::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let overrides: Vec<String> = text.lines().map(str::to_owned).collect();
    for result in [Config::default().with_yaml(text, "a.yaml"), Config::default().with_overrides(&overrides)] {
        match result {
            Ok(config) => {
                let _ = config.validate_codec();
                let _ = config.validate_flow();
                let yaml = config.to_yaml();
                let again = Config::default().with_yaml(&yaml, "itself").expect("what was written");
                assert_eq!(again.to_yaml(), yaml);
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
});
