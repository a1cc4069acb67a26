use std::str::FromStr;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, Endpoint, HttpOptions, InvalidEndpoint, PollOptions, Url};
use radiosonde_metrics::Registry;
use radiosonde_trace::{Sampler, SamplerHandle};

use crate::jaeger_remote::build_error::JaegerRemoteBuildError;
use crate::jaeger_remote::invalid_setting::InvalidJaegerRemoteSetting;
use crate::jaeger_remote::poller::Poller;

/// Where the agents and the collector of Jaeger serve strategies.
const LOCAL: &str = "http://localhost:5778";
const PATH: &str = "/sampling";

/// A sampler whose strategy a Jaeger decides on, or another server of its protocol, such as an OpenTelemetry collector.
///
/// # Shape
/// The strategy of the resource's service is polled over HTTP on the delivery thread: a ratio, a number of traces per second, or
/// ratios by span name with a lower bound for each. Jaeger's upper bound is not applied, as in its own clients. Until the first
/// response the initial rate holds, and after a failed poll the last strategy. A response that does not change the strategy
/// leaves the counts of a rate limit as they are.
///
/// Failures are reported as diagnostics, and polls are counted in `radiosonde_jaeger_remote_polls_total` by `outcome`: `updated`,
/// `unchanged`, `unreachable`, `refused`, `malformed`.
///
/// # Source
/// <https://www.jaegertracing.io/docs/latest/architecture/sampling/#remote-sampling>
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::Resource;
/// use radiosonde_delivery::Delivery;
/// use radiosonde_metrics::Registry;
/// use radiosonde_otlp::JaegerRemoteOptions;
/// use radiosonde_testkit::{HttpFake, Reaction};
/// use radiosonde_trace::Sampler;
///
/// let strategy = r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}"#;
/// let jaeger = HttpFake::start([Reaction::status(200).body(strategy)]); // in its place, http://localhost:5778
///
/// let registry = Registry::new();
/// let delivery = Delivery::builder().registry(&registry).start()?;
/// let remote = JaegerRemoteOptions::new(jaeger.url()).polling_interval(Duration::from_secs(5)).registry(&registry);
/// let sampler = Sampler::parent_based(remote.build(&Resource::new("orders"), &delivery)?);
/// # drop(sampler);
/// let requests = jaeger.wait_for(1, Duration::from_secs(5))?;
/// assert_eq!(requests[0].path(), "/sampling?service=orders");
/// # delivery.shutdown_blocking(Duration::from_secs(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug, Clone)]
pub struct JaegerRemoteOptions {
    endpoint: Url,
    http: HttpOptions,
    poll: PollOptions,
    initial_rate: f64,
    registry: Option<Registry>,
}

impl Default for JaegerRemoteOptions {
    fn default() -> Self {
        Self::new(LOCAL)
    }
}

impl JaegerRemoteOptions {
    /// For the server at this URL; without a path, `/sampling` is appended. Default: `http://localhost:5778/sampling`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into().into(),
            http: HttpOptions::new(),
            poll: PollOptions::new(),
            initial_rate: 0.001,
            registry: None,
        }
    }

    /// The time between two polls. Default: one minute.
    pub const fn polling_interval(mut self, interval: Duration) -> Self {
        self.poll = self.poll.interval(interval);
        self
    }

    /// Bounds one poll. Default: 10 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.poll = self.poll.timeout(timeout);
        self
    }

    /// The ratio of traces that are recorded until the first response. Default: 0.001.
    pub const fn initial_sampling_rate(mut self, ratio: f64) -> Self {
        self.initial_rate = ratio;
        self
    }

    /// Headers, credentials and certificates of the polls.
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// The registry of the self metric. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Begins to poll for the service of this resource, until the delivery shuts down.
    ///
    /// The sampler decides on every span: for whole traces it belongs within a [parent-based](Sampler::parent_based) one.
    ///
    /// # Errors
    /// [`JaegerRemoteBuildError`] names the refused setting.
    pub fn build(&self, resource: &Resource, delivery: &Delivery) -> Result<Sampler, JaegerRemoteBuildError> {
        self.build_with_handle(resource, delivery).map(|(sampler, _)| sampler)
    }

    pub(super) fn build_with_handle(
        &self,
        resource: &Resource,
        delivery: &Delivery,
    ) -> Result<(Sampler, SamplerHandle), JaegerRemoteBuildError> {
        let endpoint =
            self.endpoint_for(resource.service_name()).map_err(JaegerRemoteBuildError::Endpoint)?;
        let initial = Sampler::ratio(self.initial_rate).map_err(JaegerRemoteBuildError::InitialRate)?;
        let (sampler, handle) = Sampler::reloadable(initial);
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let poller =
            Poller::new(handle.clone(), &endpoint, registry).map_err(JaegerRemoteBuildError::Metrics)?;
        delivery
            .poll(&endpoint, self.poll, &self.http, move |response| poller.receive(response))
            .map_err(JaegerRemoteBuildError::Poll)?;
        Ok((sampler, handle))
    }

    fn endpoint_for(&self, service: &str) -> Result<Endpoint, InvalidEndpoint> {
        let endpoint = self.endpoint.endpoint()?;
        let endpoint = if endpoint.uri().path() == "/" { endpoint.join(PATH)? } else { endpoint };
        let separator = if endpoint.uri().query().is_some() { '&' } else { '?' };
        Endpoint::parse(&format!("{}{separator}service={}", endpoint.uri(), percent_encoded(service)))
    }
}

/// The value of a query.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

impl FromStr for JaegerRemoteOptions {
    type Err = InvalidJaegerRemoteSetting;

    /// Parses the value of `OTEL_TRACES_SAMPLER_ARG` for `jaeger_remote`:
    /// `endpoint=http://localhost:5778/sampling,pollingIntervalMs=5000,initialSamplingRate=0.25`, each of which may be missing.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>
    fn from_str(text: &str) -> Result<Self, InvalidJaegerRemoteSetting> {
        let mut elements = text.split(',').map(str::trim).filter(|element| !element.is_empty());
        elements.try_fold(Self::default(), |options, element| {
            let (key, value) = element.split_once('=').unwrap_or((element, ""));
            let (key, value) = (key.trim(), value.trim());
            match key {
                _ if key.eq_ignore_ascii_case("endpoint") => {
                    Endpoint::parse(value).map_err(InvalidJaegerRemoteSetting::Endpoint)?;
                    Ok(Self { endpoint: value.to_owned().into(), ..options })
                }
                _ if key.eq_ignore_ascii_case("pollingIntervalMs") => match value.parse() {
                    Ok(millis @ 10..=86_400_000) => {
                        Ok(options.polling_interval(Duration::from_millis(millis)))
                    }
                    _ => Err(InvalidJaegerRemoteSetting::PollingInterval { value: value.into() }),
                },
                _ if key.eq_ignore_ascii_case("initialSamplingRate") => match value.parse() {
                    Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(options.initial_sampling_rate(ratio)),
                    _ => Err(InvalidJaegerRemoteSetting::InitialSamplingRate { value: value.into() }),
                },
                _ => Err(InvalidJaegerRemoteSetting::Key { key: key.into() }),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::*;

    proptest! {
        #[test]
        fn any_argument_is_read_without_a_panic(text in "\\PC{0,40}", key in "endpoint|pollingIntervalMs|x") {
            let _ = text.parse::<JaegerRemoteOptions>();
            let _ = format!("{key}={text}").parse::<JaegerRemoteOptions>();
        }
    }

    #[test]
    fn the_service_is_asked_for_by_name_at_any_url() {
        let uri = |url: &str, service| {
            JaegerRemoteOptions::new(url).endpoint_for(service).map(|endpoint| endpoint.uri().to_string())
        };
        for (url, expected) in [
            ("http://j:5778", "http://j:5778/sampling?service=orders"),
            ("http://j:5778/", "http://j:5778/sampling?service=orders"),
            ("https://j/api/sampling", "https://j/api/sampling?service=orders"),
            ("http://j/sampling?a=b", "http://j/sampling?a=b&service=orders"),
        ] {
            assert_eq!(uri(url, "orders").as_deref(), Ok(expected));
        }
        let odd = uri("http://j", "a&b ü/c");
        assert_eq!(odd.as_deref(), Ok("http://j/sampling?service=a%26b%20%C3%BC%2Fc"));
        assert!(uri("j:5778", "orders").is_err());
    }

    #[test]
    fn the_argument_of_the_specification_is_parsed() {
        let text = "endpoint=http://c:5778/x?a=b, PollingIntervalMs=5000,initialSamplingRate=0.25,";
        let options: JaegerRemoteOptions = text.parse().unwrap();
        assert_eq!(options.endpoint.endpoint().unwrap().uri().to_string(), "http://c:5778/x?a=b");
        assert_eq!(options.initial_rate, 0.25);
        assert!(format!("{:?}", options.poll).contains("interval: 5s"));
        let defaults: JaegerRemoteOptions = "".parse().unwrap();
        assert_eq!(defaults.endpoint_for("a").unwrap().to_string(), "http://localhost:5778/sampling");
        assert_eq!(defaults.initial_rate, 0.001);
    }

    #[test]
    fn an_argument_that_cannot_be_parsed_is_named() {
        for (text, expected) in [
            ("0.25", "invalid setting \"0.25\": expected endpoint=URL, "),
            ("endpoint=c:5778", "invalid endpoint \"c:5778\", which does not begin with http://"),
            ("pollingIntervalMs=5s", "invalid pollingIntervalMs \"5s\": expected milliseconds from 10"),
            ("pollingIntervalMs=0", "invalid pollingIntervalMs \"0\""),
            ("initialSamplingRate=2", "invalid initialSamplingRate \"2\": expected a number from 0 to 1"),
            ("initialSamplingRate=NaN", "invalid initialSamplingRate \"NaN\""),
        ] {
            let error = text.parse::<JaegerRemoteOptions>().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let secret = "endpoint=http://user:hunter2@c".parse::<JaegerRemoteOptions>().unwrap_err();
        assert!(!format!("{secret} {secret:?}").contains("hunter2"));
    }
}
