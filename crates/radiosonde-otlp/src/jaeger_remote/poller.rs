use bytes::Bytes;
use http::{Response, StatusCode};
use radiosonde_core::diagnostics;
use radiosonde_delivery::{Endpoint, RequestError};
use radiosonde_metrics::{Counter, RegisterError, Registry};
use radiosonde_trace::SamplerHandle;

use crate::jaeger_remote::strategy;

/// How a poll ended, and how many did.
const OUTCOMES: [&str; 5] = ["updated", "unchanged", "unreachable", "refused", "malformed"];

/// Replaces the sampler by the strategy of each response.
pub(super) struct Poller {
    sampler: SamplerHandle,
    /// For diagnostics.
    endpoint: Endpoint,
    polls: Vec<(&'static str, Counter)>,
}

/// A poll that leaves the sampler as it is.
struct Failure {
    outcome: &'static str,
    why: String,
}

impl Poller {
    pub(super) fn new(
        sampler: SamplerHandle,
        endpoint: &Endpoint,
        registry: &Registry,
    ) -> Result<Self, RegisterError> {
        let polls = registry
            .counter(
                "radiosonde_jaeger_remote_polls_total",
                "Polls of Jaeger's sampling strategy for this service, by outcome.",
            )
            .labels(&["outcome"])?;
        let polls = OUTCOMES.map(|outcome| (outcome, polls.handle(&[outcome]))).into();
        Ok(Self { sampler, endpoint: endpoint.clone(), polls })
    }

    pub(super) fn receive(&self, response: Result<Response<Bytes>, RequestError>) {
        let outcome = match self.apply(response) {
            Ok(true) => "updated",
            Ok(false) => "unchanged",
            Err(Failure { outcome, why }) => {
                let endpoint = &self.endpoint;
                diagnostics::report(
                    "jaeger_remote",
                    outcome,
                    format_args!("{endpoint}: {why}; the last strategy stays"),
                );
                outcome
            }
        };
        if let Some((_, polls)) = self.polls.iter().find(|(known, _)| *known == outcome) {
            polls.inc();
        }
    }

    /// Whether the strategy has changed.
    fn apply(&self, response: Result<Response<Bytes>, RequestError>) -> Result<bool, Failure> {
        let response =
            response.map_err(|error| Failure { outcome: "unreachable", why: with_causes(&error) })?;
        if response.status() != StatusCode::OK {
            return Err(Failure {
                outcome: "refused",
                why: format!("the server answered {}", response.status()),
            });
        }
        let strategy = strategy::parse(response.body());
        let sampler = strategy.map_err(|error| Failure { outcome: "malformed", why: error.to_string() })?;
        if sampler == self.sampler.get() {
            // A rate limit keeps its counts.
            return Ok(false);
        }
        // Refused only for a sampler that contains this one, which no strategy does.
        Ok(self.sampler.set(sampler).is_ok())
    }
}

fn with_causes(error: &RequestError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use radiosonde_core::{Rate, Resource};
    use radiosonde_delivery::Delivery;
    use radiosonde_testkit::{HttpFake, Reaction};
    use radiosonde_trace::Sampler;

    use super::*;
    use crate::jaeger_remote::options::JaegerRemoteOptions;

    const DEADLINE: Duration = Duration::from_secs(20);
    const MS: Duration = Duration::from_millis(1);

    fn strategy(ratio: f64) -> Reaction {
        Reaction::status(200)
            .body(format!(r#"{{"strategyType":0,"probabilisticSampling":{{"samplingRate":{ratio}}}}}"#))
    }

    /// The polls so far by outcome.
    fn polls(registry: &Registry) -> Vec<u64> {
        let polls = registry
            .counter(
                "radiosonde_jaeger_remote_polls_total",
                "Polls of Jaeger's sampling strategy for this service, by outcome.",
            )
            .labels(&["outcome"])
            .unwrap();
        OUTCOMES.iter().map(|outcome| polls.with(&[*outcome]).value()).collect()
    }

    #[test]
    fn the_last_strategy_stays_until_another_is_received() {
        let registry = Registry::new();
        let delivery = Delivery::builder().registry(&registry).start().unwrap();
        // Each reaction is sent until the next one is set, so that the poll after it has been received.
        let jaeger = HttpFake::start([Reaction::status(503)]);
        let remote = JaegerRemoteOptions::new(jaeger.url())
            .initial_sampling_rate(0.125)
            .polling_interval(MS * 10)
            .timeout(MS * 50)
            .registry(&registry);
        let (_, handle) = remote.build_with_handle(&Resource::new("orders"), &delivery).unwrap();
        let ratio = |ratio| Sampler::ratio(ratio).unwrap();
        let after = |reaction: Reaction| {
            jaeger.script([reaction]);
            // One request may have been on its way, the next one has this reaction, and one more means that it was received.
            let seen = jaeger.requests().len();
            jaeger.wait_for(seen + 3, DEADLINE).unwrap();
            handle.get()
        };
        assert_eq!(after(Reaction::status(503)), ratio(0.125));
        assert_eq!(after(strategy(0.25)), ratio(0.25));
        for failure in
            [Reaction::status(404), Reaction::close(), Reaction::hang(), Reaction::status(200).body("?")]
        {
            assert_eq!(after(failure), ratio(0.25));
        }
        assert_eq!(after(strategy(0.5)), ratio(0.5));
        let limit = r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":5}}"#;
        let limited = after(Reaction::status(200).body(limit));
        assert_eq!(limited, Sampler::rate_limited(Rate::per_second_f64(5.0)));
        delivery.shutdown_blocking(DEADLINE);
        let counts = polls(&registry);
        assert_eq!(counts[0], 3, "{counts:?}");
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
        assert!(counts.iter().sum::<u64>() <= jaeger.requests().len() as u64, "{counts:?}");
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
        let refused = |options: JaegerRemoteOptions| {
            options.registry(&Registry::new()).build(&Resource::new("x"), &delivery).unwrap_err().to_string()
        };
        let local = JaegerRemoteOptions::default;
        assert!(refused(JaegerRemoteOptions::new("j:1")).starts_with("the endpoint of"));
        assert!(refused(local().initial_sampling_rate(1.5)).starts_with("the initial rate of"));
        assert!(refused(local().polling_interval(Duration::ZERO)).starts_with("the delivery refused"));
        delivery.shutdown_blocking(DEADLINE);
        assert!(refused(local()).starts_with("the delivery refused"));
    }
}
