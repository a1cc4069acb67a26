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
