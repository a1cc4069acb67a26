//! The local tail: of a service that samples 1 % of its requests, every trace with an error is in the real Jaeger, whole.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use e2e::{Jaeger, SpanStatus, wait_for};
use radiosonde_core::{Resource, SpanContext};
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_trace::{Sampler, TailOptions, TracePipeline, carry_fn, context_of};
use tracing::dispatcher::{Dispatch, with_default};
use tracing::{error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(60);
const REQUESTS: u64 = 20_000;
/// One request of a thousand fails.
const FAILING: u64 = 1000;
const SPANS_PER_REQUEST: usize = 5;

/// A request of five spans, one of them on another thread now and then, which fails deep within, or not at all.
fn request(n: u64, dispatch: &Dispatch) -> SpanContext {
    let root = info_span!("GET /orders/{id}", otel.kind = "server", n);
    let context = context_of(&root).unwrap();
    root.in_scope(|| {
        info_span!("authorize").in_scope(|| info!("authorized"));
        info_span!("order").in_scope(|| {
            let query = || {
                info_span!("query").in_scope(|| {
                    if n % FAILING == FAILING - 1 {
                        error!("no connection");
                    }
                });
            };
            if n % FAILING < FAILING / 2 {
                query();
            } else {
                let carried = carry_fn(query);
                std::thread::scope(|scope| {
                    scope.spawn(|| with_default(dispatch, carried));
                });
            }
        });
        info_span!("render").in_scope(|| ());
    });
    context
}

#[test]
fn every_trace_with_an_error_is_stored_whole_at_a_ratio_of_one_percent() {
    let Some(jaeger) = Jaeger::start() else { return };
    let registry = Registry::new();
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let resource = Resource::new("tail");
    let sink = OtlpOptions::new(jaeger.otlp_http_url()).build_spans(&resource, &delivery).unwrap();
    let pipeline = TracePipeline::builder(&resource)
        .registry(&registry)
        .sampler(Sampler::parent_based_ratio(0.01).unwrap())
        .tail(TailOptions::new())
        .sink(sink)
        .build()
        .unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    let requests: Vec<_> = with_default(&dispatch, || (0..REQUESTS).map(|n| request(n, &dispatch)).collect());
    let report = delivery.shutdown_blocking(SOON);
    assert_eq!(report.produced(), report.delivered(), "{report}");

    let failing: Vec<_> = requests.iter().skip(FAILING as usize - 1).step_by(FAILING as usize).collect();
    assert_eq!(failing.len() as u64, REQUESTS / FAILING);
    for context in &failing {
        let trace_id = context.trace_id().to_string();
        let spans = wait_for("a trace with an error", SOON, || {
            let spans = jaeger.spans(&trace_id)?;
            if spans.len() == SPANS_PER_REQUEST { Ok(spans) } else { Err(format!("{spans:#?}").into()) }
        });
        let root = spans.iter().find(|span| span.parent_id.is_none()).unwrap();
        assert_eq!(root.span_id, context.span_id().to_string());
        let query = spans.iter().find(|span| span.name == "query").unwrap();
        assert_eq!((query.status, &*query.events[0]), (SpanStatus::Error, "no connection"));
        let order = spans.iter().find(|span| span.name == "order").unwrap();
        assert!(query.is_child_of(order) && order.is_child_of(root));
    }
    // The others are there by the ratio, and no more of them.
    let sampled = requests.iter().filter(|context| context.is_sampled()).count();
    let kept = failing.iter().filter(|context| !context.is_sampled()).count();
    assert!((100..=300).contains(&sampled), "{sampled} of {REQUESTS}");
    assert_eq!(report.delivered(), ((sampled + kept) * SPANS_PER_REQUEST) as u64);
}
