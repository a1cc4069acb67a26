//! Sampling as the real Jaeger decides: its own endpoint changes which traces are recorded, within a poll.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use e2e::{Jaeger, wait_for};
use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_otlp::JaegerRemoteOptions;
use radiosonde_trace::{Sampler, TracePipeline, context_of};
use serde_json::{Value, json};
use tracing::dispatcher::{Dispatch, with_default};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(30);

/// A service whose sampler polls the Jaeger.
struct Service<'a> {
    jaeger: &'a Jaeger,
    registry: Registry,
    delivery: Delivery,
    dispatch: Dispatch,
}

impl<'a> Service<'a> {
    fn new(jaeger: &'a Jaeger) -> Self {
        let registry = Registry::new();
        let delivery = Delivery::builder().registry(&registry).start().unwrap();
        let resource = Resource::new("orders");
        let remote = JaegerRemoteOptions::new(jaeger.sampling_url())
            .polling_interval(Duration::from_millis(50))
            .initial_sampling_rate(0.0)
            .registry(&registry);
        let sampler = Sampler::parent_based(remote.build(&resource, &delivery).unwrap());
        let pipeline =
            TracePipeline::builder(&resource).registry(&registry).sampler(sampler).build().unwrap();
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
        Self { jaeger, registry, delivery, dispatch }
    }

    /// How many of a thousand traces whose first span has this name are recorded.
    fn recorded(&self, names: &str) -> usize {
        let is_recorded = |_: &usize| {
            let span = match names {
                "frequent" => info_span!("frequent"),
                _ => info_span!("rare"),
            };
            context_of(&span).unwrap().flags().is_sampled()
        };
        with_default(&self.dispatch, || (0..1000).filter(is_recorded).count())
    }

    fn polls(&self) -> u64 {
        let text = self.registry.text();
        let series = text.lines().filter(|line| line.starts_with("radiosonde_jaeger_remote_polls_total"));
        series.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Waits until Jaeger serves the strategies, and then for the next poll that begins.
    fn set_strategy(&self, strategies: &Value, is_served: impl Fn(&Value) -> bool) {
        self.jaeger.set_strategies(strategies);
        wait_for("the strategy at Jaeger's endpoint", SOON, || {
            let strategy = self.jaeger.strategy("orders")?;
            if is_served(&strategy) { Ok(()) } else { Err(strategy.to_string().into()) }
        });
        // One may have begun before.
        let seen = self.polls();
        wait_for("two polls", SOON, || {
            let polls = self.polls() - seen;
            if polls >= 2 { Ok(()) } else { Err(format!("{polls} polls").into()) }
        });
    }
}

fn of_orders(strategy: Value) -> Value {
    json!({ "default_strategy": { "type": "probabilistic", "param": 1.0 }, "service_strategies": [strategy] })
}

#[test]
fn jaegers_endpoint_changes_the_rate_within_a_poll() {
    let Some(jaeger) = Jaeger::start() else { return };
    let service = Service::new(&jaeger);
    wait_for("the stack's own strategy: everything", SOON, || {
        let recorded = service.recorded("rare");
        if recorded == 1000 { Ok(()) } else { Err(format!("{recorded} recorded").into()) }
    });

    let half = of_orders(json!({ "service": "orders", "type": "probabilistic", "param": 0.5 }));
    service.set_strategy(&half, |strategy| strategy["probabilisticSampling"]["samplingRate"] == 0.5);
    let recorded = service.recorded("rare");
    assert!((350..650).contains(&recorded), "{recorded}");

    let limit = of_orders(json!({ "service": "orders", "type": "ratelimiting", "param": 20 }));
    service.set_strategy(&limit, |strategy| strategy["rateLimitingSampling"]["maxTracesPerSecond"] == 20);
    let recorded = service.recorded("rare");
    assert!((1..=60).contains(&recorded), "{recorded}: a burst of 20, and 20 for each second that it took");

    let operations = of_orders(json!({
        "service": "orders", "type": "probabilistic", "param": 1.0,
        "operation_strategies": [{ "operation": "frequent", "type": "probabilistic", "param": 0.0 }],
    }));
    service.set_strategy(&operations, |strategy| !strategy["operationSampling"].is_null());
    assert_eq!((service.recorded("frequent"), service.recorded("rare")), (0, 1000));

    // The last strategy stays while Jaeger is away.
    jaeger.process().stop();
    let seen = service.polls();
    wait_for(
        "a poll that fails",
        SOON,
        || if service.polls() > seen + 1 { Ok(()) } else { Err("none".into()) },
    );
    assert_eq!((service.recorded("frequent"), service.recorded("rare")), (0, 1000));
    service.delivery.shutdown_blocking(SOON);
}
