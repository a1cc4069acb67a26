use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_metrics::{Buckets, RegisterError};

use crate::connections::occupancy::{Occupancy, Open};
use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::set_options::{SetOptions, set_options};
use crate::recording::record::Record;

/// Counts sessions, such as those of signed-in users.
///
/// # Metrics
/// - `active_sessions{kind}`: open sessions.
/// - `sessions_opened_total{kind}`: traffic.
/// - `sessions_closed_total{kind,reason}`: `closed` by default, and `timeout`, `error`, `shed` and `panic`.
/// - `session_duration_seconds{kind}`. A session has no latency, and no limit that is known here.
///
/// ```
/// use radiosonde_core::Outcome;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Sessions;
///
/// let registry = Registry::new();
/// let sessions = Sessions::builder("customer").registry(&registry).build()?;
/// let mut session = sessions.open();
/// assert!(registry.text().contains("active_sessions{kind=\"customer\"} 1\n"));
/// session.end(Outcome::TimedOut);
/// assert!(registry.text().contains("sessions_closed_total{kind=\"customer\",reason=\"timeout\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sessions(Arc<Open>);

impl Sessions {
    /// Declares sessions, by the name of their kind.
    pub fn builder(kind: impl Into<Cow<'static, str>>) -> SessionsBuilder {
        SessionsBuilder { kind: kind.into(), label: Some("kind"), options: SetOptions::new(SECONDS) }
    }

    /// Counts a session as open until the guard is dropped, or [ended](Record::end) with the reason.
    pub fn open(&self) -> Record<Operation> {
        self.0.open()
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        self.0.signals()
    }
}

const SECONDS: Buckets = Buckets::from_static(&[
    1.0, 10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14400.0, 28800.0, 86400.0, 604800.0,
]);

/// Builder of [`Sessions`]. Default buckets: from a second to a week.
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug, Clone)]
pub struct SessionsBuilder {
    kind: Cow<'static, str>,
    label: Option<&'static str>,
    options: SetOptions,
}

set_options!(SessionsBuilder, buckets);

impl SessionsBuilder {
    /// Leaves out the label: for the only sessions that a registry counts.
    pub const fn unlabelled(mut self) -> Self {
        self.label = None;
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Sessions, RegisterError> {
        let occupancy = Occupancy {
            words: ["session", "sessions"],
            label: self.label,
            active: "active_sessions",
            max: None,
            opened: "sessions_opened_total",
            closed: "sessions_closed_total",
            duration: "session_duration_seconds",
            has_shed: true,
        };
        Ok(Sessions(Arc::new(occupancy.declare(&self.kind, None, &self.options)?)))
    }
}
