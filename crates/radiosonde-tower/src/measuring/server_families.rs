use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, IntGauge, RegisterError, Registry};
use radiosonde_signals::LatencyBuckets;

use crate::measuring::http_signals::{self, SERVER, error_types, starting_with};
use crate::measuring::server_names::ServerNames;

/// What the metrics of a server are declared with.
#[derive(Debug, Clone)]
pub(crate) struct FamilyOptions {
    pub(crate) names: ServerNames,
    pub(crate) buckets: Buckets,
    pub(crate) has_sizes: bool,
    pub(crate) has_first_byte: bool,
    /// The names of further labels of requests and duration.
    pub(crate) labels: Vec<String>,
}

impl Default for FamilyOptions {
    fn default() -> Self {
        Self {
            names: ServerNames::classic(),
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
    pub(crate) errors: Option<DynFamily<Counter>>,
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
        let (method, endpoint, is_otel) = (names.method(), &*names.0.label, names.0.is_otel);
        let (otel_in_flight, classic_in_flight) = ([method, "url_scheme"], [endpoint]);
        let declare = Declare { registry, options };
        let active = names.either("_requests_in_flight", "_active_requests");
        let errors = match is_otel {
            true => error_types(),
            false => (names.status(), starting_with(&["5"])),
        };
        http_signals::declare(registry, SERVER, &names.0, endpoint, &active, errors);
        Ok(Self {
            is_otel,
            requests: declare.requests()?,
            duration: declare.duration()?,
            in_flight: declare.gauge(
                &active,
                "Number of HTTP requests in progress.",
                if is_otel { &otel_in_flight } else { &classic_in_flight },
            )?,
            first_byte: options.has_first_byte.then(|| declare.first_byte()).transpose()?,
            sizes: options.has_sizes.then(|| declare.sizes()).transpose()?,
            errors: names.0.errors.as_deref().map(|name| declare.errors(name)).transpose()?,
            aborted: declare.counter(
                &names.0.with("_requests_aborted_total"),
                "Number of HTTP requests aborted by the client, by phase.",
                &[endpoint, "phase"],
            )?,
            panics: declare.counter(
                &names.0.with("_panics_total"),
                "Number of HTTP requests whose handler or body panicked.",
                &[endpoint],
            )?,
            streams: declare.gauge(
                &names.0.with("_streams_active"),
                "Number of open streams: server-sent events, upgraded connections and long polls.",
                &[endpoint],
            )?,
            stream_duration: declare.seconds(
                &names.0.with("_stream_duration_seconds"),
                "Duration from the arrival of an HTTP request to the end of its stream.",
                &STREAM_SECONDS,
                &[endpoint],
            )?,
        })
    }
}

/// Declares the families by their names.
struct Declare<'a> {
    registry: &'a Registry,
    options: &'a FamilyOptions,
}

impl<'a> Declare<'a> {
    fn requests(&self) -> Result<Option<DynFamily<Counter>>, RegisterError> {
        let Some(name) = self.options.names.0.counter() else { return Ok(None) };
        let requests =
            self.registry.counter(&name, "Number of HTTP requests served, by method, endpoint and status.");
        requests.max_series(SERIES).labels(&self.counted()).map(Some)
    }

    fn duration(&self) -> Result<DynFamily<Histogram>, RegisterError> {
        let names = &self.options.names;
        let labels = match names.0.is_otel {
            true => self.counted(),
            false => self.with_further(&[names.method(), &*names.0.label]),
        };
        let help = "Duration from the arrival of an HTTP request to the end of its response body.";
        let name = names.0.histogram();
        let thresholds = LatencyBuckets::of(self.registry, SERVER).only_of(&*names.0.prefix);
        let declare = |buckets: Buckets| self.seconds(&name, help, &buckets, &labels);
        thresholds.declare(&name, &self.options.buckets, declare)
    }

    fn first_byte(&self) -> Result<DynFamily<Histogram>, RegisterError> {
        let names = &self.options.names;
        let help = "Duration from the arrival of an HTTP request to the head of its response.";
        let labels = [names.method(), &*names.0.label];
        self.seconds(&names.0.with("_response_ttfb_seconds"), help, &self.options.buckets, &labels)
    }

    fn errors(&self, name: &str) -> Result<DynFamily<Counter>, RegisterError> {
        self.counter(
            name,
            "Number of HTTP requests that failed, by endpoint.",
            &[&*self.options.names.0.label],
        )
    }

    fn sizes(&self) -> Result<Sizes, RegisterError> {
        let names = &self.options.names;
        let bytes = |name: &str, help| {
            let histogram = self.registry.histogram(name, help).unit("bytes").buckets(BYTES);
            histogram.max_series(SERIES).labels(&[names.method(), &*names.0.label])
        };
        Ok(Sizes {
            request: bytes(
                &names.either("_request_size_bytes", "_request_body_size_bytes"),
                "Size of HTTP request bodies, by their Content-Length.",
            )?,
            response: bytes(
                &names.either("_response_size_bytes", "_response_body_size_bytes"),
                "Size of HTTP response bodies, as far as they were sent.",
            )?,
        })
    }

    /// The labels of the series that is counted.
    fn counted(&self) -> Vec<&'a str> {
        let names = &self.options.names;
        let (method, endpoint, status) = (names.method(), &*names.0.label, names.status());
        match names.0.is_otel {
            true => self.with_further(&[method, "url_scheme", endpoint, status, "error_type"]),
            false => self.with_further(&[method, endpoint, status]),
        }
    }

    fn with_further(&self, own: &[&'a str]) -> Vec<&'a str> {
        own.iter().copied().chain(self.options.labels.iter().map(String::as_str)).collect()
    }

    fn seconds(
        &self,
        name: &str,
        help: &str,
        buckets: &Buckets,
        labels: &[&str],
    ) -> Result<DynFamily<Histogram>, RegisterError> {
        let histogram = self.registry.histogram(name, help).unit("seconds").buckets(buckets.clone());
        histogram.max_series(SERIES).labels(labels)
    }

    fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<DynFamily<Counter>, RegisterError> {
        self.registry.counter(name, help).max_series(SERIES).labels(labels)
    }

    fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<DynFamily<IntGauge>, RegisterError> {
        self.registry.int_gauge(name, help).max_series(SERIES).labels(labels)
    }
}
