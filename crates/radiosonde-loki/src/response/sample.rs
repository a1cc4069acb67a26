use std::time::SystemTime;

use crate::response::labels::Labels;

/// A value at a point in time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// The time, to the millisecond.
    pub at: SystemTime,
    /// The value; NaN and infinities are possible.
    pub value: f64,
}

/// One of the series of a range query over numbers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The labels that it is grouped by.
    pub labels: Labels,
    /// Its values, oldest first.
    pub points: Vec<Point>,
}

/// One of the numbers of an instant query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// The labels that it is grouped by.
    pub labels: Labels,
    /// Its value.
    pub point: Point,
}
