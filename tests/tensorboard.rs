//! Event files, read by a reader that shares no code with the writer.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::program::Place;
use flocoder::data::picture::Picture;
use flocoder::train::run::events::Events;

/// The contents of a file's records, each checked against its checksums.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_at(8);
        let (length_sum, after) = after.split_at(4);
        let size = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        let (content, after) = after.split_at(size);
        let (content_sum, after) = after.split_at(4);
        for (data, sum) in [(length, length_sum), (content, content_sum)] {
            assert_eq!(masked(crc32c(data)), u32::from_le_bytes(sum.try_into().unwrap()));
        }
        found.push(content.to_vec());
        rest = after;
    }
    found
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        for bit in 0..8 {
            let feedback = (crc ^ u32::from(byte >> bit)) & 1;
            crc = (crc >> 1) ^ (0x82f6_3b78 * feedback);
        }
    }
    crc ^ u32::MAX
}

fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A field's value as it is on the wire.
#[derive(Debug, Clone, PartialEq)]
enum Wire {
    Varint(u64),
    Eight(u64),
    Four(u32),
    Bytes(Vec<u8>),
}

impl Wire {
    fn bytes(&self) -> &[u8] {
        let Self::Bytes(bytes) = self else { panic!("{self:?} is no bytes") };
        bytes
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }

    fn double(&self) -> f64 {
        let Self::Eight(bits) = self else { panic!("{self:?} is no double") };
        f64::from_bits(*bits)
    }

    fn float(&self) -> f32 {
        let Self::Four(bits) = self else { panic!("{self:?} is no float") };
        f32::from_bits(*bits)
    }

    fn integer(&self) -> u64 {
        let Self::Varint(value) = self else { panic!("{self:?} is no integer") };
        *value
    }

    fn doubles(&self) -> Vec<f64> {
        self.bytes().chunks_exact(8).map(|eight| f64::from_le_bytes(eight.try_into().unwrap())).collect()
    }
}

type Fields = BTreeMap<u64, Vec<Wire>>;

/// A message's fields by number.
fn fields(bytes: &[u8]) -> Fields {
    let mut at = 0;
    let varint = |at: &mut usize| {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[*at];
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
        }
        unreachable!()
    };
    let mut fields = Fields::new();
    while at < bytes.len() {
        let key = varint(&mut at);
        let size = match key & 7 {
            0 => {
                let value = varint(&mut at);
                fields.entry(key >> 3).or_default().push(Wire::Varint(value));
                continue;
            }
            1 => 8,
            2 => varint(&mut at) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let part = &bytes[at..at + size];
        at += size;
        fields.entry(key >> 3).or_default().push(match key & 7 {
            1 => Wire::Eight(u64::from_le_bytes(part.try_into().unwrap())),
            5 => Wire::Four(u32::from_le_bytes(part.try_into().unwrap())),
            _ => Wire::Bytes(part.to_vec()),
        });
    }
    fields
}

/// (step, tag, the value's fields) of all summaries in a folder's event files, and the steps that processes began at.
fn read(folder: &Path) -> (Vec<(u64, String, Fields)>, Vec<u64>) {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_string_lossy().contains(".tfevents."));
    files.sort();
    let (mut values, mut starts) = (Vec::new(), Vec::new());
    for file in files {
        let records = records(&std::fs::read(file).unwrap());
        let first = fields(&records[0]);
        assert_eq!(first[&3][0].text(), "brain.Event:2");
        for record in &records {
            let event = fields(record);
            assert!(event[&1][0].double() > 1.7e9, "a time before the program was written");
            let step = event.get(&2).map_or(0, |step| step[0].integer());
            if let Some(session) = event.get(&7) {
                assert_eq!(fields(session[0].bytes())[&1], [Wire::Varint(1)]);
                starts.push(step);
            }
            for summary in event.get(&5).into_iter().flatten() {
                for value in &fields(summary.bytes())[&1] {
                    let value = fields(value.bytes());
                    values.push((step, value[&1][0].text(), value));
                }
            }
        }
    }
    (values, starts)
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut picture = Picture::new(300, 2, [1, 2, 3]);
    picture.set(299, 1, [9, 8, 7]);
    let mut events = Events::create(folder.path(), 0).unwrap();
    events.scalars(1, "train", &[("loss", 0.25), ("none", f64::NAN)]).unwrap();
    events.histogram(300, "codes/level_0", &[3, 0, 1]).unwrap();
    let mut again = Events::create(folder.path(), 300).unwrap();
    again.image(u64::from(u32::MAX) + 1, "samples", &picture).unwrap();
    let (values, starts) = read(folder.path());
    assert_eq!(starts, [301]);
    let tags: Vec<_> = values.iter().map(|(step, tag, _)| (*step, tag.as_str())).collect();
    let last = u64::from(u32::MAX) + 1;
    assert_eq!(tags, [(1, "train/loss"), (1, "train/none"), (300, "codes/level_0"), (last, "samples")]);
    assert_eq!(values[0].2[&2][0].float(), 0.25);
    assert!(values[1].2[&2][0].float().is_nan());
    let histogram = fields(values[2].2[&5][0].bytes());
    let numbers: Vec<f64> = (1..=5).map(|field| histogram[&field][0].double()).collect();
    assert_eq!(numbers, [0.0, 2.0, 4.0, 2.0, 4.0], "least, most, count, sum, sum of squares");
    assert_eq!(histogram[&6][0].doubles(), [0.5, 1.5, 2.5]);
    assert_eq!(histogram[&7][0].doubles(), [3.0, 0.0, 1.0]);
    let image = fields(values[3].2[&4][0].bytes());
    assert_eq!((image[&1][0].integer(), image[&2][0].integer(), image[&3][0].integer()), (2, 300, 3));
    assert_eq!(image[&4][0].bytes(), picture.png(&[]));
}

#[test]
fn event_files_and_the_log_of_a_run_have_the_same_metrics() {
    let Some(place) = Place::trained("tensorboard") else { return };
    let speed = |values: &[(u64, String, Fields)]| values.iter().any(|value| value.1 == "train/samples_per_second");
    for (run, pictures) in [("codec", &["codes", "curves", "reconstructions"][..]), ("flow", &["curves", "samples"])] {
        let (values, starts) = read(&place.path(run).join("events"));
        assert!(starts.is_empty() && speed(&values));
        for line in place.metrics(run) {
            for (name, number) in
                line.as_object().unwrap().iter().filter(|(name, _)| *name != "step" && *name != "phase")
            {
                let tag = format!("{}/{name}", line["phase"].as_str().unwrap());
                let found =
                    values.iter().find(|(step, found, _)| Some(*step) == line["step"].as_u64() && *found == tag);
                let (_, _, value) = found.unwrap_or_else(|| panic!("{tag} is missing"));
                assert_eq!(value[&2][0].float(), number.as_f64().unwrap() as f32, "{tag}");
            }
        }
        let mut images: Vec<_> = values.iter().filter(|value| value.2.contains_key(&4)).map(|value| &value.1).collect();
        images.sort();
        images.dedup();
        assert_eq!(images, pictures);
        let sounds: Vec<_> = values.iter().filter(|value| value.2.contains_key(&6)).collect();
        assert_eq!(sounds.is_empty(), run == "codec");
        for (_, tag, value) in sounds {
            let audio = fields(value[&6][0].bytes());
            let wav = hound::WavReader::new(audio[&4][0].bytes()).unwrap();
            assert!(["samples/0", "samples/1"].contains(&tag.as_str()));
            assert_eq!((wav.spec().channels, wav.spec().sample_rate as f32), (1, audio[&1][0].float()));
            assert_eq!((u64::from(wav.duration()), audio[&2][0].integer()), (audio[&3][0].integer(), 1));
            assert_eq!(audio[&5][0].text(), "audio/wav");
        }
        let levels = values.iter().filter(|value| value.2.contains_key(&5)).count();
        assert_eq!(levels > 0, run == "codec");
    }
}
