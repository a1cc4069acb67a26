use std::time::SystemTime;

use crate::response::labels::Labels;

/// A value at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// When, to the millisecond.
    pub at: SystemTime,
    /// The value; NaN and infinities are possible.
    pub value: f64,
}

/// A line in a graph: one of those that a range query over numbers finds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// What it is grouped by.
    pub labels: Labels,
    /// Its values, oldest first.
    pub points: Vec<Point>,
}

/// A number: one of those that an instant query finds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// What it is grouped by.
    pub labels: Labels,
    /// Its value.
    pub point: Point,
}
