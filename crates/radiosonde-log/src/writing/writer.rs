use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// After a write to a file failed, the file is opened again at most this often.
const REOPEN_EVERY: Duration = Duration::from_secs(1);

/// Where lines are written: standard output, standard error, a file, or anything that implements [`io::Write`].
///
/// A line and its line feed are handed over in one `write_all`, one line at a time per writer, so that the lines of different
/// threads never mix. Writing is synchronous: a blocked standard output blocks the thread that logs, and one that was made
/// non-blocking and is full refuses the line. What cannot be written is counted in
/// `radiosonde_log_dropped_total{writer,reason}` and reported through [`radiosonde_core::diagnostics`]; it never panics and
/// never comes back to the caller.
///
/// ```
/// use radiosonde_core::Resource;
/// use radiosonde_log::{JsonLayer, Writer};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("log/orders.log");
/// let layer = JsonLayer::builder(&Resource::new("orders")).writer(Writer::file(&path)?).build()?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || tracing::info!("hi"));
/// assert!(std::fs::read_to_string(&path)?.ends_with("\"message\":\"hi\"}\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    name: &'static str,
    target: Target,
    /// A line may have been written in part: the next one must not be glued to it.
    torn: bool,
}

impl Writer {
    /// The process' standard output.
    #[must_use]
    pub const fn stdout() -> Self {
        Self { name: "stdout", target: Target::Stdout, torn: false }
    }

    /// The process' standard error.
    #[must_use]
    pub const fn stderr() -> Self {
        Self { name: "stderr", target: Target::Stderr, torn: false }
    }

    /// Appends to a file, which is created if need be, with the folders above it.
    ///
    /// When a write fails, the lines until the next attempt are dropped and counted; the file is opened again by its path
    /// after a second at the earliest. A line torn by a failed write is ended with a line feed before the next one.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be opened now.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        match open(&path) {
            Ok(file) => {
                let torn = ends_within_a_line(&file, &path);
                let target = Target::File(LogFile { path, file: Some(file), reopen_at: Duration::ZERO });
                Ok(Self { name: "file", target, torn })
            }
            Err(source) => Err(OpenError { path, source }),
        }
    }

    /// Any writer, called `name` in the counter of dropped lines.
    ///
    /// It is used by one thread at a time. Events that it emits are dropped and counted; a panic in it is caught and counted.
    #[must_use]
    pub fn new(name: &'static str, writer: impl io::Write + Send + 'static) -> Self {
        Self { name, target: Target::Custom(Box::new(writer)), torn: false }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Which lock of the process a line needs beside the writer's own.
    pub(crate) const fn stream(&self) -> Stream {
        match self.target {
            Target::Stdout => Stream::Stdout,
            Target::Stderr => Stream::Stderr,
            Target::File(_) | Target::Custom(_) => Stream::Own,
        }
    }

    /// Whether a person reads along.
    pub(crate) fn is_terminal(&self) -> bool {
        match self.target {
            Target::Stdout => io::stdout().is_terminal(),
            Target::Stderr => io::stderr().is_terminal(),
            Target::File(_) | Target::Custom(_) => false,
        }
    }

    /// Writes a line that ends with a line feed, after another line feed if a line before was torn.
    pub(crate) fn write(&mut self, line: &[u8], now: impl FnOnce() -> Duration) -> Result<(), WriteError> {
        let torn = self.torn;
        // Stays set if the writer panics.
        self.torn = true;
        let result = match &mut self.target {
            Target::Stdout => write_line(&mut io::stdout().lock(), line, torn).map_err(WriteError::Io),
            Target::Stderr => write_line(&mut io::stderr().lock(), line, torn).map_err(WriteError::Io),
            Target::Custom(writer) => write_line(writer, line, torn).map_err(WriteError::Io),
            Target::File(file) => file.write(line, torn, now),
        };
        self.torn = match result {
            Ok(()) => false,
            Err(WriteError::Io(_)) => true,
            Err(WriteError::Waiting) => torn,
        };
        result
    }
}

fn write_line(writer: &mut impl io::Write, line: &[u8], torn: bool) -> io::Result<()> {
    if torn {
        writer.write_all(b"\n")?;
    }
    writer.write_all(line)?;
    writer.flush()
}

/// What a writer writes to, by who else may hold it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
    /// Nobody else.
    Own,
}

/// A stream that belongs to this thread until it is dropped. The thread may take it again within.
#[derive(Debug)]
pub(crate) enum Held {
    Stdout { _lock: io::StdoutLock<'static> },
    Stderr { _lock: io::StderrLock<'static> },
    Own,
}

impl Stream {
    pub(crate) fn hold(self) -> Held {
        match self {
            Self::Stdout => Held::Stdout { _lock: io::stdout().lock() },
            Self::Stderr => Held::Stderr { _lock: io::stderr().lock() },
            Self::Own => Held::Own,
        }
    }
}

enum Target {
    Stdout,
    Stderr,
    File(LogFile),
    Custom(Box<dyn io::Write + Send>),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("Stdout"),
            Self::Stderr => f.write_str("Stderr"),
            Self::File(file) => f.debug_tuple("File").field(&file.path).finish(),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}

/// Why a line was not written.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The system refused; part of the line may have been written.
    Io(io::Error),
    /// An earlier write failed, and it is too early to try again.
    Waiting,
}

/// A file that is opened again after a failure.
struct LogFile {
    path: PathBuf,
    file: Option<File>,
    reopen_at: Duration,
}

impl LogFile {
    fn write(&mut self, line: &[u8], torn: bool, now: impl FnOnce() -> Duration) -> Result<(), WriteError> {
        if let Some(file) = &mut self.file {
            return write_line(file, line, torn).map_err(|error| {
                // The next line may try at once; only if that fails too there is a pause.
                (self.file, self.reopen_at) = (None, Duration::ZERO);
                WriteError::Io(error)
            });
        }
        let now = now();
        if now < self.reopen_at {
            return Err(WriteError::Waiting);
        }
        let opened = open(&self.path).and_then(|mut file| {
            let torn = ends_within_a_line(&file, &self.path);
            write_line(&mut file, line, torn)?;
            Ok(file)
        });
        match opened {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                self.reopen_at = now + REOPEN_EVERY;
                return Err(WriteError::Io(error));
            }
        }
        Ok(())
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
