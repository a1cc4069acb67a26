use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::writing::failure::Failure;
use crate::writing::lines::Lines;

/// After a write to a file failed, the file is opened again at most this often.
const REOPEN_EVERY: Duration = Duration::from_secs(1);

/// A file that is opened again after a failure.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: Option<File>,
    torn: bool,
    reopen_at: Duration,
}

impl LogFile {
    pub(crate) fn open(path: PathBuf) -> Result<Self, OpenError> {
        match open(&path) {
            Ok(file) => {
                let torn = ends_within_a_line(&file, &path);
                Ok(Self { path, file: Some(file), torn, reopen_at: Duration::ZERO })
            }
            Err(source) => Err(OpenError { path, source }),
        }
    }

    /// Writes lines; `written` says how far it came. After a failure the line at which it stopped is to be written again.
    pub(crate) fn write(
        &mut self,
        lines: Lines<'_>,
        written: &mut usize,
        now: impl FnOnce() -> Duration,
    ) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            return lines.write_to(file, &mut self.torn, written).map_err(|failure| {
                // The next line may try at once; only if that fails too there is a pause.
                (self.file, self.reopen_at) = (None, Duration::ZERO);
                later(failure, Duration::ZERO)
            });
        }
        let now = now();
        if let Some(after) = self.reopen_at.checked_sub(now).filter(|after| !after.is_zero()) {
            return Err(Failure::Later { after, error: None });
        }
        let opened = open(&self.path).map_err(Failure::Refused).and_then(|mut file| {
            self.torn = ends_within_a_line(&file, &self.path);
            lines.write_to(&mut file, &mut self.torn, written)?;
            Ok(file)
        });
        match opened {
            Ok(file) => self.file = Some(file),
            Err(failure) => {
                self.reopen_at = now + REOPEN_EVERY;
                return Err(later(failure, REOPEN_EVERY));
            }
        }
        Ok(())
    }
}

fn later(failure: Failure, after: Duration) -> Failure {
    match failure {
        Failure::Refused(error) | Failure::Unflushed(error) | Failure::Busy(error) => {
            Failure::Later { after, error: Some(error) }
        }
        other => other,
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}

/// Whether whoever wrote to the file before stopped in the middle of a line. A file that cannot be read is given the benefit
/// of the doubt.
fn ends_within_a_line(file: &File, path: &Path) -> bool {
    if !file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0) {
        return false;
    }
    let last = File::open(path).and_then(|mut file| {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        Ok(last)
    });
    last.is_ok_and(|last| last != *b"\n")
}

/// A log file that cannot be opened.
#[derive(Debug)]
pub struct OpenError {
    path: PathBuf,
    source: io::Error,
}

impl OpenError {
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
