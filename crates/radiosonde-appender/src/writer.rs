use std::path::PathBuf;
use std::{fmt, io};

use radiosonde_core::Clock;

use crate::failure::Failure;
use crate::file::file_error::{FileError, OpenError};
use crate::file::file_options::FileOptions;
use crate::file::log_file::LogFile;
use crate::lines::Lines;
use crate::output_metrics::OutputMetrics;
use crate::queue_options::{InvalidQueue, QueueOptions};
use crate::stream::Stream;

/// Where lines are written: standard output, standard error, a file, or anything that implements [`io::Write`].
///
/// A line and its line feed are passed on whole, one batch at a time per writer, so that lines of different threads never
/// mix. Lines that cannot be written are counted in `radiosonde_log_dropped_total{writer,reason,level}` and reported through
/// [`radiosonde_core::diagnostics`]; a failure never panics and never reaches the caller.
///
/// # Blocking
/// A writer writes on the thread that logs unless it has a [`queue`](Self::queue). A blocked standard output then blocks
/// that thread, and a full non-blocking one refuses the line. With a queue, a separate thread writes, and [`QueueOptions`]
/// decide what happens when the queue is full.
///
/// ```
/// use radiosonde_appender::{QueueOptions, Writer};
///
/// let folder = tempfile::tempdir()?;
/// let writer = Writer::file(folder.path().join("log/orders.log"))?.queue(QueueOptions::new());
/// assert_eq!(writer.name(), "file");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug)]
pub struct Writer {
    name: &'static str,
    target: Target,
    queue: Option<QueueOptions>,
}

impl Writer {
    /// The process' standard output.
    pub const fn stdout() -> Self {
        Self { name: "stdout", target: Target::Stdout { torn: false }, queue: None }
    }

    /// The process' standard error.
    pub const fn stderr() -> Self {
        Self { name: "stderr", target: Target::Stderr { torn: false }, queue: None }
    }

    /// Appends to a file, which is created if needed, with the folders above it. A relative path is made absolute at once.
    ///
    /// The file grows without bound; [`file_with`](Self::file_with) rotates it and describes how failures are handled.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be opened.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let file = LogFile::open_plain(path.into())?;
        Ok(Self { name: "file", target: Target::File(Box::new(file)), queue: None })
    }

    /// Appends to a file that is rotated, bounded and created as `options` specify.
    ///
    /// # What is written
    /// A line counts as written once the system has accepted it whole. When it reaches the disk is up to the system: after a
    /// loss of power, seconds may be missing. A written line is in exactly one file. Any other line waits in the queue, if
    /// there is one, or is counted in `radiosonde_log_dropped_total`. No file contains part of a line: what the system
    /// accepted of a line before it refused the rest is removed again. Where that is impossible, as on a pipe, the part is
    /// ended with a line feed.
    ///
    /// # What may happen to the file
    /// - **Renamed, removed, or its folder gone**, by `logrotate` or by hand: noticed before the next lines are written,
    ///   which go to a new file in a new folder, without a signal. `copytruncate` works as well, but loses what is written
    ///   meanwhile.
    /// - **Disk full, quota or limit reached**: retried with the next lines, or four times a second while a queue waits.
    ///   With [`keep_total_bytes`](FileOptions::keep_total_bytes), the oldest rotated file is removed first.
    /// - **Another error**: the file is opened again; if that fails too, after a second at the earliest.
    /// - **The process was killed** in the middle of a line: that line is ended before the first new one.
    /// - **Two processes** write to it: their lines do not mix on a local file system, and each notices when the other has
    ///   rotated it. A file may be rotated early, and a reader may see a line that is then removed on a full disk.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be opened, if no file can be created beside one to be rotated, and for invalid bounds.
    pub fn file_with(path: impl Into<PathBuf>, options: FileOptions) -> Result<Self, FileError> {
        let file = LogFile::open(path.into(), options)?;
        Ok(Self { name: "file", target: Target::File(Box::new(file)), queue: None })
    }

    /// Any writer. `name` labels it in the counter of dropped lines.
    ///
    /// One thread uses it at a time. Events that it emits are dropped and counted; a panic in it is caught and counted.
    pub fn new(name: &'static str, writer: impl io::Write + Send + 'static) -> Self {
        Self { name, target: Target::Custom { writer: Box::new(writer), torn: false }, queue: None }
    }

    /// Gives the writer a bounded queue and a thread of its own, so that a thread that logs only copies its line.
    ///
    /// The queue is written out when the layer is dropped, by its handle, by a line at `FATAL`, and on Unix when the process
    /// exits: by [`std::process::exit`], or when `main` returns while the layer is the global one. An exit waits for up to
    /// two seconds, and later lines are written directly. A process that ends in another way, such as by
    /// [`std::process::abort`] or by a signal without a handler, loses what has not been written yet: about the last
    /// millisecond of lines, if the writer keeps up. If the thread cannot be started, that is reported and lines are written
    /// directly.
    pub fn queue(mut self, options: QueueOptions) -> Self {
        self.queue = Some(options);
        self
    }

    /// Writes on the thread that logs. This is the default.
    pub fn direct(mut self) -> Self {
        self.queue = None;
        self
    }

    /// The name used in metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Checks that the writer's queue, if it has one, can hold the longest line.
    ///
    /// # Errors
    /// [`InvalidQueue`] names the setting that is out of range.
    pub fn check_queue(&self, longest_line: usize) -> Result<(), InvalidQueue> {
        self.queue.as_ref().map_or(Ok(()), |options| options.check(longest_line))
    }

    /// Whether the writer is a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.stream().is_terminal()
    }

    pub(crate) const fn queue_options(&self) -> Option<&QueueOptions> {
        self.queue.as_ref()
    }

    /// Counts what happens to its files in these metrics.
    pub(crate) fn count_with(&mut self, metrics: &OutputMetrics) {
        if let Target::File(file) = &mut self.target {
            file.count_in(metrics.file(self.name));
        }
    }

    /// The stream whose lock a line needs besides the writer's own.
    pub(crate) const fn stream(&self) -> Stream {
        match self.target {
            Target::Stdout { .. } => Stream::Stdout,
            Target::Stderr { .. } => Stream::Stderr,
            Target::File(_) | Target::Custom { .. } => Stream::Own,
        }
    }

    /// Writes lines and adds the bytes written to `written`, also if the writer panics.
    pub(crate) fn write(
        &mut self,
        lines: Lines<'_>,
        written: &mut usize,
        clock: &dyn Clock,
    ) -> Result<(), Failure> {
        match &mut self.target {
            Target::Stdout { torn } => lines.write_to(&mut io::stdout().lock(), torn, written),
            Target::Stderr { torn } => lines.write_to(&mut io::stderr().lock(), torn, written),
            Target::Custom { writer, torn } => lines.write_to(writer, torn, written),
            Target::File(file) => file.write(lines, written, clock),
        }
    }
}

enum Target {
    /// `torn`: a line may have been written in part; it is ended before the next one.
    Stdout {
        torn: bool,
    },
    Stderr {
        torn: bool,
    },
    File(Box<LogFile>),
    Custom {
        writer: Box<dyn io::Write + Send>,
        torn: bool,
    },
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout { .. } => f.write_str("Stdout"),
            Self::Stderr { .. } => f.write_str("Stderr"),
            Self::File(file) => file.fmt(f),
            Self::Custom { .. } => f.write_str("Custom"),
        }
    }
}
