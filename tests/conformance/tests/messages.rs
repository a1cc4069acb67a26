//! Messages from their publishing to their processing: in one trace, and counted on both sides.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use radiosonde_core::Resource;
use radiosonde_metrics::Registry;
use radiosonde_signals::Messaging;
use radiosonde_trace::{CaptureSpans, FinishedSpan, SpanKind, TracePipeline};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

type Headers = HashMap<String, String>;

struct Broker {
    registry: Registry,
    spans: CaptureSpans,
    messaging: Messaging,
    _subscriber: DefaultGuard,
}

impl Broker {
    fn new() -> Self {
        let (registry, spans) = (Registry::new(), CaptureSpans::new());
        let traces = TracePipeline::builder(&Resource::new("test")).sink(spans.clone()).registry(&registry);
        let subscriber = tracing_subscriber::registry().with(traces.build().unwrap().layer());
        let messaging = Messaging::builder("kafka").registry(&registry).build().unwrap();
        let _subscriber = tracing::subscriber::set_default(subscriber);
        Self { registry, spans, messaging, _subscriber }
    }

    /// Publishes a message within a request of its own; its headers.
    fn publish(&self) -> Headers {
        let mut headers = Headers::new();
        let request = tracing::info_span!("request");
        let sent = request.in_scope(|| {
            self.messaging.publish("orders").run(|| {
                assert!(radiosonde_trace::inject(&mut headers));
                Ok::<_, String>(())
            })
        });
        assert!(sent.is_ok());
        headers
    }

    fn span(&self, name: &str) -> FinishedSpan {
        self.spans.find(name).unwrap()
    }

    #[track_caller]
    fn assert_messages(&self, direction: &str, expected: f64) {
        let labels = [("system", "kafka"), ("topic", "orders"), ("direction", direction)];
        let snapshot = self.registry.snapshot();
        assert_eq!(snapshot.value("messaging_messages_total", &labels), Some(expected));
    }
}

#[tokio::test]
async fn a_message_is_processed_in_the_trace_of_its_publisher() {
    let broker = Broker::new();
    let headers = broker.publish();
    let published = broker.span("publish orders");
    assert!(headers["traceparent"].contains(&published.context.span_id().to_string()), "{headers:?}");

    let process = broker.messaging.process("orders");
    let record = process.track_with(|open| radiosonde_trace::continue_from(&headers, open));
    let processed = record.run_async(async {
        tokio::task::yield_now().await;
        tracing::info_span!("charge").in_scope(|| ());
        Ok::<_, String>(())
    });
    assert!(processed.await.is_ok());

    let processed = broker.span("process orders");
    assert_eq!(published.parent, Some(broker.span("request").context.span_id()));
    assert_eq!(processed.parent, Some(published.context.span_id()));
    assert!(processed.parent_is_remote);
    assert_eq!(processed.context.trace_id(), published.context.trace_id());
    assert_eq!((published.kind, processed.kind), (SpanKind::Producer, SpanKind::Consumer));
    assert_eq!(processed.attribute("messaging.destination.name"), Some(&"orders".into()));
    assert_eq!(processed.attribute("messaging.batch.message_count"), None);
    assert_eq!(broker.span("charge").parent, Some(processed.context.span_id()));
    broker.assert_messages("publish", 1.0);
    broker.assert_messages("subscribe", 1.0);
}

#[test]
fn a_batch_is_a_trace_of_its_own_with_a_link_to_each_publisher() {
    let broker = Broker::new();
    let batch: Vec<Headers> = vec![broker.publish(), Headers::new(), broker.publish()];

    let record = broker.messaging.process("orders").set_items(batch.len() as u64).track();
    let linked = batch.iter().map(|headers| radiosonde_trace::link_from(record.span(), headers));
    assert_eq!(linked.collect::<Vec<_>>(), [true, false, true]);
    record.complete();

    let processed = broker.span("process orders");
    let spans = broker.spans.spans();
    let published = spans.iter().filter(|span| span.name == "publish orders");
    let published: Vec<_> = published.map(|span| span.context).collect();
    let links: Vec<_> = processed.links.iter().map(|link| link.context).collect();
    assert_eq!(links, published);
    assert_eq!(processed.parent, None);
    assert!(published.iter().all(|context| context.trace_id() != processed.context.trace_id()));
    assert_eq!(processed.attribute("messaging.batch.message_count"), Some(&3.into()));
    broker.assert_messages("publish", 2.0);
    broker.assert_messages("subscribe", 3.0);
}

#[test]
fn a_message_without_a_context_starts_a_trace() {
    let broker = Broker::new();
    let process = broker.messaging.process("orders");
    process.track_with(|open| radiosonde_trace::continue_from(&Headers::new(), open)).complete();
    assert_eq!(broker.span("process orders").parent, None);
}
