use std::path::{Path, PathBuf};
use std::{fmt, io};

/// A log file could not be opened.
#[derive(Debug)]
pub struct OpenError {
    path: PathBuf,
    source: io::Error,
}

impl OpenError {
    pub(crate) fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot open log file {:?} for appending", self.path)
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A log file that cannot be written as its [`FileOptions`](crate::FileOptions) require.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be opened.
    Open(OpenError),
    /// No file can be created beside it, so it could not be rotated.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Only a regular file can be rotated; this is a pipe, a terminal or a device.
    NotAFile {
        /// The file's path.
        path: PathBuf,
    },
    /// `rotate_at_bytes` is zero.
    RotateAtBytes,
    /// `keep_total_bytes` is too little for two files.
    KeepTotalBytes {
        /// The value given.
        bytes: u64,
        /// The least value, for this `rotate_at_bytes`.
        least: u64,
    },
    /// `keep_total_bytes` without `rotate_at_bytes`: the log file itself would be unbounded.
    TotalWithoutRotateAtBytes,
    /// `keep_files` is zero.
    KeepFiles,
    /// `keep_for` is zero.
    KeepFor,
    /// A setting about rotated files has no effect, because nothing rotates the file.
    NothingRotates {
        /// The setting.
        setting: &'static str,
    },
    /// `mode` denies the owner write permission, or has bits beyond the permissions.
    Mode {
        /// The value given.
        mode: u32,
    },
    /// SIGHUP cannot be listened to.
    Signal(io::Error),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Folder { folder, .. } => {
                write!(f, "cannot create a file in {folder:?}, into which the log file is to be rotated")
            }
            Self::NotAFile { path } => write!(f, "cannot rotate {path:?}, which is not a regular file"),
            Self::RotateAtBytes => f.write_str("invalid rotate_at_bytes 0: expected 1 or more"),
            Self::KeepTotalBytes { bytes, least } => {
                write!(f, "invalid keep_total_bytes {bytes}: expected {least} or more, twice rotate_at_bytes")
            }
            Self::TotalWithoutRotateAtBytes => f.write_str(
                "keep_total_bytes without a bound on the log file: expected rotate_at_bytes as well",
            ),
            Self::KeepFiles => f.write_str("invalid keep_files 0: expected 1 or more"),
            Self::KeepFor => f.write_str("invalid keep_for 0s: expected a longer time"),
            Self::NothingRotates { setting } => {
                write!(f, "{setting} without a rotation: expected rotate or rotate_at_bytes as well")
            }
            Self::Mode { mode } => {
                write!(f, "invalid log file mode {mode:#o}: expected 0o200 to 0o777 with 0o200 set")
            }
            Self::Signal(_) => f.write_str("cannot listen to SIGHUP"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Display already shows `error` itself.
            Self::Open(error) => std::error::Error::source(error),
            Self::Folder { source, .. } | Self::Signal(source) => Some(source),
            _ => None,
        }
    }
}
