use std::fmt;
use std::sync::OnceLock;

use radiosonde_metrics::{Counter, Histogram, IntGauge};

use crate::describing::method::MethodName;
use crate::describing::scheme::Scheme;
use crate::measuring::server_families::ServerFamilies;

/// The bounded part of a request's labels, with the series that have it. They are made when they are first needed.
pub(crate) struct ServerEndpoint {
    pub(crate) name: Box<str>,
    methods: [OnceLock<Box<MethodSeries>>; MethodName::COUNT],
    once: OnceLock<OnceSeries>,
}

/// The series of an endpoint that are not by method.
pub(crate) struct OnceSeries {
    pub(crate) errors: Option<Counter>,
    /// By phase: waiting for the headers, or for the body.
    pub(crate) aborted: [Counter; 2],
    pub(crate) panics: Counter,
    pub(crate) streams: IntGauge,
    pub(crate) stream_duration: Histogram,
}

/// The series of an endpoint and a method.
pub(crate) struct MethodSeries {
    /// By scheme in the otel profile; otherwise the same.
    pub(crate) in_flight: [IntGauge; 2],
    pub(crate) first_byte: Option<Histogram>,
    /// Of requests and responses.
    pub(crate) sizes: Option<(Histogram, Histogram)>,
    /// Linear: a route answers with few statuses. Further ones are looked up in their family.
    statuses: [OnceLock<(StatusKey, StatusSeries)>; 8],
}

/// What distinguishes the series of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusKey {
    pub(crate) status: &'static str,
    pub(crate) error_type: &'static str,
    pub(crate) scheme: Scheme,
}

/// The counter and the histogram of a request.
#[derive(Clone)]
pub(crate) struct StatusSeries {
    pub(crate) requests: Option<Counter>,
    pub(crate) duration: Histogram,
}

impl ServerEndpoint {
    pub(crate) fn new(name: &str) -> Self {
        let methods = std::array::from_fn(|_| OnceLock::new());
        Self { name: name.into(), methods, once: OnceLock::new() }
    }

    pub(crate) fn of_method(&self, families: &ServerFamilies, method: MethodName) -> &MethodSeries {
        let series = &self.methods[method.index()];
        series.get_or_init(|| Box::new(MethodSeries::new(families, method, &self.name)))
    }

    pub(crate) fn once(&self, families: &ServerFamilies) -> &OnceSeries {
        self.once.get_or_init(|| OnceSeries {
            errors: families.errors.as_ref().map(|family| family.handle(&[&self.name])),
            aborted: ["headers", "body"].map(|phase| families.aborted.handle(&[&self.name, phase])),
            panics: families.panics.handle(&[&self.name]),
            streams: families.streams.handle(&[&self.name]),
            stream_duration: families.stream_duration.handle(&[&self.name]),
        })
    }

    /// Passes on the counter and the histogram of a request whose labels are these, with the values of further labels.
    pub(crate) fn of_status<R>(
        &self,
        families: &ServerFamilies,
        method: MethodName,
        key: StatusKey,
        extra: &[&str],
        take: impl FnOnce(&StatusSeries) -> R,
    ) -> R {
        let make = || StatusSeries::new(families, method, &self.name, key, extra);
        if extra.is_empty() {
            for slot in &self.of_method(families, method).statuses {
                let (known, series) = slot.get_or_init(|| (key, make()));
                if *known == key {
                    return take(series);
                }
            }
        }
        take(&make())
    }
}

impl MethodSeries {
    fn new(families: &ServerFamilies, method: MethodName, endpoint: &str) -> Self {
        let in_flight = |scheme: Scheme| match families.is_otel {
            true => families.in_flight.handle(&[method.as_str(), scheme.as_str()]),
            false => families.in_flight.handle(&[endpoint]),
        };
        let labels = [method.as_str(), endpoint];
        let sizes = families.sizes.as_ref();
        Self {
            in_flight: Scheme::ALL.map(in_flight),
            first_byte: families.first_byte.as_ref().map(|family| family.handle(&labels)),
            sizes: sizes.map(|sizes| (sizes.request.handle(&labels), sizes.response.handle(&labels))),
            statuses: std::array::from_fn(|_| OnceLock::new()),
        }
    }
}

impl StatusSeries {
    fn new(
        families: &ServerFamilies,
        method: MethodName,
        endpoint: &str,
        key: StatusKey,
        extra: &[&str],
    ) -> Self {
        let method = method.as_str();
        let error_type = key.error_type;
        let full: Vec<&str> = match families.is_otel {
            true => vec![method, key.scheme.as_str(), endpoint, key.status, error_type],
            false => vec![method, endpoint, key.status],
        };
        let full: Vec<&str> = full.into_iter().chain(extra.iter().copied()).collect();
        let timed: Vec<&str> = match families.is_otel {
            true => full.clone(),
            false => [method, endpoint].into_iter().chain(extra.iter().copied()).collect(),
        };
        Self {
            requests: families.requests.as_ref().map(|family| family.handle(&full)),
            duration: families.duration.handle(&timed),
        }
    }
}

impl fmt::Debug for ServerEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerEndpoint").field("name", &self.name).finish_non_exhaustive()
    }
}
