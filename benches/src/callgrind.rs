use std::fmt;
use std::io;
use std::process::Command;

use crate::Operation;

/// Instructions of one thing of `operation`, counted by running `program measure NAME` under Callgrind.
///
/// # Errors
/// [`CallgrindError`] if Valgrind cannot be started or reports no count.
pub fn instructions(operation: &Operation) -> Result<f64, CallgrindError> {
    let program = std::env::current_exe().map_err(CallgrindError::Start)?;
    let output = Command::new("valgrind")
        // Collects only what this function calls.
        .args([
            "--tool=callgrind",
            "--toggle-collect=*counted_by_callgrind*",
            "--callgrind-out-file=/dev/null",
        ])
        .arg(program)
        .args(["measure", operation.name])
        .output()
        .map_err(CallgrindError::Start)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let collected =
        stderr.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<u32>().ok());
    match collected.filter(|&instructions| output.status.success() && instructions > 0) {
        #[allow(clippy::cast_precision_loss, reason = "a few thousand")]
        Some(instructions) => Ok(f64::from(instructions) / operation.things() as f64),
        None => Err(CallgrindError::Silent(stderr.into_owned())),
    }
}

/// Why there is no count.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallgrindError {
    /// Valgrind, or this program, could not be started.
    Start(io::Error),
    /// Valgrind's output has no count.
    Silent(String),
}

impl fmt::Display for CallgrindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(_) => f.write_str("cannot start valgrind"),
            Self::Silent(stderr) => {
                write!(f, "callgrind reported no number of instructions: {stderr}")
            }
        }
    }
}

impl std::error::Error for CallgrindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(error) => Some(error),
            Self::Silent(_) => None,
        }
    }
}
