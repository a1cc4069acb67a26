/// The format of the writers' lines. Sinks always get JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Format {
    /// Pretty if the writer is a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object per line.
    Json,
    /// For people: the time of day in UTC, level, module, message, fields, the enclosing spans with theirs, and the trace.
    /// An error's causes and texts of several lines follow below, indented. Other control characters are escaped here too,
    /// and only the first line of an event is not indented: no value can look like another event.
    Pretty,
}
