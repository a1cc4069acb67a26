use crate::rule_tests::story::Part;

/// A series, and its parts.
pub(crate) type Span = (String, Vec<Part>);

/// Where a value is, seen from the threshold of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Beyond it.
    Fires,
    /// Well on the other side.
    Quiet,
    /// The same, and the process restarts halfway.
    QuietRestart,
    /// Beyond it, and the process restarts halfway.
    FiresRestart,
    /// Beyond it, by this number of bad events in all.
    Few(u32),
    /// Counters stand still.
    Idle,
    /// Nothing bad has happened since the start.
    NoBadSeries,
    /// Beyond it in one instance, and so much better in another that the sum is not.
    OneOfMany,
    /// There are no series.
    Gone,
}
