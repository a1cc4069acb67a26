//! What a Pushgateway is sent.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_delivery::{Delivery, HttpOptions, HttpOptionsError, Retry, SinkError, SinkOptions};
use radiosonde_metrics::Registry;
use radiosonde_push::{InvalidGroupingKind, PushBuildError, PushgatewayOptions};
use radiosonde_testkit::{HttpFake, Reaction};

const DEADLINE: Duration = Duration::from_secs(20);

fn registry() -> Registry {
    let registry = Registry::new();
    registry.counter("rows_total", "Rows.").labels(&["table"]).unwrap().with(&["a\"b"]).inc_by(3);
    registry
}

#[test]
fn a_job_that_ends_pushes_its_last_values() {
    let gateway = HttpFake::start([]);
    let registry = registry();
    let options =
        PushgatewayOptions::new(gateway.url()).job("load").grouping("shard", "7").grouping("dir", "/srv");
    let push =
        options.http(HttpOptions::new().basic_auth("user", "secret")).registry(&registry).start().unwrap();
    push.push();
    registry.gauge("done", "Done.").build().unwrap().set(1.0);
    let report = push.finish_blocking(DEADLINE);
    assert_eq!(report.to_string(), "pushgateway: 2 produced, 2 delivered, 0 dropped, 0 left");

    let requests = gateway.requests();
    assert_eq!(requests.len(), 2, "each push is a request of its own");
    for request in &requests {
        assert_eq!(request.method(), "PUT");
        assert_eq!(request.path(), "/metrics/job/load/shard/7/dir@base64/L3Nydg==");
        assert_eq!(request.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(request.header("authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
    }
    let body = |at: usize| String::from_utf8(requests[at].body().to_vec()).unwrap();
    assert!(body(0).contains("rows_total{table=\"a\\\"b\"} 3\n") && !body(0).contains("\ndone "));
    assert!(body(1).contains("\ndone 1\n"), "{}", body(1));
}

#[test]
fn a_group_is_replaced_added_to_and_deleted() {
    let gateway = HttpFake::start([]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let group =
        PushgatewayOptions::new(gateway.url()).job("load").registry(&registry()).build(&delivery).unwrap();
    group.replace();
    group.add();
    group.delete();
    assert_eq!(delivery.shutdown_blocking(DEADLINE).delivered(), 3);
    let requests = gateway.requests();
    let methods: Vec<_> = requests.iter().map(|request| request.method()).collect();
    assert_eq!(methods, ["PUT", "POST", "DELETE"]);
    assert!(requests[2].body().is_empty() && !requests[1].body().is_empty());
}

#[test]
fn the_prefix_of_a_groups_path_in_the_url_is_not_doubled() {
    for (given, path) in [
        ("/metrics", "/metrics/job/load"),
        ("/metrics/", "/metrics/job/load"),
        ("/metrics/job/", "/metrics/job/load"),
        ("/gate/metrics/job", "/gate/metrics/job/load"),
        ("/job", "/job/metrics/job/load"),
        ("/gate/?key=1", "/gate/metrics/job/load?key=1"),
    ] {
        let gateway = HttpFake::start([]);
        let options = PushgatewayOptions::new(format!("{}{given}", gateway.url())).job("load");
        options.registry(&registry()).start().unwrap().finish_blocking(DEADLINE);
        assert_eq!(gateway.requests()[0].path(), path, "{given}");
    }
}

#[test]
fn requests_are_retried_when_the_gateway_is_busy_but_not_when_refused() {
    let gateway = HttpFake::start([Reaction::status(503), Reaction::status(202), Reaction::status(400)]);
    let ms = Duration::from_millis(1);
    let options = SinkOptions::new("gateway").batch_items(100).retry(Retry::new().base(ms).cap(ms));
    let push = PushgatewayOptions::new(gateway.url())
        .job("load")
        .registry(&registry())
        .sink(options)
        .start()
        .unwrap();
    push.push();
    let report = push.finish_blocking(DEADLINE);
    assert_eq!(report.to_string(), "gateway: 2 produced, 1 delivered, 1 dropped (invalid 1), 0 left");
    assert_eq!(gateway.requests()[0].body(), gateway.requests()[1].body());
}

#[test]
fn settings_that_the_gateway_would_refuse_are_refused_by_build() {
    let url = "http://127.0.0.1:9091/prefix/";
    let options = || PushgatewayOptions::new(url).registry(&Registry::new()).job("a");
    let kind = |error| match error {
        PushBuildError::Grouping(invalid) => Some(invalid.kind()),
        _ => None,
    };
    assert_eq!(kind(options().job("").start().unwrap_err()), Some(InvalidGroupingKind::EmptyJob));
    assert_eq!(kind(options().grouping("a-b", "c").start().unwrap_err()), Some(InvalidGroupingKind::Name));
    assert_eq!(
        kind(options().grouping("job", "c").start().unwrap_err()),
        Some(InvalidGroupingKind::Duplicate)
    );
    for name in ["a b", "content-length", "content-encoding"] {
        let refused = options().http(HttpOptions::new().header(name, "3")).start();
        let is_header =
            matches!(&refused, Err(PushBuildError::Sink(SinkError::Http(HttpOptionsError::Header(_)))));
        assert!(is_header, "{name}");
    }
    let error =
        PushgatewayOptions::new("127.0.0.1:9091").job("a").registry(&Registry::new()).start().unwrap_err();
    assert!(matches!(error, PushBuildError::Endpoint(_)), "{error}");
    let secret = format!("{:?}", options().http(HttpOptions::new().bearer_token("s3cret")));
    assert!(!secret.contains("s3cret"), "{secret}");
}

// prometheus: its push panics inside a runtime (tikv/rust-prometheus#342, #367, #453).
#[test]
fn it_works_within_a_runtime_and_without_one() {
    let gateway = HttpFake::start([]);
    let push = PushgatewayOptions::new(gateway.url()).job("load").registry(&registry()).start().unwrap();
    let mut finish = std::pin::pin!(push.finish(DEADLINE));
    let waker = std::task::Waker::noop();
    let report = loop {
        match finish.as_mut().poll(&mut std::task::Context::from_waker(waker)) {
            std::task::Poll::Ready(report) => break report,
            std::task::Poll::Pending => std::thread::yield_now(),
        }
    };
    assert_eq!((report.delivered(), report.left()), (1, 0));
}
