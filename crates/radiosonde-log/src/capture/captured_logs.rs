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
use crate::capture::owner::{Held, Owner, Place};
use crate::layer::json_layer::JsonLayer;
use crate::layer::json_layer_builder::{JsonLayerBuildError, JsonLayerBuilder};

/// Begins to capture what this thread logs, and what is logged within the spans that it makes; see the
/// [module](crate::capture) for what belongs to it.
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
/// Never, unless this crate is broken: its own layer is refused.
#[must_use = "what is logged is captured as long as this lives"]
pub fn capture_logs() -> CapturedLogs {
    static IS_OURS: OnceLock<bool> = OnceLock::new();
    let is_ours = *IS_OURS.get_or_init(|| {
        let is_ours = set_global_default(tracing_subscriber::registry().with(layer())).is_ok();
        if is_ours {
            // If somebody has the records already, they are not captured.
            let _ = bridge_log_records();
        }
        is_ours
    });
    let mut logs = CapturedLogs::of(Arc::new(Owner::default()));
    logs.of_thread = Some(Place::OfThread.hold(Some(Arc::clone(&logs.owner))));
    if !is_ours {
        logs.subscriber = Some(set_default(tracing_subscriber::registry().with(layer())));
    }
    logs.span = tracing::info_span!(parent: None, "capture");
    logs
}

fn layer() -> CaptureLayer {
    let builder: JsonLayerBuilder = JsonLayer::builder(&Resource::new("test")).registry(&Registry::new());
    let layer = CaptureLayer::new(builder, None);
    #[allow(
        clippy::expect_used,
        reason = "its settings are constants; and this is for tests, which fail by panicking"
    )]
    layer.expect("a layer of defaults")
}

/// What a test has logged so far. Made by [`capture_logs`], whose caller's thread is captured until this is dropped, or by
/// [`capture_layer`](crate::capture::capture_layer()).
#[derive(Debug)]
pub struct CapturedLogs {
    owner: Arc<Owner>,
    span: Span,
    // Dropped in this order: what the thread had before comes back last.
    subscriber: Option<DefaultGuard>,
    of_thread: Option<Held>,
    // What was there before belongs to this thread.
    _not_send: PhantomData<*const ()>,
}

impl CapturedLogs {
    pub(crate) fn of(owner: Arc<Owner>) -> Self {
        Self { owner, span: Span::none(), subscriber: None, of_thread: None, _not_send: PhantomData }
    }

    /// The lines, in the order in which they came.
    #[must_use]
    pub fn lines(&self) -> Vec<CapturedLine> {
        self.owner.lines()
    }

    /// Forgets the lines.
    pub fn clear(&self) {
        self.owner.clear();
    }

    /// Fails unless there is a line of this level whose message contains `text`. The failure lists the lines that there are.
    ///
    /// # Panics
    /// If there is none.
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

    /// Fails if there is a line of this level or a graver one whose message contains `text`; every message contains `""`.
    ///
    /// # Panics
    /// If there is one.
    #[track_caller]
    pub fn assert_lacks(&self, level: Level, text: &str) {
        let lines = self.lines();
        let found = lines.iter().find(|line| line.level() >= level && line.message().contains(text));
        let name = level.name(LevelNames::default());
        assert!(found.is_none(), "a line of {name} or above contains {text:?}{}", listed(&lines));
    }

    /// A span without fields that belongs to this capture, for tasks that have none of their own:
    /// `tokio::spawn(work.instrument(logs.span()))`.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// A way into this capture for other threads.
    #[must_use]
    pub fn scope(&self) -> CaptureScope {
        CaptureScope { owner: Arc::clone(&self.owner) }
    }
}

fn listed(lines: &[CapturedLine]) -> String {
    let mut list = String::from(if lines.is_empty() { "; nothing was logged" } else { "; what was logged:" });
    for line in lines {
        let _ = write!(list, "\n  {line}");
    }
    list
}

/// Captures what other threads log, too. Clones are of the same capture.
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
    /// Runs `work` as a part of the capture.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _held = Place::OfThread.hold(Some(Arc::clone(&self.owner)));
        work()
    }
}

/// A layer for a subscriber of one's own, and what comes through it: from every thread, and up to the levels that the
/// subscriber's filters let through. The lines look as the builder says; it needs no writer.
///
/// ```
/// use radiosonde_core::{Level, Resource};
/// use radiosonde_log::JsonLayer;
/// use radiosonde_log::capture::capture_layer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let (layer, logs) = capture_layer(JsonLayer::builder(&Resource::new("orders")).static_field("region", "eu-1"))?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || tracing::info!("paid"));
/// logs.assert_contains(Level::Info, "paid");
/// assert_eq!(logs.lines()[0].field("region"), Some(&"eu-1".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`JsonLayerBuilder::build`].
pub fn capture_layer(builder: JsonLayerBuilder) -> Result<(CaptureLayer, CapturedLogs), JsonLayerBuildError> {
    let owner = Arc::new(Owner::default());
    let layer = CaptureLayer::new(builder, Some(Arc::clone(&owner)))?;
    Ok((layer, CapturedLogs::of(owner)))
}
