use crate::anomalies::anomaly_options::AnomalyOptions;

/// Whether values are anomalous, with a higher threshold to enter than to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Hysteresis {
    is_anomalous: bool,
    /// The number of consecutive values that ask for the other state.
    run: u32,
}

impl Hysteresis {
    /// Adds a value at this distance from the expected one; returns whether the values are anomalous.
    pub(crate) fn add(&mut self, distance: f64, options: &AnomalyOptions) -> bool {
        let (changes, after) = if self.is_anomalous {
            (distance < options.leaves_below(), options.leave_after)
        } else {
            (distance >= options.threshold, options.enter_after)
        };
        self.run = if changes { self.run + 1 } else { 0 };
        if self.run >= after {
            *self = Self { is_anomalous: !self.is_anomalous, run: 0 };
        }
        self.is_anomalous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(options: &AnomalyOptions, distances: &[f64]) -> Vec<bool> {
        let mut hysteresis = Hysteresis::default();
        distances.iter().map(|distance| hysteresis.add(*distance, options)).collect()
    }

    #[test]
    fn values_enter_at_the_threshold_and_leave_below_the_lower_one() {
        let options = AnomalyOptions::new().threshold(4.0).enter_after(2).leave_after(3);
        let far = states(&options, &[4.0, 3.9, 4.0, 4.0, 2.0, 1.9, 1.9, 2.0, 1.9, 1.9, 1.9, 4.0, 4.0]);
        let expected = [false, false, false, true, true, true, true, true, true, true, false, false, true];
        assert_eq!(far, expected);
    }

    #[test]
    fn a_single_value_is_enough_if_so_chosen() {
        let options = AnomalyOptions::new().threshold(4.0).leave_threshold(4.0).enter_after(1).leave_after(1);
        assert_eq!(states(&options, &[3.9, 4.0, 3.9]), [false, true, false]);
    }
}
