use std::collections::HashMap;
use std::time::Duration;

use radiosonde_core::{SpanId, TraceId};
use radiosonde_trace::{AttributeValue, LiveSpan, SpanKind};

/// The most requests of a list.
pub(crate) const MAX_REQUESTS: usize = 1000;

/// A request in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveRequest {
    pub(crate) age: Duration,
    pub(crate) method: String,
    /// The template of its path; without one the name of its span.
    pub(crate) route: String,
    /// Without the query.
    pub(crate) path: Option<String>,
    pub(crate) trace_id: TraceId,
    pub(crate) request_id: Option<String>,
    /// The innermost open span below it, and its age; `None` if there is no other than its own.
    pub(crate) current_span: Option<(String, Duration)>,
}

/// The oldest requests, the oldest first, and the number of all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LiveRequests {
    pub(crate) requests: Vec<LiveRequest>,
    pub(crate) total: usize,
    /// Whether spans are recorded at all.
    pub(crate) are_recorded: bool,
}

impl LiveRequests {
    /// The spans stand with the oldest first.
    pub(crate) fn of(spans: &[LiveSpan], are_recorded: bool) -> Self {
        let mut children: HashMap<(TraceId, SpanId), Vec<&LiveSpan>> = HashMap::new();
        // A server span is the start of another request.
        for span in spans.iter().filter(|span| span.kind != SpanKind::Server) {
            if let Some(parent) = span.parent {
                children.entry((span.context.trace_id(), parent)).or_default().push(span);
            }
        }
        let servers = || spans.iter().filter(|span| span.kind == SpanKind::Server);
        let requests = servers().take(MAX_REQUESTS).map(|span| LiveRequest::of(span, &children)).collect();
        Self { requests, total: servers().count(), are_recorded }
    }
}

impl LiveRequest {
    fn of(server: &LiveSpan, children: &HashMap<(TraceId, SpanId), Vec<&LiveSpan>>) -> Self {
        let text = |keys: &[&str]| keys.iter().find_map(|key| text(server.attribute(key)?));
        Self {
            age: server.age,
            method: text(&["http.request.method", "rpc.system.name", "rpc.system"]).unwrap_or_default(),
            route: text(&["http.route", "rpc.method"]).unwrap_or_else(|| server.name.clone()),
            path: text(&["url.path"]),
            trace_id: server.context.trace_id(),
            request_id: text(&["request_id"]),
            current_span: innermost(server, children).map(|span| (span.name.clone(), span.age)),
        }
    }
}

/// The youngest child of the youngest child, and so on.
fn innermost<'a>(
    server: &LiveSpan,
    children: &HashMap<(TraceId, SpanId), Vec<&'a LiveSpan>>,
) -> Option<&'a LiveSpan> {
    let trace_id = server.context.trace_id();
    let youngest = |parent| children.get(&(trace_id, parent))?.last().copied();
    let mut innermost = youngest(server.context.span_id())?;
    while let Some(child) = youngest(innermost.context.span_id()) {
        innermost = child;
    }
    Some(innermost)
}

fn text(value: &AttributeValue) -> Option<String> {
    match value {
        AttributeValue::String(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_core::Resource;
    use radiosonde_metrics::Registry;
    use radiosonde_trace::{CaptureSpans, TracePipeline};
    use tracing::info_span;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn live(work: impl FnOnce(&TracePipeline) -> LiveRequests) -> LiveRequests {
        let builder = TracePipeline::builder(&Resource::new("orders")).registry(&Registry::new());
        let pipeline = builder.sink(CaptureSpans::new()).build().unwrap();
        let subscriber = tracing_subscriber::registry().with(pipeline.layer());
        tracing::subscriber::with_default(subscriber, || work(&pipeline))
    }

    #[test]
    fn a_request_is_shown_with_its_innermost_open_span() {
        let live = live(|pipeline| {
            let server = info_span!(
                "http_request",
                otel.name = "GET /orders/{id}",
                otel.kind = "server",
                http.request.method = "GET",
                http.route = "/orders/{id}",
                url.path = "/orders/7",
                request_id = "req_123",
            );
            let _server = server.entered();
            let _job = info_span!("load_order").entered();
            info_span!("done").in_scope(|| ());
            let _query = info_span!("SELECT orders", otel.kind = "client").entered();
            LiveRequests::of(&pipeline.live_spans(), true)
        });
        let [request] = &live.requests[..] else { panic!("{live:?}") };
        assert_eq!((request.method.as_str(), request.route.as_str()), ("GET", "/orders/{id}"));
        assert_eq!(request.path.as_deref(), Some("/orders/7"));
        assert_eq!(request.request_id.as_deref(), Some("req_123"));
        assert_eq!(request.current_span.as_ref().map(|(name, _)| name.as_str()), Some("SELECT orders"));
    }

    #[test]
    fn a_request_that_calls_its_own_process_is_two_requests() {
        let live = live(|pipeline| {
            let _server = info_span!("outer", otel.kind = "server").entered();
            let _client = info_span!("call", otel.kind = "client").entered();
            let _inner = info_span!("inner", otel.kind = "server").entered();
            LiveRequests::of(&pipeline.live_spans(), true)
        });
        let current = live.requests.iter().map(|request| {
            (request.route.as_str(), request.current_span.as_ref().map(|(name, _)| name.as_str()))
        });
        assert_eq!(current.collect::<Vec<_>>(), [("outer", Some("call")), ("inner", None)]);
    }

    #[test]
    fn the_oldest_thousand_are_shown_and_all_are_counted() {
        let live = live(|pipeline| {
            let open: Vec<_> =
                (0..=MAX_REQUESTS).map(|_| info_span!("request", otel.kind = "server")).collect();
            let live = LiveRequests::of(&pipeline.live_spans(), true);
            drop(open);
            live
        });
        assert_eq!((live.requests.len(), live.total), (MAX_REQUESTS, MAX_REQUESTS + 1));
    }
}
