//! The shipped configurations, overrides, and one sentence for each error.

use flocoder::config::{Arch, Config, Method};
use std::path::{Path, PathBuf};

fn overridden(overrides: &[&str]) -> flocoder::error::Result<Config> {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    Config::load(None, &overrides)
}

/// The sentence for overrides that cannot be read.
fn refusal(overrides: &[&str]) -> String {
    overridden(overrides).unwrap_err().to_string()
}

/// The sentence for sizes that cannot work.
fn invalid(overrides: &[&str]) -> String {
    let config = overridden(overrides).unwrap();
    config.validate_codec().and_then(|()| config.validate_flow()).unwrap_err().to_string()
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_shipped_file_loads_and_validates() {
    assert!(shipped().len() >= 4);
    for path in shipped() {
        let mut config = Config::load(Some(&path), &[]).unwrap();
        // A flow has the pitches and the codec of the file that its own names.
        let codec = path.to_str().unwrap().replace("_flow.yaml", "_vqvae.yaml").replace("flow_config", "vqvae_config");
        let codec = codec.replace("_fill.yaml", "_vqvae.yaml");
        let codec = Config::load(Some(Path::new(&codec)), &[]).unwrap();
        config.data.pitches = codec.data.pitches;
        config.vqvae = codec.vqvae;
        config.validate_codec().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        config.validate_flow().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

#[test]
fn every_known_key_is_in_a_shipped_file() {
    let texts: Vec<String> = shipped().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let files: Vec<serde_json::Value> = texts.iter().map(|text| serde_saphyr::from_str(text).unwrap()).collect();
    for key in Config::keys() {
        let pointer = format!("/{}", key.replace('.', "/"));
        assert!(files.iter().any(|file| file.pointer(&pointer).is_some()), "`{key}` is in no file of configs/");
    }
}

#[test]
fn a_stored_configuration_reads_back() {
    let config = overridden(&["vqvae.arch=resnet", "flow.dim_mults=[1, 2]", "train.learning_rate=0.1"]).unwrap();
    assert_eq!(Config::default().with_yaml(&config.to_yaml(), "itself").unwrap(), config);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config);
}

#[test]
fn overrides_win_over_the_file_even_with_a_default() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, "vqvae:\n  hidden: 32\nflow:\ntrain:\n  steps: 7\n").unwrap();
    let default = Config::default().vqvae.hidden;
    let config = Config::load(Some(&path), &[format!("vqvae.hidden={default}")]).unwrap();
    assert_eq!((config.vqvae.hidden, config.train.steps), (default, 7));
}

#[test]
fn overrides_are_read_as_yaml() {
    let config = overridden(&[
        "vqvae.arch=resnet",
        "vqvae.weights.mse=1",
        "vqvae.weights={l1: 2, bce: 0}",
        "flow.dim_mults=[1, 3]",
        "flow.sampling.method=rk4",
        "train.steps=1e4",
        "data.path=2024",
    ])
    .unwrap();
    assert_eq!(config.vqvae.arch, Arch::Resnet);
    assert_eq!((config.vqvae.weights.mse, config.vqvae.weights.l1, config.vqvae.weights.bce), (1.0, 2.0, 0.0));
    assert_eq!(config.flow.dim_mults, [1, 3]);
    assert_eq!(config.flow.sampling.method, Method::Rk4);
    assert_eq!(config.train.steps, 10_000);
    assert!(config.to_yaml().contains("2024"));
}

#[test]
fn text_is_taken_as_typed() {
    for text in [
        "songs #1",
        "&new",
        "!new",
        "*",
        "'90s hits'",
        "\"q\"",
        "songs ",
        " songs",
        "a: b",
        "[x",
        "{y}",
        "null",
        "~",
        "no",
        "1e3",
        "- a",
        "%",
        "@",
        "`",
        "| b",
        "> c",
    ] {
        let config = overridden(&[&format!("data.path={text}")]).unwrap();
        assert_eq!(config.data.path.as_deref(), Some(Path::new(text)), "{text}");
        let again = Config::default().with_yaml(&config.to_yaml(), "itself").unwrap();
        assert_eq!(again, config, "{text}: {}", config.to_yaml());
    }
    assert_eq!(overridden(&["data.path="]).unwrap().data.path, None);
    let config = overridden(&["vqvae.arch='resnet'", "train.precision=\"f16\"", "data.tracks=[\"a #1\"]"]).unwrap();
    assert_eq!((config.vqvae.arch, &config.data.tracks[..]), (Arch::Resnet, &["a #1".to_owned()][..]));
}

/// What a user can do nothing with is not in a sentence, and what YAML 1.1 calls a truth may be a track.
#[test]
fn yaml_is_read_in_the_users_terms() {
    let yaml = |text: &str| Config::default().with_yaml(text, "my.yaml");
    let twice = yaml("train:\n  batch: 4\n  batch: 8\n").unwrap_err().to_string();
    assert!(twice.contains("`batch`") && twice.contains('3') && !twice.contains("Options"), "{twice}");
    let two = yaml("train:\n  batch: 4\n---\ntrain:\n  batch: 8\n").unwrap_err().to_string();
    assert!(two.contains("my.yaml") && two.contains("line 4") && !two.contains("from_str"), "{two}");
    assert_eq!(yaml("data:\n  tracks: [NO, on, y]\n").unwrap().data.tracks, ["NO", "on", "y"]);
    assert_eq!(overridden(&["data.tracks=[no]"]).unwrap().data.tracks, ["no"]);
    let config = yaml("data:\n  velocity: yes\n  drums: On\nvqvae:\n  neighbourhood: no\n").unwrap();
    assert!(config.data.velocity && config.data.drums && !config.vqvae.neighbourhood);
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    for (given, nearest) in [
        ("vqvae.hiden=3", "vqvae.hidden"),
        ("vqvea.hidden=3", "vqvae.hidden"),
        ("learning_rate=3", "train.learning_rate"),
        ("flow.batch=3", "train.batch"),
        ("vqvae.weights.bec=1", "vqvae.weights.bce"),
        ("vqvae={hiden: 3}", "vqvae.hidden"),
    ] {
        let sentence = refusal(&[given]);
        assert!(sentence.contains("unknown key `"), "{sentence}");
        assert!(sentence.ends_with(&format!("the nearest known key is `{nearest}`")), "{given}: {sentence}");
    }
    let error = Config::default().with_yaml("vqvae:\n  hiden: 3\n", "my.yaml").unwrap_err().to_string();
    assert_eq!(error, "configuration: unknown key `vqvae.hiden` (my.yaml); the nearest known key is `vqvae.hidden`");
}

#[test]
fn wrong_types_name_key_value_and_what_is_wanted() {
    for (given, wanted) in [
        ("train.steps=many", "`train.steps` (command line) is \"many\", but has to be a whole number, 0 or more"),
        ("train.steps=-1", "`train.steps` (command line) is -1, but has to be a whole number, 0 or more"),
        ("train.steps=1.5", "`train.steps` (command line) is 1.5, but has to be a whole number, 0 or more"),
        ("train.clip=yes please", "is \"yes please\", but has to be a number"),
        ("vqvae.neighbourhood=3", "is 3, but has to be true or false"),
        ("flow.dim_mults=4", "is 4, but has to be a list such as [1, 2, 4]"),
        ("vqvae.arch=resent", "is \"resent\", but has to be `resnet` or `patch`"),
        ("train.precision=f8", "`train.precision` (command line) is \"f8\", but has to be `f32` or `f16`"),
        ("vqvae.weights=3", "`vqvae.weights` (command line) is 3, but has to be a section of keys"),
        ("data.pitches=60", "is 60, but has to be two whole numbers such as [16, 111]"),
        ("data.pitches=[1, 2, 3]", "is [1,2,3], but has to be two whole numbers such as [16, 111]"),
        ("data.pitches=[-1, 90]", "is [-1,90], but has to be a whole number, 0 or more"),
        ("vqvae.norm=layer", "is \"layer\", but has to be `window` or `position`"),
        ("vqvae.hidden", "is not of the form section.key=value"),
        ("=3", "is not of the form section.key=value"),
    ] {
        let sentence = refusal(&[given]);
        assert!(sentence.contains(wanted), "{given}: {sentence}");
    }
    for text in ["- 1\n- 2\n", "hello", "vqvae: [1\n", "vqvae:\n  hidden: 1\n  hidden: 2\n", "{a: b: c}"] {
        let error = Config::default().with_yaml(text, "my.yaml").unwrap_err().to_string();
        assert!(error.contains("my.yaml") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_its_terms() {
    for (text, wanted) in [
        ("train:\n  batch: 4\n  batch: 8\n", "my.yaml gives the key `batch` a second time in line 3, column 3"),
        ("train:\n  batch: 4\ntrain:\n  steps: 8\n", "my.yaml gives the key `train` a second time in line 3, column 1"),
        ("train:\n  batch: 4\n---\ntrain:\n  batch: 8\n", "my.yaml has a second document in line 4"),
        ("data:\n  tracks: [true]\n", "`data.tracks` (my.yaml) is [true], but has to be text; put it in quotes"),
        ("data:\n  tracks: [2]\n", "`data.tracks` (my.yaml) is [2], but has to be text; put it in quotes"),
    ] {
        let error = Config::default().with_yaml(text, "my.yaml").unwrap_err().to_string();
        assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
    }
    let words = Config::default()
        .with_yaml("data:\n  tracks: [NO, on, y]\n  velocity: yes\n  drums: Off\n", "my.yaml")
        .unwrap();
    assert_eq!(words.data.tracks, ["NO", "on", "y"]);
    assert!(words.data.velocity && !words.data.drums);
}

#[test]
fn a_missing_file_is_named() {
    let error = Config::load(Some(Path::new("no/such.yaml")), &[]).unwrap_err().to_string();
    assert!(error.contains("no/such.yaml"), "{error}");
}

#[test]
fn impossible_sizes_are_refused() {
    for (given, part) in [
        (&["vqvae.patch=3"][..], "vqvae.patch is 3, but has to be one of 1, 2, 4, 8"),
        (&["data.steps=100", "vqvae.patch=8"], "128 x 100"),
        (&["vqvae.arch=resnet", "vqvae.patch=8", "vqvae.downsamples=5"], "vqvae.patch x 2^vqvae.downsamples = 256"),
        (&["vqvae.arch=resnet", "vqvae.downsamples=0"], "vqvae.downsamples is 0"),
        (&["vqvae.arch=resnet", "vqvae.downsamples=900"], "vqvae.downsamples is 900"),
        (&["vqvae.arch=resnet", "vqvae.patch=1", "vqvae.neighbourhood=true", "vqvae.hidden=12"], "8 heads"),
        (&["vqvae.arch=resnet", "vqvae.neighbourhood=true"], "smaller than the 7 x 7 window"),
        (&["vqvae.kernel=2"], "vqvae.kernel is 2"),
        (&["vqvae.codes=0"], "vqvae.codes is 0, but has to be at least 1"),
        (&["vqvae.levels=0"], "vqvae.levels is 0"),
        (&["vqvae.decay=1"], "vqvae.decay is 1, but has to be at least 0 and below 1"),
        (&["vqvae.weights.bce=0"], "no reconstruction term"),
        (&["vqvae.weights.mse=-1"], "vqvae.weights.mse is -1"),
        (&["flow.dim=6"], "not divisible by the 4 groups"),
        (&["flow.dim_mults=[]"], "flow.dim_mults is []"),
        (&["flow.dim_mults=[1,1,1,1,1,1,1]"], "would halve 6 times"),
        (&["flow.arch=transformer", "flow.width=48", "flow.rows=4"], "make it a multiple of 32"),
        (&["flow.arch=transformer", "flow.layers=0", "flow.rows=4"], "flow.layers is 0, but has to be at least 1"),
        (&["flow.arch=transformer", "flow.rows=5"], "flow.rows is 5, which does not divide the 32 rows of the latent"),
        (
            &["flow.arch=transformer", "flow.rows=4", "flow.n_classes=3"],
            "transformer, which has no classes; set it to 0",
        ),
        (&["flow.warp=0"], "flow.warp is 0"),
        (&["flow.sampling.guidance=2"], "needs classes"),
        (&["flow.classes=key"], "flow.n_classes is 0, but flow.classes is key"),
        (&["train.batch=0"], "train.batch is 0"),
        (&["train.batch=1e12"], "train.batch is 1000000000000, but has to be at most 65536"),
        (&["vqvae.hidden=1e15"], "vqvae.hidden is 1000000000000000, but has to be at most 65536"),
        (&["vqvae.latent=65"], "vqvae.latent is 65, but has to be at most 64"),
        (&["vqvae.blocks=1e9"], "vqvae.blocks is 1000000000, but has to be at most 256"),
        (&["flow.dim=512", "flow.dim_mults=[1,1000]"], "is 512000, but has to be at most 65536"),
        (&["train.learning_rate=0"], "train.learning_rate is 0, but has to be above 0"),
        (&["train.ema=1"], "train.ema is 1"),
        (&["train.beta2=1"], "train.beta2 is 1, but has to be at least 0 and below 1"),
        (&["data.pitches=[60, 40]"], "data.pitches is [60, 40]; it takes the lowest and the highest MIDI pitch"),
        (
            &["data.pitches=[0, 128]"],
            "data.pitches is [0, 128]; it takes the lowest and the highest MIDI pitch, 0 to 127",
        ),
        (&["data.pitches=[16, 112]"], "data.pitches are 97 pitches, but the codec takes multiples of 4 of them"),
        (&["vqvae.latent_noise=0.5"], "set vqvae.standardise to true, or leave the noise at 0"),
        (&["vqvae.standardise=true", "vqvae.latent_noise=-1"], "vqvae.latent_noise is -1"),
        (&["vqvae.arch=resnet", "vqvae.norm=position"], "are for the patch codec"),
        (&["vqvae.arch=resnet", "vqvae.output_bias=-3"], "are for the patch codec"),
    ] {
        let sentence = invalid(given);
        assert!(sentence.contains(part), "{given:?}: {sentence}");
    }
}

/// Texts that are designed to exhaust memory or time are each refused in one short line.
#[test]
fn a_malicious_configuration_gives_one_sentence() {
    let aliases = (1..40).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, i| {
        let before = format!("*a{}, ", i - 1).repeat(9);
        format!("{text}a{i}: &a{i} [{before}]\n")
    });
    let texts = [
        aliases,
        "[".repeat(100_000),
        format!("train: {}1{}", "[".repeat(5000), "]".repeat(5000)),
        "{a: ".repeat(50_000),
        format!("train:\n  {}: 1\n", "steps".repeat(20_000)),
        format!("data:\n  path: [{}]\n", "1, ".repeat(30_000)),
        "\"a\\nb\": 1\n".to_owned(),
        "train: !!binary 00\n".to_owned(),
        "train:\n  steps: 99999999999999999999999999\n".to_owned(),
        "\u{feff}\0\u{1}".to_owned(),
    ];
    for text in texts {
        let error = Config::default().with_yaml(&text, "hurts.yaml").unwrap_err().to_string();
        assert!(error.len() < 600 && !error.contains('\n'), "{error}");
    }
    let long = "vqvae.hiden".repeat(10_000);
    for text in [format!("{long}=1"), long, "train.steps=[".to_owned() + &"[".repeat(100_000)] {
        let error = refusal(&[text.as_str()]);
        assert!(error.len() < 600 && !error.contains('\n'), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.yaml");
    std::fs::write(&path, "#".repeat(300_000)).unwrap();
    let error = Config::load(Some(&path), &[]).unwrap_err().to_string();
    assert!(error.contains("cannot read this configuration: it is longer than 256 KiB"), "{error}");
}
