//! A request through the server layer, around a service that answers at once: the request is made, answered, and the response is read.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::Full;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_tower::{Route, ServerLayer, Signals};
use radiosonde_trace::{Sampler, TracePipeline};
use tower_layer::Layer as _;
use tower_service::Service;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::lines::standing;
use crate::operation::counted_by_callgrind;
use crate::spans::Null;

/// Answers every request with the same text.
#[derive(Clone)]
struct Items;

impl Service<Request<()>> for Items {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(&request);
        ready(Ok(Response::new(Full::new(Bytes::from_static(b"three items")))))
    }
}

/// The request of `compare`: six headers, with the context of its caller.
fn request() -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = "/orders/1234567/items".parse().expect("a path");
    let pairs = [
        ("host", "orders.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0)"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, br"),
        ("accept-language", "en"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    for (name, value) in pairs {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request.extensions_mut().insert(Route::new("/orders/{id}/items"));
    request
}

/// Answers the request, and reads the response to its end.
fn answer<S, B>(service: &mut S, request: &Request<()>)
where
    S: Service<Request<()>, Response = Response<B>>,
    B: Body + Unpin,
{
    let mut context = Context::from_waker(Waker::noop());
    let polled = pin!(service.call(request.clone())).poll(&mut context);
    if let Poll::Ready(Ok(mut response)) = polled {
        while let Poll::Ready(Some(frame)) = Pin::new(response.body_mut()).poll_frame(&mut context) {
            black_box(frame.is_ok());
        }
        black_box(&response);
    }
}

fn count<S, B>(times: u64, mut service: S)
where
    S: Service<Request<()>, Response = Response<B>>,
    B: Body + Unpin,
{
    let request = request();
    (0..10).for_each(|_| answer(&mut service, &request));
    counted_by_callgrind(times, || answer(&mut service, black_box(&request)));
}

/// The service alone: what the figures of the others contain, too.
pub(crate) fn bare(times: u64) {
    count(times, Items);
}

pub(crate) fn metrics(times: u64) {
    layered(times, Signals::METRICS);
}

fn layered(times: u64, signals: Signals) {
    let layer = ServerLayer::builder().registry(&Registry::new()).clock(standing()).signals(signals).build();
    count(times, layer.expect("a layer of the benches is refused").layer(Items));
}

pub(crate) fn spans(times: u64) {
    recorded(times, Some(Sampler::always_on()), false);
}

pub(crate) fn line(times: u64) {
    recorded(times, None, true);
}

pub(crate) fn sampled(times: u64) {
    recorded(times, Some(Sampler::always_on()), true);
}

pub(crate) fn unsampled(times: u64) {
    recorded(times, Some(Sampler::always_off()), true);
}

/// With a global subscriber, as in programs.
fn recorded(times: u64, sampler: Option<Sampler>, has_line: bool) {
    let spans = if sampler.is_some() { Signals::SPAN } else { Signals::NONE };
    let _pipeline = subscribe(sampler, has_line, LevelFilter::INFO);
    let lines = if has_line { Signals::LINE } else { Signals::NONE };
    layered(times, Signals::METRICS | spans | lines);
}

/// Makes our layers the subscriber of the process, as in programs.
pub(crate) fn subscribe(
    sampler: Option<Sampler>,
    has_line: bool,
    level: LevelFilter,
) -> Option<TracePipeline> {
    let resource = Resource::new("benches");
    let pipeline = sampler.map(|sampler| {
        let pipeline = TracePipeline::builder(&resource).registry(&Registry::new()).clock(standing());
        pipeline.sampler(sampler).sink(Null).build().expect("a pipeline of the benches is refused")
    });
    let lines = has_line.then(|| {
        let writer = Writer::new("null", std::io::sink());
        let layer = JsonLayer::builder(&resource).clock(standing()).format(Format::Json).writer(writer);
        layer.build().expect("a layer of the benches is refused")
    });
    let subscriber = tracing_subscriber::registry()
        .with(pipeline.as_ref().map(TracePipeline::layer))
        .with(lines)
        .with(level);
    tracing::subscriber::set_global_default(subscriber).expect("each operation has a process of its own");
    pipeline
}
