use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, IntGauge, RegisterError, Registry};

use crate::measuring::http_names::HttpNames;

/// What the metrics of a server are declared with.
#[derive(Debug, Clone)]
pub(crate) struct FamilyOptions {
    pub(crate) names: HttpNames,
    pub(crate) buckets: Buckets,
    pub(crate) has_sizes: bool,
    pub(crate) has_first_byte: bool,
    /// The names of further labels of requests and duration.
    pub(crate) labels: Vec<String>,
}

impl Default for FamilyOptions {
    fn default() -> Self {
        Self {
            names: HttpNames::classic(),
            buckets: Buckets::HTTP_SECONDS,
            has_sizes: true,
            has_first_byte: false,
            labels: Vec::new(),
        }
    }
}

/// The families of a server's metrics.
#[derive(Debug)]
pub(crate) struct ServerFamilies {
    pub(crate) is_otel: bool,
    pub(crate) requests: Option<DynFamily<Counter>>,
    pub(crate) duration: DynFamily<Histogram>,
    pub(crate) in_flight: DynFamily<IntGauge>,
    pub(crate) first_byte: Option<DynFamily<Histogram>>,
    pub(crate) sizes: Option<Sizes>,
    pub(crate) aborted: DynFamily<Counter>,
    pub(crate) panics: DynFamily<Counter>,
    pub(crate) streams: DynFamily<IntGauge>,
    pub(crate) stream_duration: DynFamily<Histogram>,
}

/// Bytes of requests and responses.
#[derive(Debug)]
pub(crate) struct Sizes {
    pub(crate) request: DynFamily<Histogram>,
    pub(crate) response: DynFamily<Histogram>,
}

/// Room for every endpoint with a few methods and statuses each; the limit of endpoints is reached first.
const SERIES: usize = 5000;

/// From a short answer to a download.
const BYTES: Buckets = Buckets::from_static(&[100.0, 1e3, 1e4, 1e5, 1e6, 1e7]);

/// Streams last from seconds to a day.
const STREAM_SECONDS: Buckets = Buckets::from_static(&[1.0, 10.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0]);

impl ServerFamilies {
    pub(crate) fn new(registry: &Registry, options: &FamilyOptions) -> Result<Self, RegisterError> {
        let names = &options.names;
        let endpoint = names.endpoint();
        let extra = || options.labels.iter().map(String::as_str);
        let own: &[&str] = if names.is_otel() {
            &[names.method(), "url_scheme", endpoint, names.status(), "error_type"]
        } else {
            &[names.method(), endpoint, names.status()]
        };
        let counted: Vec<_> = own.iter().copied().chain(extra()).collect();
        let timed: Vec<_> = match names.is_otel() {
            true => counted.clone(),
            false => [names.method(), endpoint].into_iter().chain(extra()).collect(),
        };
        let requests = names.counter().map(|name| {
            let requests = registry.counter(&name, "HTTP requests served, by method, endpoint and status.");
            requests.max_series(SERIES).labels(&counted)
        });
        let seconds = |name: &str, help, buckets: &Buckets, labels: &[&str]| {
            let histogram = registry.histogram(name, help).unit("seconds").buckets(buckets.clone());
            histogram.max_series(SERIES).labels(labels)
        };
        let bytes = |name: &str, help| {
            let histogram = registry.histogram(name, help).unit("bytes").buckets(BYTES);
            histogram.max_series(SERIES).labels(&[names.method(), endpoint])
        };
        let sizes = || {
            let request = bytes(
                &names.either("_request_size_bytes", "_request_body_size_bytes"),
                "Announced size of the bodies of HTTP requests.",
            )?;
            let response = bytes(
                &names.either("_response_size_bytes", "_response_body_size_bytes"),
                "Size of the bodies of HTTP responses, as far as they were sent.",
            )?;
            Ok(Sizes { request, response })
        };
        let first_byte = || {
            let name = names.with("_response_ttfb_seconds");
            let help = "Time from the arrival of an HTTP request to the head of its response.";
            seconds(&name, help, &options.buckets, &[names.method(), endpoint])
        };
        let counter = |name: &str, help, labels: &[&str]| {
            registry.counter(name, help).max_series(SERIES).labels(labels)
        };
        let gauge = |name: &str, help, labels: &[&str]| {
            registry.int_gauge(name, help).max_series(SERIES).labels(labels)
        };
        let (otel_in_flight, classic_in_flight) = ([names.method(), "url_scheme"], [endpoint]);
        Ok(Self {
            is_otel: names.is_otel(),
            requests: requests.transpose()?,
            duration: seconds(
                &names.histogram(),
                "Time from the arrival of a request to the end of its response body.",
                &options.buckets,
                &timed,
            )?,
            in_flight: gauge(
                &names.either("_requests_in_flight", "_active_requests"),
                "HTTP requests in progress.",
                match names.is_otel() {
                    true => &otel_in_flight,
                    false => &classic_in_flight,
                },
            )?,
            first_byte: options.has_first_byte.then(first_byte).transpose()?,
            sizes: options.has_sizes.then(sizes).transpose()?,
            aborted: counter(
                &names.with("_requests_aborted_total"),
                "HTTP requests that the client gave up, by what it waited for.",
                &[endpoint, "phase"],
            )?,
            panics: counter(
                &names.with("_panics_total"),
                "HTTP requests whose handler or body panicked.",
                &[endpoint],
            )?,
            streams: gauge(
                &names.with("_streams_active"),
                "Open streams: server-sent events, upgraded connections and long polls.",
                &[endpoint],
            )?,
            stream_duration: seconds(
                &names.with("_stream_duration_seconds"),
                "Time from the arrival of a request to the end of its stream.",
                &STREAM_SECONDS,
                &[endpoint],
            )?,
        })
    }
}
