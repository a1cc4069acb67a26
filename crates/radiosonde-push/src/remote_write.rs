use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use prost::Message as _;
use radiosonde_core::{SharedClock, SystemClock, diagnostics};
use radiosonde_delivery::{
    Delivery, Disposition, EncodeError, Endpoint, HttpOptions, Protocol, Queue, SinkOptions, SinkReport, Url,
};
use radiosonde_metrics::Registry;

use crate::one_at_a_time::OneAtATime;
use crate::proto::WriteRequest;
use crate::pusher::Pusher;
use crate::series::{Encoder, Untimed};
use crate::{Push, PushBuildError, grouping, policy};

/// Where Prometheus takes remote writes when it runs with `--web.enable-remote-write-receiver`.
const WRITE_PATH: &str = "/api/v1/write";

/// How long a push waits for that of another thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes a registry to Prometheus, or to anything that takes its remote write 1.0.
///
/// # Shape
/// Each series is one item of the queue, with the values that it had when it was pushed, all of a push with the same time; times rise from
/// one push to the next. Histograms are classic: their buckets, sum and count. Exemplars go along.
///
/// Cheap to clone; all clones are the same sink.
#[derive(Clone)]
pub struct RemoteWrite {
    queue: Queue<Bytes>,
    registry: Registry,
    labels: Arc<[(Box<str>, Box<str>)]>,
    clock: SharedClock,
    /// Of two pushes at once, one is wholly before the other, so that no series goes back.
    gathering: Arc<OneAtATime>,
    /// When the last push was, in milliseconds.
    last: Arc<Mutex<i64>>,
    stale_at_end: bool,
}

impl RemoteWrite {
    /// Queues every series as it is now. What the queue does not take is counted.
    ///
    /// A collector of the registry may call it: such a push has all series but those of collectors. While another thread gathers for a push,
    /// this waits, for ten seconds at most; `false` if the other takes longer, and nothing is queued.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn write(&self) -> bool {
        self.encode(false)
    }

    /// Queues a mark for every series that it has ended, so that queries do not show its last value for five minutes more.
    ///
    /// Waits, and fails to, like [`write`](Self::write).
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody looks or not")]
    pub fn write_stale(&self) -> bool {
        self.encode(true)
    }

    /// What became of every series of every push so far.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn encode(&self, stale: bool) -> bool {
        let Some(_gathering) = self.gathering.enter(PATIENCE) else {
            let message = format_args!("a push is left out: a collector keeps another one waiting");
            diagnostics::report("remote_write", "push", message);
            return false;
        };
        let since = self.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let mut all = Vec::new();
        let mut encoder = Encoder::new(&self.labels, now, stale, |series: Untimed| all.push(series));
        self.registry.visit(&mut encoder);
        // Not before collectors have been asked: one of them may have pushed meanwhile.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let time = now.max(last.saturating_add(1));
        *last = time;
        drop(last);
        for series in all {
            let series = series.at(time);
            let size = series.len() + size_of::<Bytes>();
            // A refusal has been counted by the queue.
            let _ = self.queue.push(series, size);
        }
        true
    }
}

impl Pusher for RemoteWrite {
    fn push(&self) {
        self.write();
    }

    fn last(&self) {
        self.write();
        if self.stale_at_end {
            self.write_stale();
        }
    }

    fn report(&self) -> SinkReport {
        self.report()
    }
}

impl fmt::Debug for RemoteWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteWrite").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// Collects a [`RemoteWrite`]'s settings. They are checked by [`build`](Self::build) or [`start`](Self::start).
#[must_use]
#[derive(Debug, Clone)]
pub struct RemoteWriteBuilder {
    url: Url,
    labels: Vec<(Box<str>, Box<str>)>,
    /// `None` for the global one, which only `build` makes: a program may still want to give it labels.
    registry: Option<Registry>,
    http: HttpOptions,
    sink: SinkOptions,
    clock: SharedClock,
    stale_at_end: bool,
}

impl RemoteWriteBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.into(),
            labels: Vec::new(),
            registry: None,
            http: HttpOptions::new(),
            sink: SinkOptions::new("remote_write").batch_items(2000),
            clock: Arc::new(SystemClock),
            stale_at_end: false,
        }
    }

    /// The label `job` of every series, which a scrape would have given them.
    pub fn job(self, job: &str) -> Self {
        self.label("job", job)
    }

    /// A label of every series that has none of this name itself; `instance`, for example.
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// What to push; [`Registry::global`] unless set.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    fn pushed(&self) -> &Registry {
        self.registry.as_ref().unwrap_or_else(|| Registry::global())
    }

    /// Headers and credentials of every request.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Bounds, batches and retries; those of [`SinkOptions`] under the name `remote_write`, 2000 series a request, unless set.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = options;
        self
    }

    /// Tells the time of a push; the system's clock unless set.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether [`Push::finish`] marks every series that is there then as ended after its last value. Without this Prometheus shows it for
    /// five minutes, as it does one that was removed or expired before.
    pub const fn stale_at_end(mut self, stale: bool) -> Self {
        self.stale_at_end = stale;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`PushBuildError`] names the setting that is refused.
    pub fn build(&self, delivery: &Delivery) -> Result<RemoteWrite, PushBuildError> {
        let endpoint = self.endpoint().map_err(PushBuildError::Endpoint)?;
        for (at, (name, _)) in self.labels.iter().enumerate() {
            if !grouping::is_label(name) || self.labels[..at].iter().any(|(other, _)| other == name) {
                return Err(PushBuildError::Label(InvalidWriteLabel { name: name.clone() }));
            }
        }
        let writes = Writes { endpoint, snappy: snap::raw::Encoder::new() };
        let queue = delivery
            .sink(self.sink.or_name("remote_write"), &self.http, writes)
            .map_err(PushBuildError::Sink)?;
        Ok(RemoteWrite {
            queue,
            registry: self.pushed().clone(),
            labels: self.labels.clone().into(),
            clock: Arc::clone(&self.clock),
            gathering: Arc::default(),
            last: Arc::new(Mutex::new(i64::MIN)),
            stale_at_end: self.stale_at_end,
        })
    }

    /// With a delivery thread of its own, whose metrics are in the same registry.
    ///
    /// # Errors
    /// [`PushBuildError`] names the setting that is refused.
    pub fn start(&self) -> Result<Push, PushBuildError> {
        let delivery = Delivery::builder().registry(self.pushed()).start().map_err(PushBuildError::Start)?;
        let pusher = self.build(&delivery)?;
        Ok(Push::new(delivery, pusher))
    }

    fn endpoint(&self) -> Result<Endpoint, radiosonde_delivery::InvalidEndpoint> {
        let endpoint = self.url.endpoint()?;
        let path = endpoint.uri().path().trim_end_matches('/');
        // Other receivers have other paths, which are used as they are.
        if path.is_empty() || path.ends_with(WRITE_PATH) {
            endpoint.ending_in(WRITE_PATH)
        } else {
            Ok(endpoint)
        }
    }
}

/// Makes requests of series.
struct Writes {
    endpoint: Endpoint,
    snappy: snap::raw::Encoder,
}

impl Protocol for Writes {
    type Item = Bytes;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[Bytes]) -> Result<Request<Bytes>, EncodeError> {
        let plain = WriteRequest { timeseries: batch.to_vec() }.encode_to_vec();
        // The block format, as the specification says.
        let body = self
            .snappy
            .compress_vec(&plain)
            .map_err(|error| EncodeError::because("compress the batch", error))?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
        let version = HeaderName::from_static("x-prometheus-remote-write-version");
        headers.insert(version, HeaderValue::from_static("0.1.0"));
        Ok(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        policy::of_remote_write(response, items)
    }
}

/// A label for every series that is malformed or set twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidWriteLabel {
    name: Box<str>,
}

impl InvalidWriteLabel {
    /// The label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for InvalidWriteLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "label {:?} is malformed or set twice; allowed is [a-zA-Z_][a-zA-Z0-9_]* without a leading `__`, once",
            self.name
        )
    }
}

impl std::error::Error for InvalidWriteLabel {}
