//! A backend that sends lines of text, for the tests of everything around it.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use radiosonde_delivery::{
    Delivery, Disposition, EncodeError, Endpoint, HttpVersion, Protocol, Queue, Retry, SinkOptions, Trailers,
    retry_after,
};
use radiosonde_metrics::Registry;

pub(crate) use radiosonde_delivery::HttpOptions;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) struct Plain {
    endpoint: Endpoint,
    on_classify: Box<dyn FnMut() + Send>,
    header: Option<(&'static str, &'static str)>,
    version: HttpVersion,
}

impl Plain {
    pub(crate) fn at(url: &str) -> Self {
        let endpoint = Endpoint::parse(url).unwrap();
        Self { endpoint, on_classify: Box::new(|| {}), header: None, version: HttpVersion::Http1 }
    }

    pub(crate) fn http2(url: &str) -> Self {
        Self { version: HttpVersion::Http2, ..Self::at(url) }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(crate) fn on_classify(mut self, call: impl FnMut() + Send + 'static) -> Self {
        self.on_classify = Box::new(call);
        self
    }
}

impl Protocol for Plain {
    type Item = String;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn http_version(&self) -> HttpVersion {
        self.version
    }

    fn encode(&mut self, batch: &[String]) -> Result<Request<Bytes>, EncodeError> {
        assert!(!batch.iter().any(|line| line == "panic in encode"), "asked for");
        if batch.iter().any(|line| line == "unspeakable") {
            return Err(EncodeError::new("say that"));
        }
        let request = Request::post(self.endpoint.uri());
        self.header
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .body(Bytes::from(batch.join("\n")))
            .map_err(|error| EncodeError::because("build the request", error))
    }

    fn classify(&mut self, response: &Response<Bytes>, _items: usize) -> Disposition {
        (self.on_classify)();
        if let Some(Trailers(trailers)) = response.extensions().get() {
            let rejected = trailers["rejected"].to_str().unwrap().parse().unwrap();
            return Disposition::Delivered { rejected, reason: "by trailer" };
        }
        match response.status().as_u16() {
            200 => match std::str::from_utf8(response.body()).unwrap().parse() {
                Ok(rejected) => Disposition::Delivered { rejected, reason: "partial" },
                Err(_) => Disposition::DELIVERED,
            },
            204 => Disposition::DELIVERED,
            409 => Disposition::EncodeAgain,
            413 => Disposition::Split,
            418 => std::panic::resume_unwind(Box::new(Payload)),
            429 | 500..600 => Disposition::Retry { after: retry_after(response.headers()) },
            _ => Disposition::Drop { reason: "refused", hint: "mind the manual" },
        }
    }
}

/// A panic's payload, which panics when it is dropped.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

/// A delivery with a registry of its own.
pub(crate) fn delivery() -> (Delivery, Registry) {
    let registry = Registry::new();
    (Delivery::builder().registry(&registry).start().unwrap(), registry)
}

/// Sends at once, retries at once.
pub(crate) fn quick(name: &'static str) -> SinkOptions {
    SinkOptions::new(name)
        .batch_age(Duration::ZERO)
        .timeout(Duration::from_secs(5))
        .retry(Retry::new().base(MS).cap(MS * 5))
}

/// Only sends what is full.
pub(crate) fn patient(name: &'static str) -> SinkOptions {
    quick(name).batch_age(HOUR)
}

pub(crate) fn push(queue: &Queue<String>, lines: &[&str]) {
    for line in lines {
        queue.push((*line).to_owned(), line.len()).unwrap();
    }
}

pub(crate) fn counter(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> u64 {
    let names: Vec<_> = labels.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = labels.iter().map(|(_, value)| *value).collect();
    let help = match name {
        "radiosonde_delivery_dropped_total" => "Items dropped, by reason.",
        "radiosonde_delivery_retries_total" => "Retried requests.",
        "radiosonde_delivery_requests_total" => "Requests sent to the backend.",
        "radiosonde_delivery_produced_total" => "Items pushed to a sink, including refused ones.",
        "radiosonde_delivery_delivered_total" => "Items accepted by the backend.",
        other => panic!("{other} is no counter of delivery"),
    };
    registry.counter(name, help).labels(&names).unwrap().with(&values).value()
}
