use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::{fmt, fs, io};

use crate::Operation;

/// Instructions of one thing of `operation`, counted by running `program measure NAME` under Callgrind.
///
/// # Errors
/// [`CallgrindError`] if Valgrind cannot be started or reports no count.
pub fn instructions(operation: &Operation) -> Result<f64, CallgrindError> {
    run(operation, Path::new("/dev/null"))
}

/// The different cache lines, of 64 bytes, of the code that `operation` executes. What runs between system calls runs cold, and
/// then each of them is a miss.
///
/// # Errors
/// [`CallgrindError`] if Valgrind cannot be started, or its file cannot be read.
pub fn code_lines(operation: &Operation) -> Result<usize, CallgrindError> {
    let file = tempfile::NamedTempFile::new().map_err(CallgrindError::Start)?;
    run(operation, file.path())?;
    Ok(lines_of(&fs::read_to_string(file.path()).map_err(CallgrindError::Start)?))
}

/// Counts the lines in Callgrind's file. An address is a number, or `+` or `-` and the distance to the one before, or `*` for
/// the same; it belongs to the last object, `ob=`.
///
/// Source: <https://valgrind.org/docs/manual/cl-format.html>
fn lines_of(file: &str) -> usize {
    let (mut object, mut address, mut lines) = ("", 0_u64, HashSet::new());
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("ob=") {
            // The name is only in the first of those with the same number.
            object = name.split(' ').next().unwrap_or_default();
            continue;
        }
        let Some((position, _)) = line.split_once(' ') else { continue };
        let next = match position.as_bytes() {
            [b'0', b'x', ..] => number(position),
            [b'+', ..] => number(&position[1..]).map(|by| address + by),
            [b'-', ..] => number(&position[1..]).map(|by| address.saturating_sub(by)),
            b"*" => Some(address),
            _ => None,
        };
        if let Some(next) = next {
            address = next;
            lines.insert((object, address / 64));
        }
    }
    lines.len()
}

/// A number of the file, in hexadecimal after `0x`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn run(operation: &Operation, file: &Path) -> Result<f64, CallgrindError> {
    let program = std::env::current_exe().map_err(CallgrindError::Start)?;
    let output = Command::new("valgrind")
        // Collects only what this function calls.
        .args(["--tool=callgrind", "--toggle-collect=*counted_by_callgrind*", "--dump-instr=yes"])
        .arg(format!("--callgrind-out-file={}", file.display()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_line_of_code_is_counted_once_for_each_object() {
        let file = "positions: instr line\nevents: Ir\n\nob=(1) /bin/a\nfn=(1) main\n0x1000 7 5\n+4 * 5\n\
            calls=1 0x2000 9\n+60 +1 100\n-63 * 1\n* 8 1\n\nob=(2) /bin/b\nfn=(2) f\n0x1000 1 1\n\nob=(1)\n0x1004 7 1\n";
        // 0x1000, 0x1004, 0x1040 and 0x1001 of the one, 0x1000 of the other.
        assert_eq!(lines_of(file), 3);
    }
}
