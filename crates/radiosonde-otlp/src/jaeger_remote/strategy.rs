use std::fmt;

use radiosonde_core::Rate;
use radiosonde_trace::{InvalidSampler, PerOperation, Sampler};
use serde::Deserialize;

/// The sampler that a response of Jaeger describes.
///
/// Strategies by operation come first, whatever the type is: they have a ratio for everything. JSON of protobuf leaves out zeros.
///
/// Source: `SamplingStrategyResponse` in
/// <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/sampling.proto>
pub(super) fn parse(body: &[u8]) -> Result<Sampler, InvalidStrategy> {
    let response: Response = serde_json::from_slice(body).map_err(InvalidStrategy::Json)?;
    if let Some(operations) = response.operation_sampling {
        return operations.sampler().map_err(InvalidStrategy::Sampler);
    }
    match (response.strategy_type, response.probabilistic_sampling, response.rate_limiting_sampling) {
        (Some(StrategyType::RateLimiting), _, Some(rate)) | (None, None, Some(rate)) => Ok(rate.sampler()),
        (Some(StrategyType::Probabilistic) | None, Some(ratio), _) => {
            Sampler::ratio(ratio.sampling_rate).map_err(InvalidStrategy::Sampler)
        }
        _ => Err(InvalidStrategy::None),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    strategy_type: Option<StrategyType>,
    probabilistic_sampling: Option<Probabilistic>,
    rate_limiting_sampling: Option<RateLimiting>,
    operation_sampling: Option<PerOperationStrategies>,
}

/// Jaeger 2 sends the number, others the name.
#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(try_from = "NameOrNumber")]
enum StrategyType {
    Probabilistic,
    RateLimiting,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrNumber {
    Number(i64),
    Name(String),
}

impl TryFrom<NameOrNumber> for StrategyType {
    type Error = &'static str;

    fn try_from(kind: NameOrNumber) -> Result<Self, &'static str> {
        match kind {
            NameOrNumber::Number(0) => Ok(Self::Probabilistic),
            NameOrNumber::Number(1) => Ok(Self::RateLimiting),
            NameOrNumber::Name(name) if name == "PROBABILISTIC" => Ok(Self::Probabilistic),
            NameOrNumber::Name(name) if name == "RATE_LIMITING" => Ok(Self::RateLimiting),
            _ => Err("unknown strategyType: expected PROBABILISTIC, RATE_LIMITING, 0 or 1"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probabilistic {
    #[serde(default)]
    sampling_rate: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateLimiting {
    #[serde(default)]
    max_traces_per_second: f64,
}

impl RateLimiting {
    fn sampler(&self) -> Sampler {
        Sampler::rate_limited(Rate::per_second_f64(self.max_traces_per_second))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct PerOperationStrategies {
    default_sampling_probability: f64,
    default_lower_bound_traces_per_second: f64,
    per_operation_strategies: Option<Vec<OperationStrategy>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperationStrategy {
    operation: String,
    probabilistic_sampling: Option<Probabilistic>,
}

impl PerOperationStrategies {
    fn sampler(self) -> Result<Sampler, InvalidSampler> {
        let all = PerOperation::new(self.default_sampling_probability)?
            .lower_bound(self.default_lower_bound_traces_per_second);
        let strategies = self.per_operation_strategies.unwrap_or_default();
        let strategies = strategies.into_iter().try_fold(
            all,
            |all, OperationStrategy { operation, probabilistic_sampling }| match probabilistic_sampling {
                Some(ratio) => all.operation(operation, ratio.sampling_rate),
                None => Ok(all),
            },
        );
        Ok(Sampler::per_operation(strategies?))
    }
}

/// A response that describes no sampler.
#[derive(Debug)]
pub(super) enum InvalidStrategy {
    Json(serde_json::Error),
    Sampler(InvalidSampler),
    None,
}

impl fmt::Display for InvalidStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Sampler(invalid) => invalid.fmt(f),
            Self::None => f.write_str("the response has no strategy of its type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(bytes: Vec<u8>, rate: f64, text in "\\PC{0,20}") {
            let _ = parse(&bytes);
            for value in [format!("{rate:e}"), format!("{text:?}"), text] {
                for key in ["samplingRate", "maxTracesPerSecond"] {
                    let _ = parse(format!(r#"{{"probabilisticSampling":{{"{key}":{value}}}}}"#).as_bytes());
                    let _ = parse(format!(r#"{{"rateLimitingSampling":{{"{key}":{value}}}}}"#).as_bytes());
                }
                let operations = format!(r#"{{"operationSampling":{{"defaultLowerBoundTracesPerSecond":{value}}}}}"#);
                let _ = parse(operations.as_bytes());
            }
        }
    }

    fn sampler(json: &str) -> Result<Sampler, String> {
        parse(json.as_bytes()).map_err(|error| error.to_string())
    }

    fn per_second(traces: f64) -> Sampler {
        Sampler::rate_limited(Rate::per_second_f64(traces))
    }

    // The forms with a number are from Jaeger 2.13, those with a name from its documentation and its clients' tests.
    #[test]
    fn a_strategy_is_read_by_name_by_number_and_without_its_zeros() {
        let ratio = |ratio| Sampler::ratio(ratio).unwrap();
        for (json, expected) in [
            (r#"{"strategyType":0,"probabilisticSampling":{"samplingRate":0.25}}"#, ratio(0.25)),
            (r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}"#, ratio(1.0)),
            (r#"{"probabilisticSampling":{"samplingRate":0.5}}"#, ratio(0.5)),
            (r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{}}"#, ratio(0.0)),
            (r#"{"strategyType":1,"rateLimitingSampling":{"maxTracesPerSecond":7}}"#, per_second(7.0)),
            (
                r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":7}}"#,
                per_second(7.0),
            ),
            (r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{}}"#, per_second(0.0)),
            (
                r#"{"rateLimitingSampling":{"maxTracesPerSecond":3},"probabilisticSampling":null}"#,
                per_second(3.0),
            ),
            (
                r#"{"strategyType":1,"rateLimitingSampling":{"maxTracesPerSecond":2},"probabilisticSampling":{"samplingRate":1},"new":[]}"#,
                per_second(2.0),
            ),
        ] {
            assert_eq!(sampler(json), Ok(expected), "{json}");
        }
    }

    #[test]
    fn strategies_by_operation_win_over_the_type() {
        let json = r#"{"strategyType":0,"probabilisticSampling":{"samplingRate":0.5},"operationSampling":{
            "defaultSamplingProbability":0.5,"defaultLowerBoundTracesPerSecond":0.1,"defaultUpperBoundTracesPerSecond":9,
            "perOperationStrategies":[{"operation":"GET /x","probabilisticSampling":{"samplingRate":0}},
            {"operation":"GET /y","probabilisticSampling":{"samplingRate":0.75}}]}}"#;
        let expected = PerOperation::new(0.5)
            .and_then(|all| all.operation("GET /x", 0.0))
            .and_then(|all| all.operation("GET /y", 0.75))
            .unwrap()
            .lower_bound(0.1);
        assert_eq!(sampler(json), Ok(Sampler::per_operation(expected)));
        let defaults = r#"{"operationSampling":{"perOperationStrategies":null}}"#;
        assert_eq!(sampler(defaults), Ok(Sampler::per_operation(PerOperation::new(0.0).unwrap())));
    }

    #[test]
    fn a_response_without_a_usable_strategy_is_refused() {
        for (json, expected) in [
            ("", "EOF while parsing"),
            ("<html>", "expected value"),
            ("{}", "the response has no strategy of its type"),
            (
                r#"{"strategyType":"RATE_LIMITING","probabilisticSampling":{"samplingRate":1}}"#,
                "the response has no strategy",
            ),
            (
                r#"{"strategyType":"RATELIMITING","rateLimitingSampling":{}}"#,
                "unknown strategyType: expected PROBABILISTIC",
            ),
            (r#"{"strategyType":2}"#, "unknown strategyType"),
            (r#"{"probabilisticSampling":{"samplingRate":1.5}}"#, "invalid sampling ratio 1.5"),
            (r#"{"operationSampling":{"defaultSamplingProbability":-1}}"#, "invalid sampling ratio -1"),
        ] {
            let error = sampler(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }
}
