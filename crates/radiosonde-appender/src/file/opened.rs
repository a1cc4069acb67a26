use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::file::file_options::FileOptions;
use crate::file::identity::{Identity, has_a_name};

/// An open file that lines are appended to.
#[derive(Debug)]
pub(crate) struct Opened {
    file: File,
    identity: Identity,
    /// Size at the last check, including what other processes wrote.
    pub(crate) bytes: u64,
    /// Can be truncated and moved, unlike a pipe, a terminal or a device.
    pub(crate) is_regular: bool,
    /// It had no name when it was opened, like some files in `/proc/self/fd`. So a missing name does not mean that it was
    /// removed.
    is_nameless: bool,
    /// The file ends in the middle of a line.
    is_torn: bool,
    pub(crate) last_write: SystemTime,
}

/// Why lines were not appended.
#[derive(Debug)]
pub(crate) enum NotAppended {
    /// The system refused, after this many bytes of whole lines.
    Io {
        kept: usize,
        /// Part of the next line is in the file as well.
        is_torn: bool,
        error: io::Error,
    },
    /// The lines went to a file that has been removed.
    Removed,
}

/// Which file is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtPath {
    /// This file.
    Same,
    /// Another file, or none.
    Other,
}

impl Opened {
    /// Opens a file, or creates it together with the folders above it.
    pub(crate) fn open(path: &Path, options: &FileOptions) -> io::Result<Self> {
        let file = match OpenOptions::new().append(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                match options.create(path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        match OpenOptions::new().append(true).open(path) {
                            // A link to a file that does not exist yet.
                            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                                options.create_behind(path)?
                            }
                            // Another process was faster.
                            opened => opened?,
                        }
                    }
                    created => created?,
                }
            }
            opened => opened?,
        };
        let metadata = file.metadata()?;
        let identity = Identity::of(&metadata);
        // A path that does not lead to the file just opened means that the file was removed since.
        let is_nameless =
            !has_a_name(&metadata) && fs::metadata(path).is_ok_and(|found| Identity::of(&found) == identity);
        Ok(Self {
            identity,
            is_nameless,
            bytes: metadata.len(),
            is_regular: metadata.is_file(),
            is_torn: metadata.is_file() && metadata.len() > 0 && ends_within_a_line(path),
            last_write: metadata.modified().unwrap_or(UNIX_EPOCH),
            file,
        })
    }

    /// Checks whether the path still leads to this file. If so, updates its size.
    pub(crate) fn look_at(&mut self, path: &Path) -> AtPath {
        match fs::metadata(path) {
            Ok(metadata) if Identity::of(&metadata) == self.identity => {
                self.bytes = metadata.len();
                AtPath::Same
            }
            Ok(_) => AtPath::Other,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                AtPath::Other
            }
            // Unknown, so keep writing to the open file.
            Err(_) => AtPath::Same,
        }
    }

    /// Whether the file has no name any more.
    pub(crate) fn is_removed(&self) -> bool {
        !self.is_nameless && !self.file.metadata().is_ok_and(|metadata| has_a_name(&metadata))
    }

    /// Appends whole lines, in a single write if the system permits, so that lines of several processes do not mix.
    ///
    /// A line that is written in part is removed again. If that fails, it is ended before the next one.
    pub(crate) fn append(&mut self, lines: &[u8], now: SystemTime) -> Result<(), NotAppended> {
        if self.is_torn {
            self.write(b"\n").map_err(|(_, error)| NotAppended::Io { kept: 0, is_torn: false, error })?;
            self.is_torn = false;
        }
        if let Err((taken, error)) = self.write(lines) {
            let kept = lines[..taken].iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            let is_torn = taken > kept && self.take_back((taken - kept) as u64).is_err();
            self.is_torn = is_torn;
            return Err(NotAppended::Io { kept, is_torn, error });
        }
        self.last_write = now;
        match self.file.metadata() {
            Ok(metadata) if self.is_regular => self.seen(&metadata),
            _ => Ok(()),
        }
    }

    fn seen(&mut self, metadata: &Metadata) -> Result<(), NotAppended> {
        self.bytes = metadata.len();
        if self.is_nameless || has_a_name(metadata) { Ok(()) } else { Err(NotAppended::Removed) }
    }

    /// Writes all bytes. On failure returns how many were written before.
    fn write(&mut self, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut taken = 0;
        while taken < bytes.len() {
            match self.file.write(&bytes[taken..]) {
                Ok(0) => return Err((taken, io::ErrorKind::WriteZero.into())),
                Ok(more) => taken += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((taken, error)),
            }
        }
        Ok(())
    }

    /// Truncates the file by what was appended last, unless another process has appended since.
    fn take_back(&mut self, bytes: u64) -> io::Result<()> {
        let end = self.file.stream_position()?;
        let length = self.file.metadata()?.len();
        if !self.is_regular || end != length {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.file.set_len(length.saturating_sub(bytes))
    }
}

/// Whether the last writer stopped in the middle of a line. False for a file that cannot be read.
fn ends_within_a_line(path: &Path) -> bool {
    let last = File::open(path).and_then(|mut file| {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        Ok(last)
    });
    last.is_ok_and(|last| last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> (tempfile::TempDir, std::path::PathBuf, Opened) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.log");
        let opened = Opened::open(&path, &FileOptions::new()).unwrap();
        (folder, path, opened)
    }

    #[test]
    fn what_was_written_last_is_taken_back_unless_others_wrote_since() {
        let (_folder, path, mut opened) = opened();
        opened.append(b"whole\n", UNIX_EPOCH).unwrap();
        opened.write(b"ha").unwrap();
        opened.take_back(2).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole\n");
        opened.write(b"ha").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"other\n").unwrap();
        opened.take_back(2).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"whole\nhaother\n");
    }

    #[cfg(unix)]
    #[test]
    fn lines_in_a_file_that_was_removed_are_not_written() {
        let (_folder, path, mut opened) = opened();
        opened.append(b"1\n", UNIX_EPOCH).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(matches!(opened.append(b"2\n", UNIX_EPOCH), Err(NotAppended::Removed)));
        assert!(opened.is_removed());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_never_had_a_name_is_no_removed_one() {
        use std::os::fd::AsRawFd as _;

        let file = tempfile::tempfile().unwrap();
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mut opened = Opened::open(Path::new(&path), &FileOptions::new()).unwrap();
        opened.append(b"1\n", UNIX_EPOCH).unwrap();
        assert!(!opened.is_removed());
        assert_eq!(fs::read(&path).unwrap(), b"1\n");
    }
}
