//! Cases with a NaN or an infinity in an input: which outputs are finite.

use flocoder::bench::Case;
use flocoder::bench::case::Input;
use flocoder::dtype::Dtype;
use flocoder::reference::Array;
use flocoder::rng::Philox;

/// Inputs of kernels that are finite, since the program draws or counts them: times, and the state of the loss scale.
const FINITE: [(&str, usize); 2] = [("sinusoidal_time", 0), ("loss_scale", 1)];

/// Kernels that multiply zeros with whatever is there: of the padding of an image, or of a gradient of which only the sum over a head's
/// channels is needed.
const MULTIPLY_ZEROS: [&str; 4] = ["conv_fwd", "conv_dx", "conv_dw", "projected_attention"];

/// Runs each case with each value at one place of each of its inputs of floats, and describes the outputs that are finite where the
/// reference is not, or the other way round, and the indices that differ. `run` returns the outputs and their element types.
pub fn differences(
    cases: Vec<Case>,
    values: &[f64],
    mut run: impl FnMut(&Case) -> Vec<(Dtype, Vec<f64>)>,
) -> Vec<String> {
    let mut found = Vec::new();
    for mut case in cases.into_iter().filter(|case| case.reference.is_some()) {
        let planted = |&i: &usize| case.inputs[i].dtype == Dtype::F32 && !FINITE.contains(&(case.kernel, i));
        for which in (0..case.inputs.len()).filter(planted).collect::<Vec<_>>() {
            for &value in values {
                let original = plant(&mut case, which, value);
                let what = format!("{} {}, {value} in input {which}", case.kernel, case.shape);
                found.extend(compare(&case, run(&case)).into_iter().map(|how| format!("{what}: {how}")));
                case.inputs[which] = original;
            }
        }
    }
    found
}

/// Replaces an element of an input, a random one or the first value of linear attention, and returns the input as it was.
fn plant(case: &mut Case, which: usize, value: f64) -> Input {
    let input = &case.inputs[which];
    let mut array = input.array();
    let place = match case.kernel {
        "linear_attention" | "linear_attention_fwd" if which == 0 => array.channels() / 3 * 2,
        _ => Philox::new(which as u64, 7).below(array.data.len()),
    };
    array.data[place] = value;
    let planted = Input::from_fn(&input.shape.clone(), move |i| array.data[i]);
    std::mem::replace(&mut case.inputs[which], planted)
}

/// At most one difference of each kind.
fn compare(case: &Case, outputs: Vec<(Dtype, Vec<f64>)>) -> Vec<String> {
    let arrays: Vec<Array> = case.inputs.iter().map(Input::array).collect();
    let reference = case.reference.as_ref().expect("a case with a reference");
    let [mut hidden, mut spread, mut index] = [const { None }; 3];
    for (number, ((dtype, got), want)) in outputs.into_iter().zip(reference(&arrays)).enumerate() {
        for (at, (got, &want)) in got.into_iter().zip(&want.data).enumerate() {
            let place = match (got.is_finite(), want.is_finite()) {
                (true, true) if dtype == Dtype::U32 && got != want => &mut index,
                (true, false) => &mut hidden,
                (false, true) if !MULTIPLY_ZEROS.contains(&case.kernel) => &mut spread,
                _ => continue,
            };
            place.get_or_insert_with(|| format!("output {number}[{at}] is {got}, not {want}"));
        }
    }
    [hidden, spread, index].into_iter().flatten().collect()
}
