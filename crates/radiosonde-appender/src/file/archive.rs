use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use radiosonde_core::SpanId;

use crate::file::stamp::{STAMP_LENGTH, parse, stamp};
use radiosonde_core::clock_skew::is_in_future;

/// The suffix of a compressed file's name.
pub(crate) const COMPRESSED: &str = ".gz";
/// The suffix of a file that is still being written.
const UNFINISHED: &str = ".tmp";
/// Names tried for a rotated file, each a millisecond later than the one before.
const NAMES: u32 = 100;

/// The files that a log file was rotated into, beside it and named after it and the time of their last line.
///
/// `orders.log.2026-01-01T00-00-00.000Z`, and `.gz` if compressed. Files whose names differ from that in any way are not
/// ours.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    folder: PathBuf,
    /// The log file's name and a dot.
    prefix: OsString,
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotated {
    pub(crate) path: PathBuf,
    /// When its last line was written, according to its name.
    pub(crate) ended: SystemTime,
    pub(crate) modified: SystemTime,
    pub(crate) bytes: u64,
    pub(crate) is_compressed: bool,
}

impl Rotated {
    /// When its last line was written: the later of its name and its modification time, ignoring either that is in the future.
    pub(crate) fn last_line(&self, now: SystemTime) -> SystemTime {
        let times = [self.ended, self.modified].into_iter();
        times.filter(|time| !is_in_future(*time, now)).max().unwrap_or(now)
    }

    /// Changes the modification time, if the system permits it.
    pub(crate) fn set_last_line(&mut self, time: SystemTime) {
        let file = OpenOptions::new().append(true).open(&self.path);
        if file.and_then(|file| file.set_modified(time)).is_ok() {
            self.modified = time;
        }
    }
}

enum Named {
    Rotated { ended: SystemTime, is_compressed: bool },
    Unfinished,
}

impl Archive {
    /// The archive of a log file, given by its absolute path.
    pub(crate) fn of(path: &Path) -> Self {
        let folder = path.parent().unwrap_or(path).to_owned();
        let mut prefix = path.file_name().unwrap_or_default().to_owned();
        prefix.push(".");
        Self { folder, prefix }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The rotated files, the oldest first.
    pub(crate) fn rotated(&self, now: SystemTime) -> io::Result<Vec<Rotated>> {
        let mut list = Vec::new();
        self.each(|path, named, bytes, modified| {
            if let Named::Rotated { ended, is_compressed } = named {
                let modified = modified.unwrap_or(ended);
                list.push(Rotated { path, ended, modified, bytes, is_compressed });
            }
        })?;
        // By name, since names ascend even if the clock was set back, except for names that lie in the future.
        let order =
            |file: &Rotated| if is_in_future(file.ended, now) { file.last_line(now) } else { file.ended };
        list.sort_by_key(|file| (order(file), file.is_compressed));
        Ok(list)
    }

    /// Unfinished files not written to since `before`: the process that wrote them is gone.
    pub(crate) fn abandoned(&self, before: SystemTime) -> io::Result<Vec<PathBuf>> {
        let mut list = Vec::new();
        self.each(|path, named, _, modified| {
            if matches!(named, Named::Unfinished) && modified.is_some_and(|modified| modified < before) {
                list.push(path);
            }
        })?;
        Ok(list)
    }

    fn each(&self, mut take: impl FnMut(PathBuf, Named, u64, Option<SystemTime>)) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(rest) = name.as_encoded_bytes().strip_prefix(self.prefix.as_encoded_bytes()) else {
                continue;
            };
            let Some(named) = named(rest) else { continue };
            // The file may be gone by now. A folder or link with such a name is not ours.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_file() {
                take(entry.path(), named, metadata.len(), metadata.modified().ok());
            }
        }
        Ok(())
    }

    /// Creates an empty file to be replaced by the log file that ended at `ended`. Its name is unique, and later than all
    /// others except those that lie in the future.
    pub(crate) fn claim(&self, ended: SystemTime, now: SystemTime) -> io::Result<PathBuf> {
        const MILLISECOND: Duration = Duration::from_millis(1);
        let ended = if is_in_future(ended, now) { now } else { ended };
        let ends = self.rotated(now)?.into_iter().map(|file| file.ended);
        let newest = ends.filter(|ended| !is_in_future(*ended, now)).max();
        let from = newest.map_or(ended, |newest| ended.max(newest + MILLISECOND));
        for later in 0..NAMES {
            let path = self.path(from + MILLISECOND * later);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(path),
                // Another process rotates the same file.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Checks that files can be created here, with names as long as any will be.
    pub(crate) fn try_out(&self) -> io::Result<()> {
        let probe = unfinished(&with_ending(&self.path(SystemTime::UNIX_EPOCH), COMPRESSED));
        OpenOptions::new().write(true).create_new(true).open(&probe)?;
        fs::remove_file(probe)
    }

    fn path(&self, ended: SystemTime) -> PathBuf {
        let mut name = self.prefix.clone();
        name.push(stamp(ended));
        self.folder.join(name)
    }
}

/// A unique name for an unfinished file.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    with_ending(path, &format!(".{}{UNFINISHED}", SpanId::random()))
}

pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Parses the part of a name that follows the log file's name.
fn named(rest: &[u8]) -> Option<Named> {
    let (text, rest) = rest.split_at_checked(STAMP_LENGTH)?;
    let ended = parse(text)?;
    if rest.is_empty() {
        return Some(Named::Rotated { ended, is_compressed: false });
    }
    let rest = rest.strip_prefix(COMPRESSED.as_bytes())?;
    if rest.is_empty() {
        return Some(Named::Rotated { ended, is_compressed: true });
    }
    let id = rest.strip_prefix(b".")?.strip_suffix(UNFINISHED.as_bytes())?;
    (id.len() == 16 && id.iter().all(u8::is_ascii_hexdigit)).then_some(Named::Unfinished)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn only_files_that_are_named_as_ours_are_ours() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::of(&folder.path().join("orders.log"));
        for name in [
            "orders.log",
            "orders.log.1",
            "orders.log.bak",
            "orders.log.2026-01-01",
            "orders.log.2026-01-01T00-00-00.000Z.zip",
            "orders.log.2026-01-01T00-00-00.000Z.gz.old",
            "orders.log.2026-01-01T00-00-00.000Z.gz.0011223344556677.tmp",
            "orders.log.2026-01-01T00-00-00.000Z.tmp",
            "rders.log.2026-01-01T00-00-00.000Z",
        ] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join("orders.log.2026-01-01T00-00-00.001Z")).unwrap();
        assert_eq!(archive.rotated(UNIX_EPOCH).unwrap(), []);
        assert!(archive.abandoned(UNIX_EPOCH).unwrap().is_empty());
        let far = UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(archive.abandoned(far).unwrap().len(), 1);

        let names = ["orders.log.2026-01-01T00-00-00.002Z.gz", "orders.log.2026-01-01T00-00-00.001Z.gz"];
        for name in names {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let found: Vec<_> = archive.rotated(UNIX_EPOCH).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(found, [folder.path().join(names[1]), folder.path().join(names[0])]);
    }

    #[test]
    fn a_claimed_name_is_new_and_later_than_all_others() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::of(&folder.path().join("orders.log"));
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        let claimed = [at(5), at(5), at(3), at(9)].map(|time| archive.claim(time, at(9)).unwrap());
        let names = claimed.each_ref().map(|path| path.file_name().unwrap().to_str().unwrap());
        assert_eq!(
            names,
            ["005", "006", "007", "009"].map(|at| format!("orders.log.1970-01-01T00-00-00.{at}Z"))
        );
        assert!(names.is_sorted());
    }

    #[test]
    fn a_name_of_the_future_is_not_carried_over_and_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::of(&folder.path().join("orders.log"));
        let now = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let year = Duration::from_secs(365 * 86_400);
        archive.claim(now + year, now + year).unwrap();
        for (ended, name) in [(now, "000"), (now + year, "001"), (now, "002")] {
            let claimed = archive.claim(ended, now).unwrap();
            let expected = format!("orders.log.2026-01-01T00-00-00.{name}Z");
            assert_eq!(claimed, folder.path().join(expected));
        }
        // With a clock that is not set, every name lies in the future; names still ascend.
        let claimed = archive.claim(UNIX_EPOCH, UNIX_EPOCH).unwrap();
        assert_eq!(claimed, folder.path().join("orders.log.2027-01-01T00-00-00.001Z"));
    }
}
