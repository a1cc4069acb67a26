/// The number of fractional digits of a line's timestamp.
///
/// The timestamp is that of the layer's clock, truncated and not rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TimestampPrecision {
    /// Three: `2026-01-01T00:00:00.000Z`.
    Millis,
    /// Six: `2026-01-01T00:00:00.000000Z`.
    Micros,
    /// Nine: `2026-01-01T00:00:00.000000000Z`.
    Nanos,
}
