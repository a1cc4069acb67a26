use http::header::{ACCEPT, ACCEPT_ENCODING};

use super::*;
use crate::Format;

fn get(service: &MetricsService, target: &'static str, headers: &HeaderMap) -> Response<MetricsBody> {
    service.answer(&Method::GET, &Uri::from_static(target), headers)
}

fn text(response: &Response<MetricsBody>) -> &str {
    std::str::from_utf8(response.body().0.as_deref().unwrap()).unwrap()
}

#[test]
fn answers_in_the_format_that_is_asked_for() {
    let service = MetricsService::new(&Registry::new());
    let mut headers = HeaderMap::new();
    headers.append(ACCEPT, HeaderValue::from_static("text/plain;q=0.5"));
    headers.append(ACCEPT, HeaderValue::from_static("application/openmetrics-text"));
    let response = get(&service, "/metrics", &headers);
    assert_eq!(response.headers()[CONTENT_TYPE], Format::OpenMetrics.content_type());
    assert_eq!(response.headers()[VARY], "accept, accept-encoding");
    assert!(!response.headers().contains_key(CONTENT_ENCODING));
}

#[test]
fn a_head_request_gets_the_head_alone() {
    let service = MetricsService::new(&Registry::new());
    let uri = Uri::from_static("/");
    let [get, head] =
        [Method::GET, Method::HEAD].map(|method| service.answer(&method, &uri, &HeaderMap::new()));
    let length = http_body::Body::size_hint(get.body()).exact().map(|length| length.to_string());
    assert_eq!(head.headers()[CONTENT_TYPE], get.headers()[CONTENT_TYPE]);
    assert_eq!(head.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()), length.as_deref());
    assert!(http_body::Body::is_end_stream(head.body()), "HTTP/2 servers send what they are given");
}

#[test]
fn other_methods_are_refused() {
    let service = MetricsService::new(&Registry::new());
    let response = service.answer(&Method::POST, &Uri::from_static("/"), &HeaderMap::new());
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[ALLOW], "GET, HEAD");
}

#[test]
fn only_the_families_that_are_named_are_shown() {
    let registry = Registry::new();
    registry.counter("a_total", "A.").build().unwrap();
    registry.gauge("b", "B.").build().unwrap();
    let service = MetricsService::new(&registry);
    let response = get(&service, "/metrics?name%5B%5D=a_total&name[]=absent", &HeaderMap::new());
    assert_eq!(text(&response), "# HELP a_total A.\n# TYPE a_total counter\na_total 0\n");
    let response = get(&service, "/metrics?name[]=absent", &HeaderMap::new());
    assert_eq!((response.status(), text(&response)), (StatusCode::OK, ""));
    let response = get(&service, "/metrics?name[]=%zz", &HeaderMap::new());
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn a_client_that_takes_nothing_that_there_is_gets_nothing() {
    let service = MetricsService::new(&Registry::new());
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br, *;q=0"))]);
    let response = get(&service, "/metrics", &headers);
    assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE);
    assert_eq!(response.headers()[VARY], "accept, accept-encoding");
}
