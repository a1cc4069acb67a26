use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::{fmt, io};

use crate::file::compressor::Compress;
use crate::file::file_error::FileError;
use crate::file::mode::make;
use crate::file::reopen::Reopen;
use crate::file::rotation::Rotation;

/// Sets a flag with each signal, until the returned value is dropped.
pub(crate) type Listen = fn(&Arc<AtomicBool>) -> io::Result<Box<dyn fmt::Debug + Send>>;

/// When a log file is rotated, which rotated files are kept, and how files are created.
///
/// # Shape
///
/// | Setting | Default | Allowed | Meaning |
/// |---|---|---|---|
/// | `rotate_at_bytes` | never | 1 and up | no file is larger, but for a single line that is |
/// | `rotate` | never | | a file has lines of one minute, hour or day in UTC, by when they were written |
/// | `keep_total_bytes` | all | twice `rotate_at_bytes` and up | the log file and its rotated files together |
/// | `keep_files` | all | 1 and up | rotated files |
/// | `keep_for` | all | above zero | a rotated file is removed this long after its last line |
/// | `gzip` (feature `gzip`) | no | | rotated files are compressed |
/// | `reopen_on`, `reopen_on_sighup` (feature `sighup`) | | | the file is opened again when asked |
/// | `mode` | by the umask | `0o200` to `0o777` | the permissions of new files |
///
/// A rotated file stands beside the log file and is named for the time of its last line, so that names sort by time:
/// `orders.log.2026-01-01T23-59-59.999Z`, with `.gz` appended if compressed. No other file is ever removed, and files are
/// removed only while lines are written. The bounds also cover files rotated by another process or before a restart.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_appender::{FileOptions, Rotation, Writer};
///
/// let folder = tempfile::tempdir()?;
/// let options = FileOptions::new()
///     .rotate(Rotation::Daily)
///     .rotate_at_bytes(100 << 20)
///     .keep_total_bytes(1 << 30)
///     .keep_for(Duration::from_secs(14 * 86_400));
/// let writer = Writer::file_with(folder.path().join("orders.log"), options)?;
/// # drop(writer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(from = "super::file_settings::FileSettings"))]
pub struct FileOptions {
    pub(crate) rotate_at_bytes: Option<u64>,
    pub(crate) rotation: Rotation,
    pub(crate) keep_total_bytes: Option<u64>,
    pub(crate) keep_files: Option<usize>,
    pub(crate) keep_for: Option<Duration>,
    pub(crate) compress: Option<Compress>,
    pub(crate) reopen: Option<Reopen>,
    pub(crate) signal: Option<Listen>,
    pub(crate) mode: Option<u32>,
}

impl FileOptions {
    /// A single file that grows without bound.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest size of a file. A line that does not fit goes to a new one.
    pub fn rotate_at_bytes(mut self, bytes: u64) -> Self {
        self.rotate_at_bytes = Some(bytes);
        self
    }

    /// Whether a file ends with the minute, hour or day.
    pub fn rotate(mut self, rotation: Rotation) -> Self {
        self.rotation = rotation;
        self
    }

    /// The largest total size of the log file and its rotated files. The oldest are removed.
    ///
    /// It is enforced at each rotation, leaving room for one full file. On a full disk the oldest rotated file is removed as
    /// well, so that new lines have room; without this bound none is.
    pub fn keep_total_bytes(mut self, bytes: u64) -> Self {
        self.keep_total_bytes = Some(bytes);
        self
    }

    /// The largest number of rotated files. The oldest are removed.
    pub fn keep_files(mut self, files: usize) -> Self {
        self.keep_files = Some(files);
        self
    }

    /// How long a rotated file is kept after its last line: the time in its name or its modification time, whichever is
    /// later. It is removed within a minute, provided lines are written then. Files rotated before the clock was set, as
    /// after a boot at 1970, or while it was ahead, are kept for this long from when the clock is right.
    pub fn keep_for(mut self, age: Duration) -> Self {
        self.keep_for = Some(age);
        self
    }

    /// Opens the file again by its path whenever [`Reopen::request`] is called.
    pub fn reopen_on(mut self, reopen: &Reopen) -> Self {
        self.reopen = Some(reopen.clone());
        self
    }

    /// The permissions of new files, such as `0o640`, whatever the umask; existing files keep theirs.
    ///
    /// The default is `0o666` less the umask. Valid modes are permissions of owner, group and others that let the owner
    /// write. No effect on systems without such permissions.
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Whether the file is ever rotated.
    pub(crate) fn rotates(&self) -> bool {
        self.rotate_at_bytes.is_some() || self.rotation != Rotation::Never
    }

    pub(crate) fn check(&self) -> Result<(), FileError> {
        let refuse = |option, message| Err(FileError::Option { option, message });
        let invalid = |option, value: &str, expected: &str| {
            refuse(option, format!("invalid {option} {value}: expected {expected}"))
        };
        if self.rotate_at_bytes == Some(0) {
            return invalid("rotate_at_bytes", "0", "1 or more");
        }
        if self.keep_files == Some(0) {
            return invalid("keep_files", "0", "1 or more");
        }
        if self.keep_for == Some(Duration::ZERO) {
            return invalid("keep_for", "0s", "a longer time");
        }
        if let Some(mode) = self.mode.filter(|mode| mode & 0o200 == 0 || mode & !0o777 != 0) {
            return invalid("mode", &format!("{mode:#o}"), "0o200 to 0o777 with 0o200 set");
        }
        if let Some(bytes) = self.keep_total_bytes {
            let Some(one) = self.rotate_at_bytes else {
                let why =
                    "keep_total_bytes without a bound on the log file: expected rotate_at_bytes as well";
                return refuse("keep_total_bytes", why.to_owned());
            };
            let least = one.saturating_mul(2);
            if bytes < least {
                let expected = format!("{least} or more, twice rotate_at_bytes");
                return invalid("keep_total_bytes", &bytes.to_string(), &expected);
            }
        }
        let about_rotated = [
            (self.keep_files.is_some(), "keep_files"),
            (self.keep_for.is_some(), "keep_for"),
            (self.compress.is_some(), "gzip"),
        ];
        match about_rotated.into_iter().find(|(is_set, _)| *is_set && !self.rotates()) {
            Some((_, option)) => refuse(
                option,
                format!("{option} without a rotation: expected rotate or rotate_at_bytes as well"),
            ),
            None => Ok(()),
        }
    }

    /// Creates a file that does not exist yet.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        make(path, self.mode, false)
    }

    /// Creates the file that a link points to.
    pub(crate) fn create_behind(&self, link: &Path) -> io::Result<File> {
        make(link, self.mode, true)
    }
}
