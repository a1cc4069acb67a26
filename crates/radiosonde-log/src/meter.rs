use std::io;

use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::{Counter, RegisterError, Registry, Vector};
use radiosonde_queue::Refusal;

use crate::line_meter::LineMeter;
use crate::rendering::recorder::Found;
use crate::writing::file::meter::{FileMeter, FileMeters};

/// The layer's own counters.
#[derive(Debug)]
pub(crate) struct Meter {
    lines: LineMeter,
    truncated: Counter,
    fmt_errors: Counter,
    redacted_by_key: Counter,
    redacted_by_detector: Counter,
    dropped: Vector<Counter>,
    suppressed: Vector<Counter>,
    names: LevelNames,
    nested: Dropped,
    files: FileMeters,
}

/// Why a line is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A write failed.
    Write,
    /// There was no room for it on the disk.
    DiskFull,
    /// An earlier write failed and it was too early to try again.
    Waiting,
    /// The writer or sink panicked.
    Panicked,
    /// The queue was full.
    QueueFull,
    /// It made room in a full queue for a newer one.
    Evicted,
    /// It waited for room in a full queue in vain.
    Timeout,
    /// It is longer than the whole queue.
    TooLarge,
    /// It was still queued when the time for shutting down was over.
    Shutdown,
    /// A writer or sink emitted it while it took a line.
    Nested,
}

impl Reason {
    pub(crate) const COUNT: usize = 10;
    /// Of a writer without a queue.
    const DIRECT: &[Self] = &[Self::Write, Self::DiskFull, Self::Waiting, Self::Panicked];
    const QUEUED: &[Self] = &[
        Self::Write,
        Self::DiskFull,
        Self::Panicked,
        Self::QueueFull,
        Self::Evicted,
        Self::Timeout,
        Self::TooLarge,
        Self::Shutdown,
        // After the queue's end lines are written directly.
        Self::Waiting,
    ];
    const ALL: [Self; Self::COUNT] = [
        Self::Write,
        Self::DiskFull,
        Self::Waiting,
        Self::Panicked,
        Self::QueueFull,
        Self::Evicted,
        Self::Timeout,
        Self::TooLarge,
        Self::Shutdown,
        Self::Nested,
    ];

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    /// Of a line that was refused with this error.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull
            }
            _ => Self::Write,
        }
    }

    /// The label's value.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::DiskFull => "disk_full",
            Self::Waiting => "waiting",
            Self::Panicked => "panicked",
            Self::QueueFull => "queue_full",
            Self::Evicted => "evicted",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Shutdown => "shutdown",
            Self::Nested => "nested",
        }
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLarge => Self::TooLarge,
            Refusal::QueueFull => Self::QueueFull,
            Refusal::Timeout => Self::Timeout,
            Refusal::Shutdown => Self::Shutdown,
        }
    }
}

/// What a writer or sink did not take, by reason and level.
#[derive(Debug)]
pub(crate) struct Dropped {
    /// Only of reasons that the writer or sink can have.
    counters: [Option<[Counter; 6]>; Reason::COUNT],
}

impl Dropped {
    pub(crate) fn count(&self, reason: Reason, level: Level, lines: u64) {
        // The level's place among the six is its index.
        if let Some(by_level) = &self.counters[reason as usize] {
            by_level[level as usize].inc_by(lines);
        }
    }
}

impl Meter {
    pub(crate) fn new(registry: &Registry, names: LevelNames) -> Result<Self, RegisterError> {
        let dropped = registry
            .counter("radiosonde_log_dropped_total", "Log lines not written, by writer, reason and level.")
            .labels(&["writer", "reason", "level"])?;
        let redacted = registry
            .counter("radiosonde_log_redacted_total", "Values, or parts of them, that were redacted.")
            .labels(&["by"])?;
        Ok(Self {
            lines: LineMeter::new(registry, names)?,
            truncated: registry
                .counter("radiosonde_log_truncated_total", "Log lines of which something was cut to fit.")
                .build()?,
            fmt_errors: registry
                .counter("radiosonde_log_fmt_errors_total", "Field values whose own formatting failed.")
                .build()?,
            redacted_by_key: redacted.handle(&["key"]),
            redacted_by_detector: redacted.handle(&["detector"]),
            nested: dropped_of(&dropped, names, "layer", &[Reason::Nested]),
            names,
            dropped,
            suppressed: registry
                .counter(
                    "radiosonde_log_suppressed_total",
                    "Events that limits and sampling kept from becoming lines.",
                )
                .labels(&["level", "reason"])?,
            files: FileMeters::new(registry)?,
        })
    }

    pub(crate) fn dropped_by_writer(&self, writer: &str, is_queued: bool) -> Dropped {
        let reasons = if is_queued { Reason::QUEUED } else { Reason::DIRECT };
        dropped_of(&self.dropped, self.names, writer, reasons)
    }

    pub(crate) fn dropped_by_sink(&self) -> Dropped {
        dropped_of(&self.dropped, self.names, "sink", &[Reason::Panicked])
    }

    /// What limits and sampling keep back, by level and reason.
    pub(crate) fn suppressed(&self) -> Vector<Counter> {
        self.suppressed.clone()
    }

    pub(crate) fn file(&self, writer: &str) -> FileMeter {
        self.files.of(writer)
    }

    /// What counts lines by level and target.
    pub(crate) fn lines(&self) -> &LineMeter {
        &self.lines
    }

    /// A line of which something is missing.
    pub(crate) fn truncated(&self) {
        self.truncated.inc();
    }

    /// What was met in the values of an event or a span.
    pub(crate) fn found(&self, found: Found) {
        if found != Found::default() {
            self.fmt_errors.inc_by(found.failed);
            self.redacted_by_key.inc_by(found.secret_keys);
            self.redacted_by_detector.inc_by(found.secrets);
        }
    }

    /// An event that a writer or sink emitted while it took a line.
    pub(crate) fn nested(&self, level: Level) {
        self.nested.count(Reason::Nested, level, 1);
    }
}

fn dropped_of(vector: &Vector<Counter>, names: LevelNames, writer: &str, reasons: &[Reason]) -> Dropped {
    let counters = Reason::ALL.map(|reason| {
        let by_level = || Level::ALL.map(|level| vector.handle(&[writer, reason.name(), level.name(names)]));
        reasons.contains(&reason).then(by_level)
    });
    Dropped { counters }
}
