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
    /// An option has an invalid value, or lacks another one that it needs.
    Option {
        /// The option.
        option: &'static str,
        /// What is wrong, and what is expected.
        message: String,
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
            Self::Option { message, .. } => f.write_str(message),
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
