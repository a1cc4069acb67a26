use std::fmt::Write as _;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use radiosonde_core::{Level, LevelNames, Resource};
use radiosonde_metrics::Registry;
use tracing::Span;
use tracing::subscriber::{DefaultGuard, set_default, set_global_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::bridging::bridge::bridge_log_records;
use crate::capture::capture_layer::CaptureLayer;
use crate::capture::captured_line::CapturedLine;
use crate::capture::owner::{CurrentOwner, Owner, OwnerGuard};
use crate::layer::build_error::JsonLayerBuildError;
use crate::layer::json_layer::JsonLayer;
use crate::layer::log_options::LogOptions;

/// Captures what this thread logs, including within its spans on other threads; see the [module](crate::capture).
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_log::capture::capture_logs;
///
/// fn charge(cents: u64) {
///     let _span = tracing::info_span!("charge", cents).entered();
///     tracing::info!("card charged");
/// }
///
/// let logs = capture_logs();
/// charge(250);
/// logs.assert_contains(Level::Info, "charged");
/// logs.assert_lacks(Level::Warn, "");
/// assert_eq!(logs.lines()[0].field("cents"), Some(&250.into()));
/// ```
///
/// # Panics
/// Only if the settings of this crate's own layer are invalid, which would be a bug.
#[must_use = "logs are captured while this is alive"]
pub fn capture_logs() -> CapturedLogs {
    static IS_OURS: OnceLock<bool> = OnceLock::new();
    let is_ours = *IS_OURS.get_or_init(|| {
        let is_ours = set_global_default(tracing_subscriber::registry().with(layer())).is_ok();
        if is_ours {
            // If the process has another logger, records are not captured.
            let _ = bridge_log_records();
        }
        is_ours
    });
    let mut logs = CapturedLogs::of(Arc::new(Owner::default()));
    logs.of_thread = Some(CurrentOwner::Thread.hold(Some(Arc::clone(&logs.owner))));
    if !is_ours {
        logs.subscriber = Some(set_default(tracing_subscriber::registry().with(layer())));
    }
    logs.span = tracing::info_span!(parent: None, "capture");
    logs
}

fn layer() -> CaptureLayer {
    let builder: LogOptions = JsonLayer::builder(&Resource::new("test")).registry(&Registry::new());
    let layer = CaptureLayer::new(builder, None);
    #[allow(clippy::expect_used, reason = "its settings are constants, and tests fail by panicking")]
    layer.expect("a layer of defaults")
}

/// The lines of a capture. Dropping it ends a capture started by [`capture_logs`], which belongs to the calling thread; see
/// also [`capture_layer`](crate::capture::capture_layer()).
#[derive(Debug)]
pub struct CapturedLogs {
    owner: Arc<Owner>,
    span: Span,
    // Dropped in this order: the thread's former subscriber is restored last.
    subscriber: Option<DefaultGuard>,
    of_thread: Option<OwnerGuard>,
    // The former subscriber belongs to this thread.
    _not_send: PhantomData<*const ()>,
}

impl CapturedLogs {
    pub(crate) fn of(owner: Arc<Owner>) -> Self {
        Self { owner, span: Span::none(), subscriber: None, of_thread: None, _not_send: PhantomData }
    }

    /// The lines in order.
    #[must_use]
    pub fn lines(&self) -> Vec<CapturedLine> {
        self.owner.lines()
    }

    /// Removes the lines.
    pub fn clear(&self) {
        self.owner.clear();
    }

    /// Asserts that there is a line of this level whose message contains `text`. The failure lists the captured lines.
    ///
    /// # Panics
    /// If there is no such line.
    #[track_caller]
    pub fn assert_contains(&self, level: Level, text: &str) {
        let lines = self.lines();
        let is_there = lines.iter().any(|line| line.level() == level && line.message().contains(text));
        assert!(
            is_there,
            "no {} line contains {text:?}{}",
            level.name(LevelNames::default()),
            listed(&lines)
        );
    }

    /// Asserts that no line of this or a more severe level has a message that contains `text`; every message contains `""`.
    ///
    /// # Panics
    /// If there is such a line.
    #[track_caller]
    pub fn assert_lacks(&self, level: Level, text: &str) {
        let lines = self.lines();
        let found = lines.iter().find(|line| line.level() >= level && line.message().contains(text));
        let name = level.name(LevelNames::default());
        assert!(found.is_none(), "a line at {name} or above contains {text:?}{}", listed(&lines));
    }

    /// A span without fields that belongs to this capture, for tasks without their own:
    /// `tokio::spawn(work.instrument(logs.span()))`.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// A handle with which other threads join this capture.
    #[must_use]
    pub fn scope(&self) -> CaptureScope {
        CaptureScope { owner: Arc::clone(&self.owner) }
    }
}

fn listed(lines: &[CapturedLine]) -> String {
    let mut list = String::from(if lines.is_empty() { "; nothing was logged" } else { "; captured lines:" });
    for line in lines {
        let _ = write!(list, "\n  {line}");
    }
    list
}

/// Captures what other threads log. Clones belong to the same capture.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_log::capture::capture_logs;
///
/// let logs = capture_logs();
/// let scope = logs.scope();
/// std::thread::spawn(move || scope.run(|| tracing::info!("from elsewhere"))).join().unwrap();
/// logs.assert_contains(Level::Info, "from elsewhere");
/// ```
#[derive(Debug, Clone)]
pub struct CaptureScope {
    owner: Arc<Owner>,
}

impl CaptureScope {
    /// Runs `work` as part of the capture.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _held = CurrentOwner::Thread.hold(Some(Arc::clone(&self.owner)));
        work()
    }
}

/// Creates a layer for a custom subscriber, and a capture of its events from all threads, as far as the subscriber's filters
/// pass them. `builder` decides the format of the lines; it needs no writer.
///
/// ```
/// use radiosonde_core::{Level, Resource};
/// use radiosonde_log::JsonLayer;
/// use radiosonde_log::capture::capture_layer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let (layer, logs) = capture_layer(JsonLayer::builder(&Resource::new("orders")).field("region", "eu-1"))?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || tracing::info!("paid"));
/// logs.assert_contains(Level::Info, "paid");
/// assert_eq!(logs.lines()[0].field("region"), Some(&"eu-1".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`LogOptions::build`].
pub fn capture_layer(builder: LogOptions) -> Result<(CaptureLayer, CapturedLogs), JsonLayerBuildError> {
    let owner = Arc::new(Owner::default());
    let layer = CaptureLayer::new(builder, Some(Arc::clone(&owner)))?;
    Ok((layer, CapturedLogs::of(owner)))
}
