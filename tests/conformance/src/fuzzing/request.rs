use std::collections::BTreeSet;
use std::io::Read as _;
use std::task::{Context, Poll, Waker};

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use radiosonde_admin::{AdminBody, MetricsService};
use radiosonde_metrics::Registry;
use tower::ServiceExt as _;

use super::parse;

/// Reads three lines: a query, an `Accept`, an `Accept-Encoding`. The response is a client error. Otherwise it uses an
/// accepted encoding, has the right `Vary`, is parsed by its `Content-Type`, and contains only existing families that were
/// requested.
///
/// # Panics
/// If that does not hold.
pub fn request(bytes: &[u8]) {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let query = lines.next().unwrap_or_default();
    let Ok(mut request) = Request::get([b"/metrics?", query].concat().as_slice()).body(()) else { return };
    for (name, line) in [ACCEPT, ACCEPT_ENCODING].into_iter().zip(lines) {
        // A server would reject such a header before it reaches this code.
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        request.headers_mut().insert(name, value);
    }
    let asked = request.headers().get(ACCEPT_ENCODING).cloned();
    let is_selection = request.uri().query().is_some_and(|query| query.contains("name"));

    let registry = registry();
    let Ok(response) = wait_for(MetricsService::new(&registry).oneshot(request));
    if response.status() != StatusCode::OK {
        assert!([StatusCode::BAD_REQUEST, StatusCode::NOT_ACCEPTABLE].contains(&response.status()));
        return;
    }
    assert!(response.headers().contains_key(VARY));
    let (families, coding) = read(response);
    let asked = asked.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    if let Some(coding) = coding {
        let asked = asked.unwrap_or_default();
        assert!(asked.contains(&coding) || asked.contains('*'), "{coding} is not in {asked:?}");
    }
    let known = BTreeSet::from(["hits", "hits_total", "wait_seconds", "size"]);
    let (own, others): (Vec<_>, Vec<_>) = families.iter().partition(|name| known.contains(&***name));
    assert!(others.iter().all(|name| name.starts_with("radiosonde_metrics_")), "{others:?}");
    assert!(is_selection || own.len() == 3, "{own:?}");
}

/// More than the limit below which a body is not compressed.
fn registry() -> Registry {
    let registry = Registry::new();
    let hits = registry.counter("hits_total", "Hits.").labels(&["path"]);
    for n in 0..20 {
        hits.iter().for_each(|hits| hits.with(&[&format!("/a/path/of/some/length/{n}")]).inc());
    }
    let wait = registry.histogram("wait_seconds", "Wait.").build();
    wait.iter().for_each(|wait| wait.observe(0.5));
    assert!(wait.is_ok() && hits.is_ok() && registry.gauge("size", "Size.").build().is_ok());
    registry
}

/// The names of the families, and the encoding of the body.
#[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
fn read(response: Response<AdminBody>) -> (Vec<String>, Option<String>) {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (content_type, coding) = (header(CONTENT_TYPE).unwrap_or_default(), header(CONTENT_ENCODING));
    let Ok(body) = wait_for(response.into_body().collect());
    let body = body.to_bytes();
    let decoded = match coding.as_deref() {
        None => Ok(body.to_vec()),
        Some("gzip") => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain).map(|_| plain)
        }
        Some("zstd") => zstd::stream::decode_all(&*body),
        Some(other) => panic!("{other} is no coding"),
    };
    let plain = decoded.unwrap_or_else(|error| panic!("{error}"));
    let read = parse(&content_type, &plain).unwrap_or_else(|refusal| panic!("{refusal}"));
    // In the dots escaping, an underscore is doubled.
    let families = read.families.into_iter().map(|family| family.name.replace("__", "_")).collect();
    (families, coding)
}

/// Runs a future without a runtime.
fn wait_for<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return output,
            // It yields once to concurrent scrapes.
            Poll::Pending => std::thread::yield_now(),
        }
    }
}
