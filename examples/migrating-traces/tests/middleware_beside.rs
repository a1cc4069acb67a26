//! Our middleware over the spans of tracing-opentelemetry: it continues, names and ends them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;

use http::{Request, Response};
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use radiosonde::Registry;
use radiosonde::tower::{ClientLayer, Route, ServerLayer};
use radiosonde_opentelemetry::MirrorLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// A call from a client to a server that fails, whose caller has a trace.
async fn call() {
    let registry = Registry::new();
    let handler = service_fn(|_: Request<String>| async {
        info!("handled");
        Ok::<_, Infallible>(Response::builder().status(503).body(String::new()).unwrap())
    });
    let server = ServerLayer::builder().registry(&registry).build().unwrap().layer(handler);
    let client = ClientLayer::builder().registry(&registry).build().unwrap().layer(server);
    let request = Request::builder().uri("http://shop:80/orders/7").extension(Route::new("/orders/{id}"));
    drop(client.oneshot(request.body(String::new()).unwrap()).await.unwrap());
}

#[test]
fn requests_are_spans_of_the_stock_layer() {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("orders")))
        .with(MirrorLayer::new());
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        info_span!("job").in_scope(|| runtime.block_on(call()));
    });
    let spans = spans.get_finished_spans().unwrap();
    let of_kind = |kind: SpanKind| -> &SpanData {
        spans.iter().find(|span| span.span_kind == kind).unwrap_or_else(|| panic!("{spans:#?}"))
    };
    let (server, client, job) =
        (of_kind(SpanKind::Server), of_kind(SpanKind::Client), of_kind(SpanKind::Internal));
    assert_eq!([&*server.name, &*client.name], ["GET /orders/{id}"; 2]);
    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert!(server.parent_span_is_remote);
    assert_eq!(client.parent_span_id, job.span_context.span_id());
    for span in [server, client] {
        assert!(matches!(span.status, Status::Error { .. }), "{span:#?}");
        let attribute = |key: &str| {
            let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
            found.map(|attribute| attribute.value.to_string())
        };
        assert_eq!(attribute("http.response.status_code").as_deref(), Some("503"));
        assert_eq!(attribute("error.type").as_deref(), Some("503"));
    }
    assert!(server.events.iter().any(|event| event.name == "handled"));
}
