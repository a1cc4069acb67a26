use radiosonde_appender::Output;
use radiosonde_queue::Rank;

use crate::writing::forward::Forward;
use crate::writing::style::Style;
use crate::writing::watched;

/// The outputs and sinks of a layer.
#[derive(Debug)]
pub(crate) struct Outputs {
    pub(crate) writers: Vec<StyledOutput>,
    pub(crate) sinks: Vec<Forward>,
}

/// An output, and the style of its lines.
#[derive(Debug)]
pub(crate) struct StyledOutput {
    pub(crate) output: Output,
    pub(crate) style: Style,
}

impl StyledOutput {
    /// Writes a line with its line feed.
    #[inline]
    pub(crate) fn write(&self, line: &str, rank: Rank) {
        if watched::is_line() {
            watched::write(&self.output, line, rank);
        } else {
            self.output.write(line.as_bytes(), rank);
        }
    }
}
