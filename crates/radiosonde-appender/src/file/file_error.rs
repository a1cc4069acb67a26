use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A log file that cannot be opened.
#[derive(Debug)]
pub struct OpenError {
    path: PathBuf,
    source: io::Error,
}

impl OpenError {
    pub(crate) fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }

    /// The file.
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

/// A log file that cannot be written as [`FileOptions`](crate::FileOptions) say.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be opened.
    Open(OpenError),
    /// No file can be made beside it, which it would be rotated into.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is to be rotated, but is a pipe, a terminal or a device.
    NotAFile {
        /// What it is called.
        path: PathBuf,
    },
    /// `rotate_at_bytes` is zero.
    RotateAtBytes,
    /// `keep_total_bytes` is too little for two files.
    KeepTotalBytes {
        /// What was asked for.
        bytes: u64,
        /// What `rotate_at_bytes` needs.
        least: u64,
    },
    /// `keep_total_bytes` without `rotate_at_bytes`: the file itself would have no bound.
    TotalWithoutRotateAtBytes,
    /// `keep_files` is zero.
    KeepFiles,
    /// `keep_for` is zero.
    KeepFor,
    /// Something is said about rotated files, but nothing rotates the file.
    NothingRotates {
        /// The setting.
        setting: &'static str,
    },
    /// `mode` lets not even the owner write, or is more than permissions.
    Mode {
        /// What was asked for.
        mode: u32,
    },
    /// The signal cannot be listened to.
    Signal(io::Error),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Folder { folder, .. } => {
                write!(f, "cannot make a file in {folder:?}, where the log file is to be rotated")
            }
            Self::NotAFile { path } => write!(f, "cannot rotate {path:?}, which is no regular file"),
            Self::RotateAtBytes => f.write_str("cannot rotate at 0 bytes; allowed are 1 and more"),
            Self::KeepTotalBytes { bytes, least } => write!(
                f,
                "cannot keep {bytes} bytes of log files; allowed are {least} and more, twice `rotate_at_bytes`"
            ),
            Self::TotalWithoutRotateAtBytes => {
                f.write_str("cannot keep log files to a total of bytes without `rotate_at_bytes`")
            }
            Self::KeepFiles => f.write_str("cannot keep 0 rotated log files; allowed are 1 and more"),
            Self::KeepFor => {
                f.write_str("cannot keep rotated log files for no time; allowed is any longer one")
            }
            Self::NothingRotates { setting } => {
                write!(f, "`{setting}` is about rotated log files, but neither a size nor a time rotates any")
            }
            Self::Mode { mode } => {
                write!(
                    f,
                    "a log file cannot have mode {mode:#o}; allowed are 0o200 to 0o777 with 0o200 in it"
                )
            }
            Self::Signal(_) => f.write_str("cannot listen to SIGHUP"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // It is said by Display.
            Self::Open(error) => std::error::Error::source(error),
            Self::Folder { source, .. } | Self::Signal(source) => Some(source),
            _ => None,
        }
    }
}
