//! Pictures for viewing: sheets and comparisons of rolls, and panels of curves.

use flocoder::chart::comparison::{nearest, reconstructions};
use flocoder::chart::sheet::contact_sheet;
use flocoder::chart::{CURVES, Curve, Panel, panel};
use flocoder::data::corpus;
use flocoder::data::music::roll::{Note, Roll};
use flocoder::data::picture::Picture;

fn roll(pitches: &[u8]) -> Roll {
    let note = |(i, &pitch): (usize, &u8)| Note { start: 2 * i as u32, duration: 4, pitch, velocity: 80 };
    Roll::new(128, pitches.iter().enumerate().map(note).collect())
}

/// Whether a pixel is clearly of one colour channel: 0 red, 2 blue.
fn is_mostly(pixel: [u8; 3], channel: usize) -> bool {
    (0..3).filter(|&other| other != channel).all(|other| u32::from(pixel[channel]) > 60 + u32::from(pixel[other]))
}

fn count(picture: &Picture, channel: usize) -> usize {
    picture.rgb.chunks(3).filter(|pixel| is_mostly([pixel[0], pixel[1], pixel[2]], channel)).count()
}

#[test]
fn sheets_show_the_pitches_in_use_only() {
    let (narrow, wide) = (roll(&[60, 64, 67]), roll(&[20, 64, 110]));
    let of = |rolls: &[Roll]| contact_sheet(rolls, 4);
    let low = of(&[narrow.clone(), narrow.clone()]);
    assert!(low.height < 128, "{} pixels for two octaves of 3 pixels a pitch", low.height);
    assert!(of(&[narrow.clone(), wide.clone()]).height > 3 * 90, "a roll is cut");
    // Each row is cropped to its own pitches: a stray note enlarges one row.
    let rows = of(&[narrow.clone(), narrow.clone(), narrow.clone(), narrow.clone(), wide.clone()]);
    assert!(rows.height < of(&[vec![wide.clone(); 4], vec![narrow; 4]].concat()).height + 1);
    // As many onsets as notes, of 2 x 3 pixels each, besides the legend.
    let onsets = |rolls: &[Roll]| count(&of(rolls), 0);
    assert_eq!(onsets(&[wide.clone(), wide.clone()]) - onsets(std::slice::from_ref(&wide)), 3 * 2 * 3);
    assert!(of(&[]).width > 0 && of(&[Roll::new(128, Vec::new())]).height > 0);
}

#[test]
fn differences_are_red_where_missing_and_blue_where_added() {
    let whole = corpus::compose(0, 0).merged().window(0, 128);
    let without_bass = Roll::new(128, whole.notes().iter().copied().filter(|note| note.pitch >= 50).collect());
    let equal = reconstructions(&[(whole.clone(), whole.clone())]);
    let missing = reconstructions(&[(whole.clone(), without_bass.clone())]);
    let added = reconstructions(&[(without_bass, whole.clone())]);
    assert!(count(&missing, 0) > count(&equal, 0) && count(&missing, 2) == count(&equal, 2));
    assert!(count(&added, 2) > count(&equal, 2));
    assert_eq!((equal.width, equal.height), (missing.width, missing.height));
    let many = vec![
        (
            "a title that is far longer than a roll is wide, so that it is cut at its end".to_owned(),
            whole.clone(),
            whole
        );
        5
    ];
    let (four, five) = (nearest(&many[..4]), nearest(&many));
    assert!(four.width == five.width && five.height > four.height, "a fifth pair is below the first");
}

#[test]
fn a_legend_names_every_curve() {
    let curve = |(i, &colour): (usize, &_)| {
        let points = (0..40).map(|x| (f64::from(x), 1.0)).collect();
        Curve { name: format!("level {i} with a long name"), points, colour, filled: false }
    };
    let curves: Vec<Curve> = CURVES.iter().enumerate().map(curve).collect();
    let panels = [Panel { title: "levels".to_owned(), curves, ..Panel::default() }, Panel::default()];
    let picture = panel::sheet(&panels, 2);
    for colour in CURVES {
        use embedded_graphics::pixelcolor::RgbColor;
        let swatch = [colour.r(), colour.g(), colour.b()];
        let pixels = picture.rgb.chunks(3).filter(|pixel| *pixel == swatch).count();
        assert!(pixels >= 30, "{swatch:?} has {pixels} pixels");
    }
}
