use std::error::Error;
use std::fmt;

/// The longest window, in values.
pub(crate) const MAX_WINDOW: usize = 10_000;
/// The share of the window, as a divisor, that may differ from the rest without being usual.
pub(crate) const MAX_SHARE: usize = 3;
/// The most slots of a season.
pub(crate) const MAX_SLOTS: usize = 1_440;

/// Options with which no detector works.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum InvalidAnomalyOptions {
    /// The interval is zero.
    Interval,
    /// The half-life is not a number above 0.
    HalfLife(f64),
    /// The window has too few or too many values.
    Window(usize),
    /// The values of the warm-up do not fit into the window.
    WarmUp {
        /// The warm-up.
        warm_up: usize,
        /// The window.
        window: usize,
    },
    /// A new level is adopted never, or after more values than a third of the window.
    AdoptAfter {
        /// After how many values.
        adopt_after: usize,
        /// The window.
        window: usize,
    },
    /// A floor of the deviation is negative or not a number.
    Floor(f64),
    /// The threshold is not a number above 0.
    Threshold(f64),
    /// The threshold to leave is not a number above 0, or above the threshold to enter.
    LeaveThreshold {
        /// The threshold to leave.
        leave_threshold: f64,
        /// The threshold to enter.
        threshold: f64,
    },
    /// The state changes after 0 values.
    Run,
    /// The season has too few or too many slots.
    Slots(usize),
    /// The slots of the season are shorter than the interval.
    Slot {
        /// The number of slots.
        slots: usize,
        /// The length of a slot, in intervals.
        slot: f64,
    },
}

impl fmt::Display for InvalidAnomalyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interval => f.write_str("invalid interval 0: expected a time such as 10 s"),
            Self::HalfLife(value) => {
                write!(f, "invalid half-life {value}: expected a number of intervals above 0")
            }
            Self::Window(values) => {
                write!(f, "invalid window {values}: expected from 4 to {MAX_WINDOW} values")
            }
            Self::WarmUp { warm_up, window } => {
                write!(f, "invalid warm-up {warm_up}: expected from 2 to {window} values, the window")
            }
            Self::AdoptAfter { adopt_after, window } => {
                let most = window / MAX_SHARE;
                write!(
                    f,
                    "invalid adoption after {adopt_after}: expected from 1 to {most} values, a third of the window"
                )
            }
            Self::Floor(value) => {
                write!(f, "invalid floor {value}: expected a finite number that is not negative")
            }
            Self::Threshold(value) => {
                write!(f, "invalid threshold {value}: expected a number of deviations above 0")
            }
            Self::LeaveThreshold { leave_threshold, threshold } => {
                write!(
                    f,
                    "invalid leave threshold {leave_threshold}: expected above 0 and at most {threshold}, the threshold"
                )
            }
            Self::Run => f.write_str("invalid run 0: expected to enter and to leave after 1 value or more"),
            Self::Slots(slots) => {
                write!(f, "invalid season of {slots} slots: expected from 2 to {MAX_SLOTS}")
            }
            Self::Slot { slots, slot } => {
                write!(
                    f,
                    "invalid season of {slots} slots of {slot:.2} intervals: expected slots of 1 interval or more"
                )
            }
        }
    }
}

impl Error for InvalidAnomalyOptions {}
