use std::collections::BTreeMap;

use radiosonde_core::SpanContext;
use radiosonde_trace::{
    Attribute, AttributeValue, RemoteContext, SpanLink, add_link, context_of, describe, extract, inject,
    set_attribute, set_error, set_name, set_ok, set_parent,
};
use tracing::{Span, info_span};

fn received(flags: &str, state: &str) -> RemoteContext {
    let headers = BTreeMap::from([
        ("traceparent".to_owned(), format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}")),
        ("tracestate".to_owned(), state.to_owned()),
    ]);
    extract(&headers).unwrap()
}

fn below(parent: &RemoteContext, span: Span) -> Span {
    set_parent(&span, parent).unwrap();
    span
}

pub(crate) fn remote_parents() {
    below(&received("01", ""), info_span!("sampled")).in_scope(|| info_span!("child").in_scope(|| ()));
    below(&received("03", "a=1,b=2"), info_span!("random"))
        .in_scope(|| info_span!("random child").in_scope(|| ()));
    below(&received("00", "a=1"), info_span!("not sampled"))
        .in_scope(|| info_span!("nor its child").in_scope(|| ()));
    // A member that OpenTelemetry refuses.
    below(&received("01", "tenant@fourteen-chars=2"), info_span!("with a tenant")).in_scope(|| ());
}

pub(crate) fn entered_parents() {
    let guard = received("03", "a=1").enter();
    info_span!("below").in_scope(|| info_span!("below it").in_scope(|| ()));
    drop(guard);
    info_span!("around").in_scope(|| {
        let _guard = received("01", "b=2").enter();
        info_span!("within").in_scope(|| info_span!("within it").in_scope(|| ()));
    });
}

pub(crate) fn late_parents() {
    let span = info_span!("started");
    span.in_scope(|| ());
    let refused = set_parent(&span, &received("01", "")).unwrap_err();
    set_attribute(&span, "refused", refused.to_string());
    let span = info_span!("described first");
    set_attribute(&span, "key", 1);
    let result = set_parent(&span, &received("01", ""));
    set_attribute(&span, "result", format!("{result:?}"));
    info_span!("around").in_scope(|| {
        let elsewhere = below(&received("01", ""), info_span!("elsewhere"));
        elsewhere.in_scope(|| info_span!("below elsewhere").in_scope(|| ()));
    });
}

pub(crate) fn attributes() {
    let span = info_span!("typed", field = 1);
    for round in 0..2 {
        set_attribute(&span, "text", "borrowed");
        set_attribute(&span, "owned", String::from("owned"));
        set_attribute(&span, "unsigned", 3_u64);
        set_attribute(&span, "large", u64::MAX);
        set_attribute(&span, "float", 0.5);
        set_attribute(&span, "truth", true);
        set_attribute(&span, "list", AttributeValue::Array(vec![1.into(), 2.into()]));
        set_attribute(&span, "mixed", AttributeValue::Array(vec![1.into(), "a".into()]));
        set_attribute(&span, "empty", AttributeValue::Array(Vec::new()));
        set_attribute(&span, "field", round + 10);
        describe(&span, |attributes| {
            attributes.set("described", "borrowed");
            attributes.set("float", 1.5);
            attributes.set("integer", round);
            attributes.set("false", false);
        });
        // The second time, the span has started.
        span.in_scope(|| ());
    }
}

pub(crate) fn errors() {
    let span = info_span!("failed");
    set_error(&span, "why");
    span.in_scope(|| ());
    let span = info_span!("failed late");
    span.in_scope(|| set_error(&span, "why"));
    let span = info_span!("failed without a reason");
    set_error(&span, "");
    let span = info_span!("failed twice");
    span.in_scope(|| {
        set_error(&span, "first");
        set_error(&span, "second");
    });
}

pub(crate) fn well() {
    let span = info_span!("ok");
    set_ok(&span);
    span.in_scope(|| tracing::error!("not counted"));
    let span = info_span!("ok after an error");
    span.in_scope(|| {
        set_error(&span, "why");
        set_ok(&span);
    });
}

pub(crate) fn links() {
    let other = received("01", "a=1");
    let link = || {
        let mut link = SpanLink::new(other.context());
        link.trace_state = other.trace_state().clone();
        link.attributes.push(Attribute::new("why", "related"));
        link
    };
    let span = info_span!("linked");
    add_link(&span, link());
    span.in_scope(|| add_link(&span, link()));
}

pub(crate) fn names() {
    let span = info_span!("before");
    set_name(&span, "renamed");
    span.in_scope(|| ());
    let span = info_span!("within");
    span.in_scope(|| set_name(&span, String::from("renamed within")));
}

pub(crate) fn messages() {
    let span = below(&received("01", "a=1"), info_span!("sender"));
    span.in_scope(|| {
        let mut message = BTreeMap::<String, String>::new();
        let is_injected = inject(&mut message);
        let sent = extract(&message).map(|sent| sent.context());
        set_attribute(&span, "is injected", is_injected);
        set_attribute(&span, "sends its own ids", sent == SpanContext::current());
        set_attribute(&span, "its context", sent == context_of(&span));
        set_attribute(&span, "sent state", message.remove("tracestate").unwrap_or_default());
        info_span!("child").in_scope(|| set_attribute(&span, "sends a child's ids", inject(&mut message)));
    });
    set_attribute(&span, "nothing afterwards", !inject(&mut BTreeMap::<String, String>::new()));
}

pub(crate) fn beyond_limits() {
    let span = info_span!("beyond", field = 1);
    let other = received("01", "");
    span.in_scope(|| {
        for at in 0..130 {
            set_attribute(&span, format!("key {at}"), at);
            set_attribute(&span, "key 0", at);
            add_link(&span, SpanLink::new(other.context()));
        }
    });
    set_attribute(&info_span!("long"), "text", "a".repeat(70_000));
}
