use crate::program::Program;
use crate::tool::Tool;

/// Prometheus' own checker.
#[derive(Debug)]
pub struct Promtool {
    tool: Tool,
}

impl Promtool {
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    #[must_use]
    #[track_caller]
    pub fn find() -> Option<Self> {
        Tool::find(Program::Promtool).map(|tool| Self { tool })
    }

    /// `promtool check metrics`: does the text (Prometheus text 0.0.4) parse, and is there nothing to say about names, units and
    /// help?
    ///
    /// # Errors
    /// All that it printed, if it printed anything or did not like the text.
    ///
    /// # Panics
    /// When it cannot be run.
    pub fn check_metrics(&self, text: &str) -> Result<(), String> {
        match self.tool.run_on(text, ["check", "metrics"]) {
            Ok(printed) if printed.is_empty() => Ok(()),
            Ok(printed) | Err(printed) => Err(printed),
        }
    }
}
