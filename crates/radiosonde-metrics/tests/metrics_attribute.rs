//! Metrics as signatures, which are of the process: in a program of their own.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::borrow::Cow;
use std::sync::LazyLock;

use radiosonde_metrics::error::RegisterErrorKind;
use radiosonde_metrics::{Buckets, LabelValue, Registry, StatusClass};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

#[derive(LabelValue)]
enum Method {
    Card,
    Cash,
}

const SIZES: Buckets = Buckets::from_static(&[1.0, 10.0]);

#[radiosonde_metrics::metrics(registry = &REGISTRY, namespace = "shop")]
mod metrics {
    //! Of a shop.

    use super::{Cow, Method, SIZES, StatusClass};

    /// Orders
    /// created.
    ///
    /// More about them.
    pub(super) fn orders_total(
        method: Method,
        express: bool,
        #[label(rename = "type")] kind: Option<&str>,
        note: Cow<'_, str>,
    ) -> Counter;

    /// Replies.
    #[metric(exemplars, max_series = 3)]
    pub(super) fn replies_total(status: StatusClass) -> Counter;

    /// Seconds at work.
    #[metric(unit = "seconds", exemplars)]
    pub(super) fn busy_seconds_total() -> FloatCounter;

    /// Temperature.
    #[metric(rename = "room_celsius", unit = "celsius", constant_labels(floor = "2"))]
    pub(super) fn temperature(room: u8) -> Gauge;

    /// Sessions.
    pub(super) fn sessions() -> IntGauge;

    /// Size of an order.
    #[metric(unit = "items", buckets = SIZES, striped)]
    pub(super) fn order_items() -> Histogram;

    /// Only where no other is given.
    #[cfg(any())]
    pub(super) fn nowhere_total(label: Nothing) -> Counter;

    /// Type of a raw name.
    pub(super) fn r#type() -> Gauge;

    pub(super) const fn not_a_metric() -> u8 {
        7
    }
}

#[radiosonde_metrics::metrics(registry = &REGISTRY)]
mod others {
    /// Differently.
    pub(super) fn shop_sessions() -> Gauge;
    /// Samples of another's name.
    pub(super) fn shop_order_items_count() -> IntGauge;
    /// Nothing wrong.
    pub(super) fn fine() -> Gauge;
}

#[test]
fn signatures_are_metrics() {
    metrics::register().unwrap();
    let has = |line: &str| {
        let text = REGISTRY.text();
        assert!(text.contains(line), "no {line} in {text}");
    };
    for line in
        ["shop_busy_seconds_total 0\n", "shop_sessions 0\n", "shop_order_items_count 0\n", "shop_type 0\n"]
    {
        has(line);
    }
    {
        let (kind, note) = (String::from("b"), String::from("n"));
        metrics::orders_total(Method::Card, true, Some(&kind), Cow::Borrowed(&note)).inc_by(2);
        metrics::orders_total(Method::Cash, false, None, Cow::Owned(note)).inc();
    }
    has("# HELP shop_orders_total Orders created.\n");
    has("shop_orders_total{express=\"true\",method=\"card\",note=\"n\",type=\"b\"} 2\n");
    has("shop_orders_total{express=\"false\",method=\"cash\",note=\"n\",type=\"\"} 1\n");
    metrics::replies_total(StatusClass::from(404)).inc();
    has("shop_replies_total{status=\"4xx\"} 1\n");
    metrics::busy_seconds_total().inc_by(0.5);
    metrics::temperature(3).set(21.5);
    has("shop_room_celsius{floor=\"2\",room=\"3\"} 21.5\n");
    let _session = metrics::sessions().hold();
    has("shop_sessions 1\n");
    metrics::order_items().observe(4.0);
    has("shop_order_items_bucket{le=\"10\"} 1\n");
    metrics::r#type().set(1.0);
    assert_eq!(metrics::not_a_metric(), 7);

    let errors = others::register().unwrap_err();
    let kinds: Vec<_> = errors.iter().map(|error| (error.name(), error.kind())).collect();
    assert!(matches!(kinds[0], ("shop_sessions", RegisterErrorKind::Differs { .. })), "{errors}");
    assert!(matches!(kinds[1], ("shop_order_items_count", RegisterErrorKind::Clash { .. })), "{errors}");
    assert_eq!(kinds.len(), 2);
    others::shop_sessions().set(9.0);
    others::shop_order_items_count().set(9);
    others::fine().set(3.0);
    has("shop_sessions 1\n");
    has("\nfine 3\n");
    has("radiosonde_metrics_refused_total{family=\"_registry\",reason=\"declaration\"} 2\n");
    let site = errors.iter().next().unwrap().site();
    let line = include_str!("metrics_attribute.rs").lines().nth(site.line() as usize - 1);
    assert_eq!(line.map(str::trim), Some("pub(super) fn shop_sessions() -> Gauge;"));
}
