use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};
use radiosonde_delivery::{
    Delivery, Disposition, EncodeError, Endpoint, HttpOptions, InvalidEndpoint, Protocol, Queue, SinkOptions,
    SinkReport, Url,
};
use radiosonde_metrics::{Format, Registry};

use crate::pusher::Pusher;
use crate::{Push, PushBuildError, grouping, policy};

/// Pushes a registry to a group of a Pushgateway.
///
/// A group is what the last push of a job left there, told apart by the job and the [labels](PushgatewayBuilder::grouping) beside it. It
/// stays until somebody [deletes](Self::delete) it, however long the job has ended: a group is for jobs, not for their instances.
/// The gateway gives every series the group's labels, in place of labels of those names that the series has itself.
///
/// Cheap to clone; all clones are the same sink.
#[derive(Clone)]
pub struct Pushgateway {
    queue: Queue<Call>,
    registry: Registry,
}

impl Pushgateway {
    /// Replaces all metrics of the group by those of the registry (`PUT`).
    pub fn replace(&self) {
        self.call(Method::PUT, self.registry.encode_bytes(Format::Text));
    }

    /// Replaces those metrics of the group that the registry has, by name; others stay (`POST`).
    pub fn add(&self) {
        self.call(Method::POST, self.registry.encode_bytes(Format::Text));
    }

    /// Takes the group away (`DELETE`).
    pub fn delete(&self) {
        self.call(Method::DELETE, Vec::new());
    }

    /// What became of every call so far; each counts as one.
    #[must_use]
    pub fn report(&self) -> SinkReport {
        self.queue.report()
    }

    fn call(&self, method: Method, body: Vec<u8>) {
        let size = body.len() + size_of::<Call>();
        // A refusal has been counted by the queue.
        let _ = self.queue.push(Call { method, body: body.into() }, size);
    }
}

impl Pusher for Pushgateway {
    fn push(&self) {
        self.replace();
    }

    fn last(&self) {
        self.replace();
    }

    fn report(&self) -> SinkReport {
        self.report()
    }
}

impl fmt::Debug for Pushgateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushgateway").field("report", &self.report()).finish_non_exhaustive()
    }
}

/// Collects a [`Pushgateway`]'s settings. They are checked by [`build`](Self::build) or [`start`](Self::start).
#[must_use]
#[derive(Debug, Clone)]
pub struct PushgatewayBuilder {
    url: Url,
    job: Box<str>,
    labels: Vec<(Box<str>, Box<str>)>,
    /// `None` for the global one, which only `build` makes: a program may still want to give it labels.
    registry: Option<Registry>,
    http: HttpOptions,
    sink: SinkOptions,
}

impl PushgatewayBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: url.into(),
            job: "".into(),
            labels: Vec::new(),
            registry: None,
            http: HttpOptions::new(),
            // Each call on its own, at once; few wait, as each holds everything.
            sink: SinkOptions::new("pushgateway").batch_items(1).batch_age(Duration::ZERO),
        }
    }

    /// The job. There is no push without one.
    pub fn job(mut self, job: &str) -> Self {
        self.job = job.into();
        self
    }

    /// One more label that tells the group from others of the job; any value, also an empty one.
    pub fn grouping(mut self, name: &str, value: &str) -> Self {
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

    /// Bounds and retries; those of [`SinkOptions`] under the name `pushgateway` unless set. A request is one call, whatever is set.
    pub const fn sink(mut self, options: SinkOptions) -> Self {
        self.sink = options.batch_items(1);
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`PushBuildError`] names the setting that is refused.
    pub fn build(&self, delivery: &Delivery) -> Result<Pushgateway, PushBuildError> {
        let path = grouping::path(&self.job, &self.labels).map_err(PushBuildError::Grouping)?;
        let endpoint = self.endpoint(&path).map_err(PushBuildError::Endpoint)?;
        let queue = delivery
            .sink(self.sink.or_name("pushgateway"), &self.http, Group { endpoint })
            .map_err(PushBuildError::Sink)?;
        Ok(Pushgateway { queue, registry: self.pushed().clone() })
    }

    /// The gateway's base may be given with the beginning of the path that all groups share.
    fn endpoint(&self, group: &str) -> Result<Endpoint, InvalidEndpoint> {
        self.url.endpoint()?.without("/metrics/job").without("/metrics").join(group)
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
}

/// One call, with everything that the registry had.
struct Call {
    method: Method,
    body: Bytes,
}

/// Makes requests of calls.
struct Group {
    endpoint: Endpoint,
}

impl Protocol for Group {
    type Item = Call;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[Call]) -> Result<Request<Bytes>, EncodeError> {
        // A batch is one call.
        let call = batch.last().ok_or(EncodeError::new("push without a call"))?;
        let mut request = Request::new(call.body.clone());
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = self.endpoint.uri().clone();
        let format = HeaderValue::from_static(Format::Text.content_type());
        request.headers_mut().insert(CONTENT_TYPE, format);
        Ok(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        policy::of_pushgateway(response, items)
    }
}
