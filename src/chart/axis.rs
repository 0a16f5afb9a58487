//! Axes of a panel: limits, places and tick marks.

/// How an axis is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Division {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly from 0, with tick marks at whole numbers only: steps, counts.
    Whole,
    /// By logarithms. Values that are not positive are not drawn. Linear if no value is positive.
    Log,
}

/// Most tick marks of an even axis, about.
const TICKS: f64 = 6.0;
/// Fewest and most tick marks of a logarithmic axis.
const LOG_TICKS: std::ops::RangeInclusive<usize> = 3..=6;

/// An axis with limits.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    division: Division,
    low: f64,
    high: f64,
}

impl Axis {
    /// From the smallest to the largest value that can be drawn, or from 0 for whole numbers, widened if they are equal; 0 to 1 without values.
    pub fn of(division: Division, values: impl Iterator<Item = f64> + Clone) -> Self {
        let division = match division {
            Division::Log if !values.clone().any(|value| value.is_finite() && value > 0.0) => Division::Linear,
            division => division,
        };
        let zero = (division == Division::Whole).then_some(0.0);
        let drawn = || zero.into_iter().chain(values.clone()).filter(|&value| is_drawn(division, value));
        let (low, high) = (drawn().fold(f64::INFINITY, f64::min), drawn().fold(f64::NEG_INFINITY, f64::max));
        let (low, high) = match division {
            _ if low > high => (0.0, 1.0),
            _ if low < high => (low, high),
            Division::Log => (low / 2.0, low * 2.0),
            Division::Whole => (0.0, 1.0),
            Division::Linear if low == 0.0 => (-0.5, 0.5),
            Division::Linear => (low - low.abs() / 2.0, low + low.abs() / 2.0),
        };
        Self { division, low, high }
    }

    /// The place of a value as a share of the axis' length, not finite if it is not drawn.
    pub fn place(&self, value: f64) -> f64 {
        let share = |low: f64, value: f64, high: f64| (value - low) / (high - low);
        match self.division {
            _ if !is_drawn(self.division, value) => f64::NAN,
            Division::Log => share(self.low.ln(), value.ln(), self.high.ln()),
            Division::Linear | Division::Whole => share(self.low, value, self.high),
        }
    }

    /// Values of tick marks with their labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let logarithmic = if self.division == Division::Log { self.log_ticks() } else { None };
        match logarithmic {
            Some(ticks) => ticks.into_iter().map(|value| (value, label(value, value))).collect(),
            None => self.even_ticks().into_iter().map(|value| (value, label(value, self.even_step()))).collect(),
        }
    }

    /// 1, 2 or 5 times a power of ten.
    fn even_step(&self) -> f64 {
        let rough = (self.high - self.low) / TICKS;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        if self.division == Division::Whole { step.max(1.0).round() } else { step }
    }

    /// Multiples of the step.
    fn even_ticks(&self) -> Vec<f64> {
        let step = self.even_step();
        let (first, last) = ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        (first..=last).map(|number| number as f64 * step).collect()
    }

    /// Powers of ten, with as many multiples between them as there is room for; `None` if there are too few on a narrow axis.
    fn log_ticks(&self) -> Option<Vec<f64>> {
        let powers = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let within = |multiples: &[i32]| -> Vec<f64> {
            let ticks =
                powers.clone().flat_map(|power| multiples.iter().map(move |&m| f64::from(m) * 10f64.powi(power)));
            ticks.filter(|tick| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(tick)).collect()
        };
        let sets: [&[i32]; 4] = [&[1], &[1, 3], &[1, 2, 5], &[1, 2, 3, 4, 5, 6, 7, 8, 9]];
        let fits = |ticks: &Vec<f64>| LOG_TICKS.contains(&ticks.len());
        sets.into_iter().map(within).find(fits)
    }
}

fn is_drawn(division: Division, value: f64) -> bool {
    value.is_finite() && (division != Division::Log || value > 0.0)
}

/// A number with the decimals of `step`, with an exponent if it is very small or very large.
fn label(value: f64, step: f64) -> String {
    if value != 0.0 && !(1e-4..1e7).contains(&value.abs()) {
        return format!("{value:.0e}");
    }
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 6.0);
    format!("{value:.0$}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(division: Division, values: &[f64]) -> Vec<String> {
        Axis::of(division, values.iter().copied()).ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn steps_have_whole_tick_marks_from_zero() {
        assert_eq!(labels(Division::Whole, &[1.0, 3.0]), ["0", "1", "2", "3"]);
        assert_eq!(labels(Division::Whole, &[425.0, 850.0]), ["0", "200", "400", "600", "800"]);
        assert_eq!(labels(Division::Whole, &[50.0, 20_000.0]), ["0", "5000", "10000", "15000", "20000"]);
    }

    #[test]
    fn losses_have_powers_of_ten_or_parts_of_them() {
        assert_eq!(labels(Division::Log, &[0.002, 3.0, -1.0, f64::NAN]), ["0.01", "0.1", "1"]);
        assert_eq!(labels(Division::Log, &[0.04, 0.6]), ["0.05", "0.1", "0.2", "0.5"]);
        assert_eq!(labels(Division::Log, &[0.41, 0.43]), ["0.410", "0.415", "0.420", "0.425", "0.430"]);
        let axis = Axis::of(Division::Log, [0.01, 1.0].into_iter());
        assert!((axis.place(0.1) - 0.5).abs() < 1e-9 && axis.place(0.0).is_nan());
    }

    #[test]
    fn every_axis_has_limits() {
        assert_eq!(labels(Division::Linear, &[]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Division::Log, &[0.0]), ["-0.4", "-0.2", "0.0", "0.2", "0.4"]);
        assert_eq!(labels(Division::Whole, &[0.0]), ["0", "1"]);
        assert_eq!(labels(Division::Linear, &[0.001]), ["0.0006", "0.0008", "0.0010", "0.0012", "0.0014"]);
        assert!(!labels(Division::Log, &[3.0]).is_empty() && !labels(Division::Linear, &[3.0]).is_empty());
    }
}
