use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{
    Buckets, Counter, DynFamily, Histogram, Instrument, IntGauge, RegisterError, Registry,
};
use radiosonde_signals::{GoldenSignals, LatencyBuckets, Limit, Series};

use crate::saturation::buffer::BufferLayer;
use crate::saturation::concurrency_limit::ConcurrencyLimitLayer;
use crate::saturation::load_shed::LoadShedLayer;
use crate::saturation::share::Share;
use crate::saturation::timeout::TimeoutLayer;
use crate::saturation::wait::Waits;

/// Makes the layers that protect one service, and exports under one name how near the service is to its limits.
///
/// They do what tower's layers of the same names do, with the same errors.
///
/// # Metrics
/// | Metric | Meaning | Layer |
/// |---|---|---|
/// | `http_concurrency_limit{limiter}` | requests that may be handled at once | concurrency limit |
/// | `http_concurrency_in_use{limiter}` | requests that hold a permit | concurrency limit |
/// | `http_queue_capacity{limiter}` | requests that the queue holds | buffer |
/// | `http_queue_depth{limiter}` | requests in the queue, or callers that wait for a permit | buffer, concurrency limit |
/// | `http_queue_wait_seconds{limiter}` | time in the queue, or until there was a permit | buffer, concurrency limit |
/// | `http_requests_shed_total{limiter}` | requests refused | load shed |
/// | `http_requests_timed_out_total{limiter}` | requests without a response in time | timeout |
///
/// A series is there, at zero, from the time at which its layer is made. A caller that gives up has waited, too. One that does
/// not wait is observed with 0 seconds. Layers of the same name in the same registry add up.
///
/// # Outcomes
/// A refusal or a timeout is the outcome of the request that is current then: its access line reports `shed` or `timed_out`.
///
/// # Order
/// `ServerLayer` outermost, so that each refusal is recorded; then a layer that turns errors into responses; then these.
/// Between layers of axum, requests wait for a permit after they have arrived at the server layer, and the wait is part of
/// their duration. Within one `ServiceBuilder`, or without axum, they wait in `poll_ready`, before they arrive.
///
/// | Layer that gives up | The client receives |
/// |---|---|
/// | these, or tower's, under axum's `HandleErrorLayer` | what that returns, such as 503 or 504 |
/// | these, or tower's, in a hyper server without such a layer | no response: the connection is closed |
/// | tower-http's `TimeoutLayer` | 408, an ordinary response that the service has completed |
///
/// ```
/// use std::time::Duration;
/// use axum::{BoxError, Router, error_handling::HandleErrorLayer, http::StatusCode, routing::get};
/// use radiosonde_metrics::Registry;
/// use radiosonde_tower::{Limiter, ServerLayer};
/// use tower::{ServiceBuilder, ServiceExt as _, load_shed::error::Overloaded};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// async fn refused(error: BoxError) -> StatusCode {
///     if error.is::<Overloaded>() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::GATEWAY_TIMEOUT }
/// }
///
/// let registry = Registry::new();
/// let limiter = Limiter::builder("orders").registry(&registry).build()?;
/// let limits = ServiceBuilder::new()
///     .layer(HandleErrorLayer::new(refused))
///     .layer(limiter.load_shed())
///     .layer(limiter.concurrency_limit(0))
///     .layer(limiter.timeout(Duration::from_secs(2)));
/// let app: Router = Router::new()
///     .route("/orders", get(async || "orders"))
///     .layer(limits)
///     .layer(ServerLayer::builder().registry(&registry).build()?);
///
/// let response = app.oneshot(axum::http::Request::get("/orders").body(axum::body::Body::empty())?).await?;
/// assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
/// drop(response);
/// let text = registry.text();
/// assert!(text.contains("http_requests_shed_total{limiter=\"orders\"} 1\n"));
/// assert!(text.contains("http_requests_total{endpoint=\"/orders\",method=\"GET\",status=\"503\"} 1\n"), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Limiter {
    name: String,
    limit: DynFamily<IntGauge>,
    in_use: DynFamily<IntGauge>,
    capacity: DynFamily<IntGauge>,
    depth: DynFamily<IntGauge>,
    wait: DynFamily<Histogram>,
    shed: DynFamily<Counter>,
    timed_out: DynFamily<Counter>,
    clock: SharedClock,
}

impl Limiter {
    /// A limiter with this name in [`Registry::global`].
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn new(name: impl Into<String>) -> Result<Self, RegisterError> {
        Self::builder(name).build()
    }

    /// Builds a limiter with this name; default: the global registry and the system's clock.
    pub fn builder(name: impl Into<String>) -> LimiterBuilder {
        LimiterBuilder { name: name.into(), registry: None, clock: Arc::new(SystemClock) }
    }

    /// At most `max` requests at once; further ones wait in `poll_ready`.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_tower::Limiter;
    /// use tower::{Service as _, ServiceBuilder, ServiceExt as _, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let registry = Registry::new();
    /// let limiter = Limiter::builder("orders").registry(&registry).build()?;
    /// let service = service_fn(async |()| Ok::<_, std::io::Error>(()));
    /// let mut service = ServiceBuilder::new().layer(limiter.concurrency_limit(64)).service(service);
    ///
    /// let response = service.ready().await?.call(());
    /// assert!(registry.text().contains("http_concurrency_limit{limiter=\"orders\"} 64\n"));
    /// assert!(registry.text().contains("http_concurrency_in_use{limiter=\"orders\"} 1\n"));
    /// response.await?;
    /// assert!(registry.text().contains("http_concurrency_in_use{limiter=\"orders\"} 0\n"));
    /// assert!(registry.text().contains("http_queue_wait_seconds_count{limiter=\"orders\"} 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn concurrency_limit(&self, max: usize) -> ConcurrencyLimitLayer {
        let share = Share::new(self.series(&self.limit), max);
        ConcurrencyLimitLayer::new(max, share, self.series(&self.in_use), self.waits())
    }

    /// Refuses requests with tower's `Overloaded` while the service inside is not ready.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_tower::Limiter;
    /// use tower::load_shed::error::Overloaded;
    /// use tower::{ServiceBuilder, ServiceExt as _, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let registry = Registry::new();
    /// let limiter = Limiter::builder("orders").registry(&registry).build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(limiter.load_shed())
    ///     .layer(limiter.concurrency_limit(0))
    ///     .service(service_fn(async |()| Ok::<_, std::io::Error>(())));
    ///
    /// let error = service.oneshot(()).await.unwrap_err();
    /// assert!(error.is::<Overloaded>());
    /// assert!(registry.text().contains("http_requests_shed_total{limiter=\"orders\"} 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_shed(&self) -> LoadShedLayer {
        LoadShedLayer::new(self.series(&self.shed))
    }

    /// Fails with tower's `Elapsed` if there is no response in time; for that, tokio's timer is needed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_tower::Limiter;
    /// use tower::timeout::error::Elapsed;
    /// use tower::{ServiceBuilder, ServiceExt as _, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let registry = Registry::new();
    /// let limiter = Limiter::builder("orders").registry(&registry).build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(limiter.timeout(Duration::from_millis(1)))
    ///     .service(service_fn(|()| std::future::pending::<Result<(), std::io::Error>>()));
    ///
    /// let error = service.oneshot(()).await.unwrap_err();
    /// assert!(error.is::<Elapsed>());
    /// assert!(registry.text().contains("http_requests_timed_out_total{limiter=\"orders\"} 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn timeout(&self, timeout: Duration) -> TimeoutLayer {
        TimeoutLayer::new(timeout, self.series(&self.timed_out))
    }

    /// A queue for `bound` requests, from which a task calls the service. So a service that is not `Clone` becomes it.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_tower::Limiter;
    /// use tower::{ServiceBuilder, ServiceExt as _, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let registry = Registry::new();
    /// let limiter = Limiter::builder("orders").registry(&registry).build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(limiter.buffer(128))
    ///     .service(service_fn(async |()| Ok::<_, std::io::Error>(())));
    ///
    /// service.clone().oneshot(()).await?;
    /// assert!(registry.text().contains("http_queue_capacity{limiter=\"orders\"} 128\n"));
    /// assert!(registry.text().contains("http_queue_depth{limiter=\"orders\"} 0\n"));
    /// assert!(registry.text().contains("http_queue_wait_seconds_count{limiter=\"orders\"} 1\n"));
    /// # Ok::<(), tower::BoxError>(())
    /// # }).map_err(|error| error.to_string())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn buffer<Q>(&self, bound: usize) -> BufferLayer<Q> {
        BufferLayer::new(bound, self.series(&self.capacity), self.waits())
    }

    fn waits(&self) -> Waits {
        let (seconds, depth) = (self.series(&self.wait), self.series(&self.depth));
        Waits { seconds, depth, clock: Arc::clone(&self.clock) }
    }

    fn series<M: Instrument>(&self, family: &DynFamily<M>) -> M {
        family.handle(&[&self.name])
    }
}

/// Builds a [`Limiter`].
#[must_use]
#[derive(Debug, Clone)]
pub struct LimiterBuilder {
    name: String,
    registry: Option<Registry>,
    clock: SharedClock,
}

/// A wait is short where the service is healthy, and as long as the caller's patience where it is not.
const WAIT_SECONDS: Buckets = Buckets::from_static(&[
    0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
]);

impl LimiterBuilder {
    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock that measures waits; default: the system's. Timeouts are tokio's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<Limiter, RegisterError> {
        let Self { name, registry, clock } = self;
        let registry = registry.as_ref().unwrap_or_else(|| Registry::global());
        let gauge = |name, help| registry.int_gauge(name, help).labels(LABELS);
        let counter = |name, help| registry.counter(name, help).labels(LABELS);
        let wait = LatencyBuckets::of(registry, KIND).declare(WAIT, &WAIT_SECONDS, |buckets| {
            let wait = registry.histogram(WAIT, "Duration of waits for a permit or in a queue.");
            wait.unit("seconds").buckets(buckets).labels(LABELS)
        })?;
        let series = |metric, kind| Series::of(registry, metric, kind).with("limiter", &*name);
        GoldenSignals::new(KIND, &*name)
            .with_latency(series(WAIT, Kind::Histogram))
            .with_errors(series("http_requests_shed_total", Kind::Counter))
            .with_saturation(
                series("http_concurrency_in_use", Kind::Gauge),
                Limit::Metric(series("http_concurrency_limit", Kind::Gauge)),
            )
            .declare(registry);
        Ok(Limiter {
            name,
            limit: gauge("http_concurrency_limit", "Maximum number of requests handled at once.")?,
            in_use: gauge("http_concurrency_in_use", "Number of requests holding a permit.")?,
            capacity: gauge("http_queue_capacity", "Maximum number of requests in the queue.")?,
            depth: gauge("http_queue_depth", "Number of requests waiting for a permit or in a queue.")?,
            wait,
            shed: counter(
                "http_requests_shed_total",
                "Number of requests refused because the service was not ready.",
            )?,
            timed_out: counter(
                "http_requests_timed_out_total",
                "Number of requests without a response in time.",
            )?,
            clock,
        })
    }
}

const LABELS: &[&str] = &["limiter"];

/// What the golden signals call the kind of work.
const KIND: &str = "limiter";

const WAIT: &str = "http_queue_wait_seconds";
