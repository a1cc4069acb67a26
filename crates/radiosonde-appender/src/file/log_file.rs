use std::fmt::Debug;
use std::path::{self, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use radiosonde_core::{Clock, diagnostics};

use crate::failure::Failure;
use crate::file::archive::{Archive, Rotated};
use crate::file::clock_steps::ClockSteps;
use crate::file::compressor::Compressor;
use crate::file::file_error::{FileError, OpenError};
use crate::file::file_metrics::{Action, FileMetrics, Removal};
use crate::file::file_options::FileOptions;
use crate::file::opened::{AtPath, NotAppended, Opened};
use crate::file::refused::Refused;
use crate::file::retention::beyond;
use crate::lines::Lines;
use radiosonde_core::clock_skew::is_in_future;

/// The shortest time between retries after a failure.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// How long lines wait for room on the disk, if they can wait.
const FULL_FOR: Duration = Duration::from_millis(250);
/// How often the age of rotated files is checked, besides at each rotation.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How often the file may be removed while one batch is written.
const REMOVALS: u32 = 8;
/// With a compressor, this many files may be removed at once without a successful write between: the compressor may hold the
/// first one open, and uses space itself until it notices the pause.
const BESIDE_COMPRESSOR: u32 = 4;

/// A file that lines are appended to. It is rotated when due, and opened again after it was moved or a failure.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    options: FileOptions,
    archive: Archive,
    file: Option<Opened>,
    /// Set by a signal or by [`Reopen`](crate::Reopen).
    asked: Arc<AtomicBool>,
    _signal: Option<Box<dyn Debug + Send>>,
    compressor: Option<Compressor>,
    metrics: FileMetrics,
    /// The last write failed for a reason other than a full disk.
    has_failed: bool,
    open_at: Duration,
    rotate_at: Duration,
    prune_at: Duration,
    steps: ClockSteps,
    /// Files removed since the last successful write, and when the next one may be removed.
    in_vain: u32,
    room_at: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Now {
    wall: SystemTime,
    monotonic: Duration,
}

impl LogFile {
    /// Opens a file that grows without bound.
    pub(crate) fn open_plain(path: PathBuf) -> Result<Self, OpenError> {
        let path = absolute(path)?;
        let options = FileOptions::new();
        let file = open(&path, &options)?;
        Ok(Self::new(path, options, file, Arc::default(), None))
    }

    pub(crate) fn open(path: PathBuf, options: FileOptions) -> Result<Self, FileError> {
        options.check()?;
        let mut path = absolute(path).map_err(FileError::Open)?;
        let file = open(&path, &options).map_err(FileError::Open)?;
        if options.rotates() {
            if !file.is_regular {
                return Err(FileError::NotAFile { path });
            }
            if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
                // Otherwise a rotation would rename the link, not the file.
                path = fs::canonicalize(&path)
                    .map_err(|source| FileError::Open(OpenError::new(&path, source)))?;
            }
        }
        if options.rotates() {
            let archive = Archive::of(&path);
            let folder = || archive.folder().to_owned();
            archive.try_out().map_err(|source| FileError::Folder { folder: folder(), source })?;
        }
        let asked = Arc::new(AtomicBool::new(false));
        if let Some(reopen) = &options.reopen {
            reopen.add(&asked);
        }
        let signal = options.signal.map(|listen| listen(&asked)).transpose().map_err(FileError::Signal)?;
        Ok(Self::new(path, options, file, asked, signal))
    }

    fn new(
        path: PathBuf,
        options: FileOptions,
        file: Opened,
        asked: Arc<AtomicBool>,
        signal: Option<Box<dyn Debug + Send>>,
    ) -> Self {
        Self {
            archive: Archive::of(&path),
            path,
            options,
            file: Some(file),
            asked,
            _signal: signal,
            compressor: None,
            metrics: FileMetrics::default(),
            has_failed: false,
            open_at: Duration::ZERO,
            rotate_at: Duration::ZERO,
            prune_at: Duration::ZERO,
            steps: ClockSteps::default(),
            in_vain: 0,
            room_at: Duration::ZERO,
        }
    }

    /// Counts in these metrics from now on.
    pub(crate) fn count_in(&mut self, metrics: FileMetrics) {
        self.metrics = metrics;
    }

    /// Appends lines. Blocks while the system writes, and while it renames a file that is due for rotation.
    ///
    /// `written` grows by the bytes that are in a file, counting whole lines from the front, also on failure.
    pub(crate) fn write(
        &mut self,
        lines: Lines<'_>,
        written: &mut usize,
        clock: &dyn Clock,
    ) -> Result<(), Failure> {
        self.write_lines(lines.bytes, written, clock).map_err(|refused| {
            let pause = || self.open_at.saturating_sub(clock.monotonic());
            match refused {
                Refused::DiskFull(error) => Failure::Later { after: FULL_FOR, error: Some(error) },
                Refused::Io(error) => Failure::Later { after: pause(), error: Some(error) },
                Refused::Waiting => Failure::Later { after: pause(), error: None },
            }
        })
    }

    pub(crate) fn write_lines(
        &mut self,
        lines: &[u8],
        written: &mut usize,
        clock: &dyn Clock,
    ) -> Result<(), Refused> {
        let now = Now { wall: clock.now(), monotonic: clock.monotonic() };
        let mut removals = 0;
        self.prune_if_due(now);
        while let Some(rest) = lines.get(*written..).filter(|rest| !rest.is_empty()) {
            match self.write_some(rest, now, &mut removals) {
                Ok(more) => *written += more,
                Err((more, refused)) => {
                    *written += more;
                    return Err(refused);
                }
            }
        }
        Ok(())
    }

    /// Takes one step. Returns the bytes of whole lines written, which is 0 if the step only made room.
    fn write_some(&mut self, lines: &[u8], now: Now, removals: &mut u32) -> Result<usize, (usize, Refused)> {
        self.find(now).or_else(|refused| self.make_room(refused, now)).map_err(|refused| (0, refused))?;
        let Some(file) = &mut self.file else { return Ok(0) };
        let mut piece = lines;
        if file.is_regular && file.bytes > 0 && now.monotonic >= self.rotate_at {
            let fitting =
                self.options.rotate_at_bytes.map_or(lines.len(), |max| fitting(lines, max, file.bytes));
            if fitting == 0 || self.options.rotation.is_due(file.last_write, now.wall) {
                self.rotate(now);
                return Ok(0);
            }
            piece = &lines[..fitting];
        } else if let Some(max) = self.options.rotate_at_bytes.filter(|_| file.bytes == 0) {
            piece = &lines[..fitting(lines, max, 0).max(first_line(lines))];
        }
        match file.append(piece, now.wall) {
            Ok(()) => {
                self.has_failed = false;
                self.in_vain = 0;
                Ok(piece.len())
            }
            Err(NotAppended::Removed) => {
                self.file = None;
                *removals += 1;
                if *removals < REMOVALS {
                    return Ok(0);
                }
                self.open_at = now.monotonic + RETRY_EVERY;
                self.refused(0, Refused::Io(io::Error::other("the file is removed again and again")), now)
            }
            Err(NotAppended::Io { kept, is_torn, error }) => {
                if is_torn {
                    self.metrics.failed(Action::TakeBack);
                }
                if kept > 0 {
                    self.in_vain = 0;
                }
                if error.kind() == io::ErrorKind::FileTooLarge && self.rotates_early(kept, now) {
                    return Ok(kept);
                }
                self.refused(kept, error.into(), now)
            }
        }
    }

    fn refused(&mut self, kept: usize, refused: Refused, now: Now) -> Result<usize, (usize, Refused)> {
        if matches!(refused, Refused::Io(_)) {
            self.file = None;
            // The next lines retry at once; a second failure in a row starts a pause.
            if std::mem::replace(&mut self.has_failed, true) {
                self.open_at = now.monotonic + RETRY_EVERY;
            }
        }
        match self.make_room(refused, now) {
            Ok(()) => Ok(kept),
            Err(refused) => Err((kept, refused)),
        }
    }

    /// Rotates if this file has reached a size limit of the system; true if there is a new file.
    fn rotates_early(&mut self, kept: usize, now: Now) -> bool {
        let has_lines = |file: &Opened| file.is_regular && (file.bytes > 0 || kept > 0);
        self.options.rotates()
            && now.monotonic >= self.rotate_at
            && self.file.as_ref().is_some_and(has_lines)
            && self.rotate(now)
    }

    /// Removes the oldest rotated file if that may help. It does not while other programs fill the disk or hold the file
    /// open.
    fn make_room(&mut self, refused: Refused, now: Now) -> Result<(), Refused> {
        let may_help =
            matches!(&refused, Refused::DiskFull(error) if error.kind() != io::ErrorKind::FileTooLarge);
        let at_once = if self.compressor.is_some() { BESIDE_COMPRESSOR } else { 1 };
        let is_early = self.in_vain >= at_once && now.monotonic < self.room_at;
        if !may_help || is_early || self.options.keep_total_bytes.is_none() {
            return Err(refused);
        }
        let oldest = || self.archive.rotated(now.wall).ok().and_then(|list| list.into_iter().next());
        // Retried: a file that is renamed during the listing can be missing from it.
        match oldest().or_else(oldest) {
            Some(oldest) if self.remove(&oldest.path, Removal::DiskFull) => {
                // The compressor would use the freed space, and may hold the removed file open.
                self.compressor.iter().for_each(Compressor::pause);
                self.in_vain += 1;
                self.room_at = now.monotonic + RETRY_EVERY;
                // Everything that failed for lack of space may be retried.
                (self.open_at, self.rotate_at) = (now.monotonic, now.monotonic);
                Ok(())
            }
            _ => Err(refused),
        }
    }

    /// Makes the open file the one at the path.
    fn find(&mut self, now: Now) -> Result<(), Refused> {
        // Relaxed: the path is checked anyway. A plain load first, since a request is rare.
        let is_asked = self.asked.load(Ordering::Relaxed);
        if let Some(file) = &mut self.file
            && file.look_at(&self.path) == AtPath::Same
            && !is_asked
        {
            return Ok(());
        }
        if now.monotonic < self.open_at {
            return self.go_on_with_the_old(Refused::Waiting);
        }
        // Acquire: sees what the requester did to the file. Before opening, so that a later request is not missed.
        self.asked.swap(false, Ordering::Acquire);
        match Opened::open(&self.path, &self.options) {
            Ok(file) => {
                self.file = Some(file);
                self.wake_compressor();
                Ok(())
            }
            Err(error) => {
                // Relaxed: only this thread clears the flag.
                self.asked.fetch_or(is_asked, Ordering::Relaxed);
                self.open_at = now.monotonic + RETRY_EVERY;
                self.failed(Action::Open, &self.path, &error);
                self.go_on_with_the_old(error.into())
            }
        }
    }

    /// Keeps writing to the old file while no other can be opened, unless it was removed rather than moved.
    fn go_on_with_the_old(&mut self, refused: Refused) -> Result<(), Refused> {
        self.file.take_if(|file| file.is_removed());
        if self.file.is_some() { Ok(()) } else { Err(refused) }
    }

    /// Moves the file to the archive; true if it did. If that fails, the file keeps growing for a while.
    fn rotate(&mut self, now: Now) -> bool {
        let Some(file) = &self.file else { return false };
        let moved = self.archive.claim(file.last_write, now.wall).and_then(|claimed| {
            fs::rename(&self.path, &claimed).inspect_err(|_| {
                // The claimed file is empty and ours.
                let _ = fs::remove_file(&claimed);
            })
        });
        match moved {
            Ok(()) => {
                self.metrics.rotated();
                // The old file stays open until the new one is.
                self.prune(now);
                true
            }
            Err(error) => {
                self.rotate_at = now.monotonic + RETRY_EVERY;
                self.failed(Action::Rotate, &self.path, &error);
                false
            }
        }
    }

    fn prune_if_due(&mut self, now: Now) {
        if self.options.rotates() && now.monotonic >= self.prune_at {
            let is_first = self.prune_at.is_zero();
            self.prune(now);
            if is_first {
                // Compresses what the last process left.
                self.wake_compressor();
            }
        }
    }

    fn prune(&mut self, now: Now) {
        self.prune_at = now.monotonic + PRUNE_EVERY;
        match self.archive.rotated(now.wall) {
            Ok(mut list) => {
                self.correct(&mut list, now);
                for (file, reason) in beyond(&list, &self.options, now.wall) {
                    self.remove(&file.path, reason);
                }
            }
            // A missing folder is created together with the file.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.failed(Action::Remove, self.archive.folder(), &error),
        }
    }

    /// Corrects the times of rotated files after the clock was put forward: files this process rotated before, as after a
    /// boot without a clock, and files written while the clock was ahead.
    fn correct(&mut self, list: &mut [Rotated], now: Now) {
        let step = self.steps.look(now.wall, now.monotonic);
        for file in list {
            let by_step = step.and_then(|step| {
                let times = [file.ended, file.modified].into_iter();
                times.filter_map(|time| step.corrected(time)).max()
            });
            if let Some(time) = by_step.filter(|time| *time > file.modified) {
                file.set_last_line(time);
            } else if is_in_future(file.ended, now.wall) && is_in_future(file.modified, now.wall) {
                file.set_last_line(now.wall);
            }
        }
    }

    fn remove(&self, path: &Path, reason: Removal) -> bool {
        match fs::remove_file(path) {
            Ok(()) => {
                self.metrics.removed(reason);
                true
            }
            // Another process removed it, or it has been compressed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => {
                self.failed(Action::Remove, path, &error);
                false
            }
        }
    }

    fn wake_compressor(&mut self) {
        let Some(compress) = self.options.compress else { return };
        if self.compressor.is_none() {
            match Compressor::start(self.archive.clone(), compress, self.metrics.clone()) {
                Ok(compressor) => self.compressor = Some(compressor),
                Err(error) => self.failed(Action::Compress, &self.path, &error),
            }
        }
        if let Some(compressor) = &self.compressor {
            compressor.wake();
        }
    }

    fn failed(&self, action: Action, path: &Path, error: &io::Error) {
        self.metrics.failed(action);
        diagnostics::report("log", "file", format_args!("cannot {action} {path:?}: {error}"));
    }
}

/// Makes the path absolute, so that the file stays the same when the process changes its working directory.
fn absolute(path: PathBuf) -> Result<PathBuf, OpenError> {
    path::absolute(&path).map_err(|source| OpenError::new(&path, source))
}

fn open(path: &Path, options: &FileOptions) -> Result<Opened, OpenError> {
    Opened::open(path, options).map_err(|source| OpenError::new(path, source))
}

/// The bytes of whole lines that fit into a file of `bytes` bytes.
fn fitting(lines: &[u8], max: u64, bytes: u64) -> usize {
    let room = usize::try_from(max.saturating_sub(bytes)).unwrap_or(usize::MAX);
    if lines.len() <= room {
        return lines.len();
    }
    lines[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)
}

fn first_line(lines: &[u8]) -> usize {
    lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1)
}
