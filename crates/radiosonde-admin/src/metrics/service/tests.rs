use std::sync::mpsc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use radiosonde_metrics::exposition::Format;

use super::*;

fn poll(future: &mut MetricsFuture) -> Poll<Response<AdminBody>> {
    let polled = Pin::new(future).poll(&mut Context::from_waker(Waker::noop()));
    polled.map(|response| match response {
        Ok(response) => response,
        Err(never) => match never {},
    })
}

struct Unparks(Thread);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The answer, waited for without a runtime.
fn answered(mut future: MetricsFuture) -> Response<AdminBody> {
    let waker = Waker::from(Arc::new(Unparks(thread::current())));
    loop {
        match Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(Ok(response)) => return response,
            Poll::Ready(Err(never)) => match never {},
            Poll::Pending => thread::park(),
        }
    }
}

fn ask(service: &MetricsService) -> MetricsFuture {
    service.answer(&Method::GET, &Uri::from_static("/metrics"), &HeaderMap::new(), false)
}

fn get(service: &MetricsService, target: &'static str, headers: &HeaderMap) -> Response<AdminBody> {
    answered(service.answer(&Method::GET, &Uri::from_static(target), headers, false))
}

fn text(response: &Response<AdminBody>) -> &str {
    std::str::from_utf8(response.body().bytes().unwrap()).unwrap()
}

fn scrapes(registry: &Registry, outcome: &str) -> Option<f64> {
    registry.snapshot().value("radiosonde_metrics_scrapes_total", &[("outcome", outcome)])
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
    let registry = Registry::new();
    registry.gauge("a", "A.").build().unwrap();
    let service = MetricsService::new(&registry);
    let uri = Uri::from_static("/?name[]=a");
    let [get, head] = [Method::GET, Method::HEAD]
        .map(|method| answered(service.answer(&method, &uri, &HeaderMap::new(), false)));
    let length = http_body::Body::size_hint(get.body()).exact().map(|length| length.to_string());
    assert_eq!(head.headers()[CONTENT_TYPE], get.headers()[CONTENT_TYPE]);
    assert_eq!(head.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()), length.as_deref());
    assert!(http_body::Body::is_end_stream(head.body()), "HTTP/2 servers send what they are given");
}

#[test]
fn other_methods_are_refused() {
    let service = MetricsService::new(&Registry::new());
    let response = answered(service.answer(&Method::POST, &Uri::from_static("/"), &HeaderMap::new(), false));
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

#[test]
fn scrapes_that_come_together_are_encoded_once_and_counted_each() {
    let registry = Registry::new();
    let gathered = registry.counter("gathered_total", "Gathered.").build().unwrap();
    struct Counts(radiosonde_metrics::Counter);
    impl radiosonde_metrics::collect::Collector for Counts {
        fn collect(&self, _: &mut radiosonde_metrics::collect::Collection) {
            self.0.inc();
        }
    }
    registry.collect_from(Counts(gathered.clone()));
    let service = MetricsService::new(&registry);
    let mut together = [ask(&service), ask(&service.clone())];
    assert!(together.iter_mut().all(|future| poll(future).is_pending()), "others are heard first");
    let [first, second] = together.map(answered);
    assert_eq!(gathered.value(), 1);
    assert_eq!(first.body().bytes(), second.body().bytes());
    answered(ask(&service));
    assert_eq!(gathered.value(), 2, "an answer is not older than its request");
    assert_eq!((scrapes(&registry, "served"), scrapes(&registry, "shared")), (Some(2.0), Some(1.0)));
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.value("radiosonde_metrics_scrape_duration_seconds", &[]), Some(2.0));
    let sent = [&first, &second].map(|response| response.body().bytes().unwrap().len() as f64);
    assert!(snapshot.value("radiosonde_metrics_scrape_sent_bytes_total", &[]).unwrap() > sent[0] + sent[1]);
}

#[test]
fn scrapes_beyond_the_limit_are_told_to_come_back_until_a_body_is_taken() {
    let registry = Registry::new();
    let service = MetricsService::new(&registry).max_in_flight(1);
    let first = answered(ask(&service));
    let second = answered(ask(&service));
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(second.headers()[RETRY_AFTER], "1");
    drop(first);
    assert_eq!(answered(ask(&service)).status(), StatusCode::OK);
    assert_eq!((scrapes(&registry, "busy"), scrapes(&registry, "served")), (Some(1.0), Some(2.0)));
}

#[test]
fn a_scrape_that_is_given_up_is_no_longer_in_flight() {
    let service = MetricsService::new(&Registry::new()).max_in_flight(1);
    let mut given_up = ask(&service);
    assert!(poll(&mut given_up).is_pending());
    drop(given_up);
    assert_eq!(answered(ask(&service)).status(), StatusCode::OK);
}

#[test]
fn a_scrape_without_credentials_is_told_how_to_show_them_whatever_it_asks() {
    let registry = Registry::new();
    let credentials =
        [Credentials::basic("user", "secret"), Credentials::bearer("token")].map(Result::unwrap);
    let service = MetricsService::new(&registry).accept_only(credentials);
    let uri = Uri::from_static("/metrics?name[]=%zz");
    for method in [Method::GET, Method::HEAD, Method::POST] {
        let response = answered(service.answer(&method, &uri, &HeaderMap::new(), false));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenges = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenges: Vec<_> = challenges.map(|challenge| challenge.to_str().unwrap()).collect();
        assert_eq!(challenges, ["Basic realm=\"metrics\", charset=\"UTF-8\"", "Bearer realm=\"metrics\""]);
    }
    let shown = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer token"))]);
    assert_eq!(get(&service, "/metrics", &shown).status(), StatusCode::OK);
    assert_eq!((scrapes(&registry, "unauthorized"), scrapes(&registry, "served")), (Some(3.0), Some(1.0)));
    assert!(!format!("{service:?}").contains("secret"));
    let closed = MetricsService::new(&registry).accept_only([]);
    assert_eq!(get(&closed, "/metrics", &shown).status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn a_scrape_that_collectors_keep_waiting_gets_503_whatever_the_runtime() {
    let registry = Registry::new();
    let (sender, blocked) = mpsc::channel::<Infallible>();
    let blocked = std::sync::Mutex::new(blocked);
    let wait = move || blocked.lock().unwrap().recv().map_or(1.0, |never| match never {});
    registry.gauge_fn("blocked", "Blocked.", wait).unwrap().keep();
    let service = MetricsService::new(&registry).max_in_flight(1);
    let headers = HeaderMap::from_iter(
        [("x-prometheus-scrape-timeout-seconds", "0.1")]
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))),
    );
    for _ in 0..2 {
        assert_eq!(get(&service, "/metrics", &headers).status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    drop(sender);
    assert!(text(&answered(ask(&service))).contains("\nblocked 1\n"));
    assert_eq!((scrapes(&registry, "timed_out"), scrapes(&registry, "served")), (Some(2.0), Some(1.0)));
}

#[test]
fn a_collector_that_panics_and_whose_destructor_panics_loses_its_families() {
    struct Bomb {
        collects: bool,
    }
    impl radiosonde_metrics::collect::Collector for Bomb {
        fn collect(&self, _: &mut radiosonde_metrics::collect::Collection) {
            // The scrape becomes its last owner.
            GUARD.lock().unwrap().take();
            if !self.collects {
                std::panic::resume_unwind(Box::new(()));
            }
        }
    }
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new(()));
        }
    }
    static GUARD: std::sync::Mutex<Option<radiosonde_metrics::collect::CollectorGuard>> =
        std::sync::Mutex::new(None);
    let registry = Registry::new();
    let service = MetricsService::new(&registry);
    for (collects, errors) in [(true, 1.0), (false, 2.0)] {
        *GUARD.lock().unwrap() = Some(registry.collect_while(Bomb { collects }));
        assert_eq!(answered(ask(&service)).status(), StatusCode::OK);
        let reason = [("reason", "panic")];
        let counted = registry.snapshot().value("radiosonde_metrics_collector_errors_total", &reason);
        assert_eq!(counted, Some(errors));
    }
}
