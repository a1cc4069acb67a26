use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::Program;

/// A program that runs to its end: a checker, or a backend that checks its configuration.
#[derive(Debug)]
pub struct Tool {
    path: PathBuf,
}

impl Tool {
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    #[must_use]
    #[track_caller]
    pub fn find(program: Program) -> Option<Self> {
        program.path().map(|path| Self { path })
    }

    /// Runs it without standard input. Returns its output if it succeeded.
    ///
    /// # Errors
    /// Its output, if it failed.
    ///
    /// # Panics
    /// If it cannot be run.
    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<String, String> {
        self.run_on("", arguments)
    }

    /// Runs it with `input` on its standard input. Returns its output if it succeeded.
    ///
    /// # Errors
    /// Its output, if it failed.
    ///
    /// # Panics
    /// If it cannot be run.
    #[expect(clippy::panic, reason = "a tool that cannot be run fails the test")]
    pub fn run_on(
        &self,
        input: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<String, String> {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let finished = command.spawn().and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(input.as_bytes())?;
            }
            child.wait_with_output()
        });
        let output = match finished {
            Ok(output) => output,
            Err(error) => panic!("cannot run {command:?}: {error}"),
        };
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned();
        if output.status.success() { Ok(printed) } else { Err(printed) }
    }
}
