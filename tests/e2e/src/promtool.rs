use std::ffi::OsStr;
use std::path::Path;

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

    /// `promtool check rules`, without its lint, which knows no ratio recorded for several windows.
    ///
    /// # Errors
    /// All that it printed, if it refuses a file.
    pub fn check_rules(&self, file: &Path) -> Result<String, String> {
        self.tool.run([OsStr::new("check"), OsStr::new("rules"), file.as_os_str()])
    }

    /// `promtool test rules`: runs the unit tests in a file, beside which are the rules.
    ///
    /// # Errors
    /// All that it printed, if a test fails.
    pub fn test_rules(&self, file: &Path) -> Result<String, String> {
        self.tool.run([OsStr::new("test"), OsStr::new("rules"), file.as_os_str()])
    }
}
