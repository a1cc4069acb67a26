use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{Clock as _, Resource, SystemClock};
use radiosonde_delivery::Delivery;
use radiosonde_log::{Format, JsonLayer, LineSink, Writer};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use tracing::dispatcher::{Dispatch, with_default};
use tracing::{error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// Calls of one round at one level.
pub(crate) const CALLS: u32 = 2000;
/// The interval between lines.
const PACE: Duration = Duration::from_micros(10);
/// More lines than any queue here holds.
const FILLING: u32 = 150_000;

pub(crate) const USUAL: usize = 0;
pub(crate) const GRAVE: usize = 1;

/// An output, and the durations of the calls, by level.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) sink: &'static str,
    pub(crate) state: &'static str,
    dispatch: Dispatch,
    registry: Registry,
    pub(crate) calls: [Vec<u64>; 2],
    /// Lines that were not written before the first call was timed.
    filling: f64,
}

impl Case {
    /// Without any subscriber.
    pub(crate) fn nothing() -> Self {
        Self::new("nobody", "no subscriber", Dispatch::none(), Registry::new())
    }

    pub(crate) fn writing(sink: &'static str, state: &'static str, writer: Writer) -> Self {
        let registry = Registry::new();
        let layer = JsonLayer::builder(&Resource::new("stalled"))
            .registry(&registry)
            .format(Format::Json)
            .writer(writer)
            .build()
            .expect("a layer of the benches is refused");
        Self::new(sink, state, Dispatch::new(tracing_subscriber::registry().with(layer)), registry)
    }

    pub(crate) fn loki(state: &'static str, address: &str) -> Result<Self, Box<dyn Error>> {
        Self::pushing("Loki", state, |resource, delivery| {
            Ok(Arc::new(LokiOptions::new(address).build(resource, delivery)?))
        })
    }

    pub(crate) fn otlp(state: &'static str, address: &str) -> Result<Self, Box<dyn Error>> {
        Self::pushing("OTLP", state, |resource, delivery| {
            Ok(Arc::new(OtlpOptions::new(address).build_logs(resource, delivery)?))
        })
    }

    fn pushing(
        sink: &'static str,
        state: &'static str,
        build: impl FnOnce(&Resource, &Delivery) -> Result<Arc<dyn LineSink>, Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let (registry, resource) = (Registry::new(), Resource::new("stalled"));
        // Leaked: a stalled delivery cannot be shut down in order.
        let delivery = Box::leak(Box::new(Delivery::builder().registry(&registry).start()?));
        let lines = build(&resource, delivery)?;
        let layer = JsonLayer::builder(&resource).registry(&registry).sink(lines).build()?;
        Ok(Self::new(sink, state, Dispatch::new(tracing_subscriber::registry().with(layer)), registry))
    }

    fn new(sink: &'static str, state: &'static str, dispatch: Dispatch, registry: Registry) -> Self {
        // Leaked, for the same reason.
        Box::leak(Box::new(dispatch.clone()));
        Self { sink, state, dispatch, registry, calls: [Vec::new(), Vec::new()], filling: 0.0 }
    }

    /// Fills the queues of outputs that do not drain.
    pub(crate) fn fill(&self) {
        with_default(&self.dispatch, || within(|| (0..FILLING).for_each(usual)));
    }

    /// Starts counting lost lines from here.
    pub(crate) fn begin(&mut self) {
        self.filling = self.dropped();
    }

    /// Times calls at both levels.
    pub(crate) fn round(&mut self) {
        let [usual_calls, grave_calls] = &mut self.calls;
        with_default(&self.dispatch, || {
            within(|| {
                time(usual_calls, usual);
                time(grave_calls, grave);
            });
        });
    }

    /// Timed lines that were not delivered, according to the counters.
    pub(crate) fn not_written(&self) -> f64 {
        self.dropped() - self.filling
    }

    fn dropped(&self) -> f64 {
        let text = self.registry.text();
        let is_dropped =
            |line: &&str| line.split('{').next().is_some_and(|name| name.ends_with("_dropped_total"));
        let values = text.lines().filter(is_dropped).filter_map(|line| line.rsplit(' ').next()?.parse().ok());
        values.fold(0.0, |sum, value: f64| sum + value)
    }
}

fn time(calls: &mut Vec<u64>, log: impl Fn(u32)) {
    let mut next = SystemClock.monotonic();
    for n in 0..CALLS {
        next += PACE;
        while SystemClock.monotonic() < next {
            std::hint::spin_loop();
        }
        let start = SystemClock.monotonic();
        log(n);
        let took = SystemClock.monotonic().saturating_sub(start);
        calls.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

fn within(work: impl FnOnce()) {
    let _request = info_span!("request", request_id = "r-1", method = "POST", path = "/orders").entered();
    let _order =
        info_span!("price_order", order_id = 1_234_567_u64, region = "eu-west-1", attempt = 1_u64).entered();
    work();
}

fn usual(n: u32) {
    info!(sku = "tea-42", quantity = n, price = 9.99, gift = true, "order priced");
}

fn grave(n: u32) {
    error!(sku = "tea-42", quantity = n, price = 9.99, gift = true, "order not priced");
}
