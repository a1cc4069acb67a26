use std::fmt;

use radiosonde_metrics::{Counter, DynFamily, RegisterError, Registry};

/// The counters of the files of a layer.
#[derive(Debug)]
pub(crate) struct FilesMetrics {
    rotations: DynFamily<Counter>,
    removed: DynFamily<Counter>,
    failures: DynFamily<Counter>,
}

/// The counters of one file; counts nothing until a layer writes to the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileMetrics(Option<Counters>);

#[derive(Debug, Clone)]
struct Counters {
    rotations: Counter,
    removed: [Counter; 4],
    failures: [Counter; 5],
}

/// Why a rotated file was removed. Its lines had been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Age,
    Count,
    TotalBytes,
    /// New lines needed the space.
    DiskFull,
}

impl Removal {
    const ALL: [Self; 4] = [Self::Age, Self::Count, Self::TotalBytes, Self::DiskFull];

    /// The value of the label.
    const fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Count => "count",
            Self::TotalBytes => "total_bytes",
            Self::DiskFull => "disk_full",
        }
    }
}

/// An action on a log file, other than writing lines, that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Open,
    Rotate,
    Remove,
    Compress,
    /// A partly written line could not be removed from the file.
    TakeBack,
}

impl Action {
    const ALL: [Self; 5] = [Self::Open, Self::Rotate, Self::Remove, Self::Compress, Self::TakeBack];

    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Rotate => "rotate",
            Self::Remove => "remove",
            Self::Compress => "compress",
            Self::TakeBack => "take_back",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FilesMetrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        Ok(Self {
            rotations: registry
                .counter("radiosonde_log_file_rotations_total", "Log files that were rotated, by writer.")
                .labels(&["writer"])?,
            removed: registry
                .counter(
                    "radiosonde_log_file_removed_total",
                    "Rotated log files removed, by writer and reason.",
                )
                .labels(&["writer", "reason"])?,
            failures: registry
                .counter(
                    "radiosonde_log_file_failures_total",
                    "Failures on log files other than writing lines, by writer and action.",
                )
                .labels(&["writer", "action"])?,
        })
    }

    pub(crate) fn of(&self, writer: &str) -> FileMetrics {
        FileMetrics(Some(Counters {
            rotations: self.rotations.handle(&[writer]),
            removed: Removal::ALL.map(|reason| self.removed.handle(&[writer, reason.name()])),
            failures: Action::ALL.map(|action| self.failures.handle(&[writer, action.name()])),
        }))
    }
}

impl FileMetrics {
    pub(crate) fn rotated(&self) {
        if let Some(counters) = &self.0 {
            counters.rotations.inc();
        }
    }

    pub(crate) fn removed(&self, reason: Removal) {
        if let Some(counters) = &self.0 {
            // A reason's discriminant is its index.
            counters.removed[reason as usize].inc();
        }
    }

    pub(crate) fn failed(&self, action: Action) {
        if let Some(counters) = &self.0 {
            // An action's discriminant is its index.
            counters.failures[action as usize].inc();
        }
    }
}
