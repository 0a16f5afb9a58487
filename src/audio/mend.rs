//! SoundFonts as other programs write them, mended for the synthesiser, which refuses a whole file for one fault.
//!
//! Chunks other than those needed are left out. Records with references to nothing, and regions whose samples are outside the
//! data, are left out. A loop outside the data is removed: the sample then plays once. The format: SoundFont Technical
//! Specification 2.04, sections 4 to 8.

use super::riff::{Chunk, chunks};

/// Generators: the instrument of a preset's zone and the sample of an instrument's zone, which come last in it.
const INSTRUMENT: u16 = 41;
const SAMPLE: u16 = 53;
/// Generators that move the start, end, start and end of the loop of a sample, by 1 and by 32,768 samples.
const OFFSETS: [[u16; 2]; 4] = [[0, 4], [1, 12], [2, 45], [3, 50]];
/// The pitch of a sample that has none: middle C.
const NO_PITCH: u8 = 60;

/// A mended file: the bytes before the samples, the samples, and the bytes after them.
pub(super) struct Mended<'a> {
    pub before: Vec<u8>,
    pub samples: &'a [u8],
    pub after: Vec<u8>,
}

/// Mends a file.
///
/// # Errors
/// A clause if the bytes are not a SoundFont, are cut off, have compressed samples, or lack a needed chunk.
pub(super) fn mend(file: &[u8]) -> Result<Mended<'_>, String> {
    if !file.starts_with(b"RIFF") || file.get(8..12) != Some(b"sfbk") {
        return Err("is not a SoundFont: expected RIFF at byte 0 and sfbk at byte 8; give an .sf2 file".into());
    }
    let lists = chunks(&file[12..]);
    let all: Vec<Chunk<'_>> = lists
        .iter()
        .filter(|list| list.id == b"LIST")
        .flat_map(|list| chunks(list.body.get(4..).unwrap_or_default()))
        .collect();
    let chunk = |id: &[u8; 4]| {
        let found = all.iter().find(|chunk| chunk.id == id);
        let name = String::from_utf8_lossy(id);
        match found {
            Some(chunk) if chunk.missing == 0 => Ok(chunk.body),
            Some(chunk) => Err(format!(
                "is a SoundFont that is cut off at byte {}: expected {} bytes more of its chunk {name}; get the whole file",
                file.len(),
                chunk.missing
            )),
            None => Err(format!(
                "is not a complete SoundFont: expected a chunk {name} before its end at byte {}; get the whole file",
                file.len()
            )),
        }
    };
    let samples = chunk(b"smpl")?;
    let samples = &samples[..samples.len() / 2 * 2];
    if samples.starts_with(b"OggS") {
        return Err("is a SoundFont with compressed samples (.sf3), which cannot be played; give an .sf2 file".into());
    }
    let headers: Vec<Sample> =
        records::<46>(chunk(b"shdr")?).map(|bytes| Sample::read(bytes, samples.len() / 2)).collect();
    let mut instruments = groups::<22>(chunk(b"inst")?, 20, chunk(b"ibag")?, chunk(b"igen")?);
    let sounding =
        |zone: &Zone, global: &Zone| headers.get(usize::from(zone.last()?.1)).filter(|s| s.plays(zone, global));
    instruments.iter_mut().for_each(|group| group.keep(SAMPLE, |zone, global| sounding(zone, global).is_some()));
    let mut presets = groups::<38>(chunk(b"phdr")?, 24, chunk(b"pbag")?, chunk(b"pgen")?);
    let known = |zone: &Zone| zone.last().is_some_and(|&(_, instrument)| usize::from(instrument) < instruments.len());
    presets.iter_mut().for_each(|group| group.keep(INSTRUMENT, |zone, _| known(zone)));
    if instruments.iter().all(|group| group.zones.iter().all(|zone| !ends_in(zone, SAMPLE))) || presets.is_empty() {
        return Err("is a SoundFont without a sample that can be played; give another one".into());
    }

    let info = list(b"INFO", &[written(b"ifil", &[2, 0, 1, 0])]);
    let mut headers: Vec<u8> = headers.iter().flat_map(|sample| sample.bytes).collect();
    headers.extend([0; 46]);
    let [phdr, pbag, pgen] = ungrouped(&presets, 38, 24);
    let [inst, ibag, igen] = ungrouped(&instruments, 22, 20);
    let modulators = [0; 10];
    let parameters = [
        written(b"phdr", &phdr),
        written(b"pbag", &pbag),
        written(b"pmod", &modulators),
        written(b"pgen", &pgen),
        written(b"inst", &inst),
        written(b"ibag", &ibag),
        written(b"imod", &modulators),
        written(b"igen", &igen),
        written(b"shdr", &headers),
    ];
    let after = list(b"pdta", &parameters);
    let mut before = b"RIFF".to_vec();
    before.extend(length(12 + info.len() + 12 + samples.len() + after.len() + 4));
    before.extend(b"sfbk".iter().chain(&info).chain(b"LIST"));
    before.extend(length(12 + samples.len()));
    before.extend(b"sdtasmpl");
    before.extend(length(samples.len()));
    Ok(Mended { before, samples, after })
}

/// Generators and their values.
type Zone = Vec<(u16, u16)>;

/// A preset or an instrument.
struct Group {
    /// Its record, without the index of its first zone.
    record: Vec<u8>,
    zones: Vec<Zone>,
}

impl Group {
    /// Keeps the zones that end in generator `last` and are `good`, given themselves and the global zone. The first zone is the global
    /// one if it has another end. There is at least one zone afterwards.
    fn keep(&mut self, last: u16, good: impl Fn(&Zone, &Zone) -> bool) {
        let mut zones = std::mem::take(&mut self.zones).into_iter().peekable();
        let global = zones.next_if(|zone| !ends_in(zone, last)).unwrap_or_default();
        self.zones = zones.filter(|zone| ends_in(zone, last) && good(zone, &global)).collect();
        if !global.is_empty() || self.zones.is_empty() {
            self.zones.insert(0, global);
        }
    }
}

fn ends_in(zone: &Zone, generator: u16) -> bool {
    zone.last().is_some_and(|last| last.0 == generator)
}

/// The header of a sample.
struct Sample {
    bytes: [u8; 46],
    /// Start, end, start and end of the loop.
    points: [i64; 4],
    /// Number of samples in the file.
    count: i64,
}

impl Sample {
    fn read(mut bytes: [u8; 46], count: usize) -> Self {
        let count = count as i64;
        let mut points = [20, 24, 28, 32]
            .map(|at| i64::from(u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])));
        points[1] = points[1].min(count - 1);
        if points[2] >= count || points[3] >= count {
            (points[2], points[3]) = (points[0], points[0]);
        }
        for (at, point) in [20, 24, 28, 32].into_iter().zip(points) {
            bytes[at..at + 4].copy_from_slice(&(point.max(0) as u32).to_le_bytes());
        }
        if bytes[40] > 127 {
            bytes[40] = NO_PITCH;
        }
        Self { bytes, points, count }
    }

    /// Whether the sample is within the data in a zone.
    fn plays(&self, zone: &Zone, global: &Zone) -> bool {
        let value = |generator: u16| {
            let set = zone.iter().rev().chain(global.iter().rev()).find(|(kind, _)| *kind == generator);
            set.map_or(0, |&(_, value)| i64::from(value as i16))
        };
        let moved = |i: usize| self.points[i] + value(OFFSETS[i][0]) + 32_768 * value(OFFSETS[i][1]);
        let rate = u32::from_le_bytes([self.bytes[36], self.bytes[37], self.bytes[38], self.bytes[39]]);
        let within = |i: usize| (0..self.count).contains(&moved(i));
        rate > 0 && moved(0) < moved(1) && (0..4).all(within)
    }
}

/// Whole records of `N` bytes, without the last one, which only ends the list.
fn records<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    let (records, _) = bytes.as_chunks::<N>();
    records[..records.len().saturating_sub(1)].iter().copied()
}

fn word(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(<[u8]>::first_chunk).map_or(0, |word| u16::from_le_bytes(*word))
}

/// Presets or instruments: records of `N` bytes with the index of the first zone at `index`, zones, generators. Indices beyond
/// the end, or before the previous one, give an empty range.
fn groups<const N: usize>(records: &[u8], index: usize, zones: &[u8], generators: &[u8]) -> Vec<Group> {
    let (records, _) = records.as_chunks::<N>();
    let (zones, generators) = (zones.as_chunks::<4>().0, generators.as_chunks::<4>().0);
    let zone = |pair: &[[u8; 4]]| -> Zone {
        let range = usize::from(word(&pair[0], 0))..usize::from(word(&pair[1], 0));
        generators.get(range).unwrap_or_default().iter().map(|g| (word(g, 0), word(g, 2))).collect()
    };
    let group = |pair: &[[u8; N]]| {
        let range = usize::from(word(&pair[0], index))..usize::from(word(&pair[1], index)) + 1;
        let zones = zones.get(range).unwrap_or_default().windows(2).map(zone).collect();
        Group { record: pair[0].to_vec(), zones }
    };
    records.windows(2).map(group).collect()
}

/// The bytes of the records, zones and generators of presets or instruments.
fn ungrouped(groups: &[Group], record: usize, index: usize) -> [Vec<u8>; 3] {
    let (mut records, mut zones, mut generators) = (Vec::new(), Vec::new(), Vec::new());
    let last = Group { record: vec![0; record], zones: vec![Vec::new()] };
    for group in groups.iter().chain([&last]) {
        let at = records.len() + index;
        records.extend(&group.record);
        records[at..at + 2].copy_from_slice(&((zones.len() / 4) as u16).to_le_bytes());
        for zone in &group.zones {
            zones.extend(((generators.len() / 4) as u16).to_le_bytes());
            zones.extend([0; 2]);
            generators
                .extend(zone.iter().flat_map(|(kind, value)| [kind.to_le_bytes(), value.to_le_bytes()]).flatten());
        }
    }
    generators.extend([0; 4]);
    [records, zones, generators]
}

fn length(bytes: usize) -> [u8; 4] {
    (bytes as u32).to_le_bytes()
}

fn written(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &length(body.len()), body].concat()
}

fn list(id: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    written(b"LIST", &[&id[..], &chunks.concat()].concat())
}
