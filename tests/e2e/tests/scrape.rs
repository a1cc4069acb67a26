//! Prometheus takes what a service exposes, in both formats and without a word, and counts what was sent.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use e2e::{Example, Prometheus, Promtool, QueryError, ScrapeJob, wait_for};
use ureq::Agent;

const SOON: Duration = Duration::from_secs(30);

/// Method, path and body of a request, how often it is sent, and the endpoint and status it is counted under.
const REQUESTS: [(&str, &str, &str, u32, &str, u16); 10] = [
    ("GET", "/stations/1", "", 7, "/stations/{id}", 200),
    ("GET", "/stations/2?units=feet", "", 2, "/stations/{id}", 200),
    ("GET", "/stations/9", "", 3, "/stations/{id}", 404),
    ("GET", "/stations/x", "", 1, "/stations/{id}", 400),
    ("DELETE", "/stations/1", "", 2, "/stations/{id}", 405),
    ("GET", "/forecast?hours=5", "", 4, "/forecast", 200),
    ("POST", "/readings", r#"{"sensor":"barometer","value":1013.2}"#, 5, "/readings", 201),
    ("POST", "/readings", r#"{"sensor":"hygrometer","value":40}"#, 2, "/readings", 500),
    ("GET", "/no/such/page", "", 1, "_unmatched", 404),
    ("GET", "/nor/this", "", 1, "_unmatched", 404),
];

/// Requests whose client hangs up before the answer.
const GIVEN_UP: u32 = 3;

#[test]
fn prometheus_text_is_scraped_without_a_word_and_counts_what_was_sent() {
    let exemplars = exemplars_of_a_scrape_as("PrometheusText0.0.4");
    assert!(exemplars.is_none_or(|exemplars| exemplars == 0), "this format has none");
}

#[test]
fn open_metrics_is_scraped_without_a_word_and_counts_what_was_sent() {
    let exemplars = exemplars_of_a_scrape_as("OpenMetricsText1.0.0");
    assert!(exemplars.is_none_or(|exemplars| exemplars > 0), "this format has them");
}

/// How many exemplars Prometheus has at the end, so that it is seen which format it got; `None` without a Prometheus.
fn exemplars_of_a_scrape_as(protocol: &str) -> Option<usize> {
    let prometheus = Prometheus::start()?;
    let quickstart = Quickstart::start();
    quickstart.send_all();

    prometheus.scrape(&ScrapeJob::new("service", &quickstart.address).protocols([protocol]));
    prometheus.wait_until_up("service", SOON);
    let (requests, durations) = expected();
    // The last of the requests that were given up may be counted after the first scrape.
    wait_for("every request in Prometheus", SOON, || {
        let found = counts(&prometheus, "http_requests_total", ["method", "endpoint", "status"])?;
        if found == requests { Ok(()) } else { Err(format!("{found:#?}").into()) }
    });
    let found =
        counts(&prometheus, "http_request_duration_seconds_count", ["method", "endpoint", ""]).unwrap();
    assert_eq!(found, durations);
    let infinite = r#"http_request_duration_seconds_bucket{le="+Inf"}"#;
    assert_eq!(counts(&prometheus, infinite, ["method", "endpoint", ""]).unwrap(), durations);
    assert_eq!(prometheus.value("sum(http_requests_in_flight)").unwrap(), Some(0.0));
    let stored = r#"readings_stored_total{sensor="barometer",plausible="true"}"#;
    assert_eq!(prometheus.value(stored).unwrap(), Some(5.0));
    assert_eq!(
        prometheus.value("process_open_fds > 0 and process_max_fds > 0").unwrap().map(|_| ()),
        Some(())
    );

    let exemplars = prometheus.query_exemplars(r#"{job="service"}"#).unwrap();
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
    assert!(quickstart.example.end().status.success());
    Some(exemplars.len())
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics_of_the_quickstart() {
    let Some(promtool) = Promtool::find() else { return };
    let quickstart = Quickstart::start();
    quickstart.send_all();
    let text = text_of(&quickstart.address);
    assert!(text.contains("http_requests_total{"), "{text}");
    assert_eq!(promtool.check_metrics(&text), Ok(()));
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics_of_the_shop() {
    let Some(promtool) = Promtool::find() else { return };
    let shop = Example::start("shop", &["--base-port", "0"], &[]);
    for (service, metric) in [
        ("gateway", "user_signups_total{service=\"gateway\"} "),
        ("orders", "orders_created_total{method=\"card\",service=\"orders\"} "),
        ("orders", "database_connections_max{pool=\"orders\",service=\"orders\"} "),
        (
            "orders",
            "database_query_duration_seconds_count{database=\"orders\",operation=\"insert_order\",service=\"orders\"} ",
        ),
        ("payments", "payments_processed_total{service=\"payments\",status=\"approved\"} "),
        (
            "payments",
            "dependency_errors_total{dependency=\"provider\",kind=\"declined\",operation=\"charge_payment\",\
             service=\"payments\"} ",
        ),
        ("payments", "queue_depth{queue=\"payments\",service=\"payments\"} "),
        (
            "payments",
            "tasks_total{service=\"payments\",state=\"completed\",task=\"process_payment\",worker=\"payments\"} ",
        ),
        ("orders", "cache_hits_total{cache=\"orders\",service=\"orders\"} "),
    ] {
        let rest = shop.says(&format!("{service}: http://"));
        let address = rest.split_once(',').unwrap().0;
        let text = wait_for(metric, SOON, || {
            let text = text_of(address);
            if text.contains(metric) { Ok(text) } else { Err(text.into()) }
        });
        assert_eq!(promtool.check_metrics(&text), Ok(()), "{service}");
    }
}

/// The quickstart, which is sent requests from here.
struct Quickstart {
    example: Example,
    address: String,
}

impl Quickstart {
    fn start() -> Self {
        let example = Example::start("quickstart", &["--listen", "127.0.0.1:0", "--no-traffic"], &[]);
        let metrics = example.says("metrics     http://");
        Self { address: metrics.strip_suffix("/metrics").unwrap().to_owned(), example }
    }

    fn send_all(&self) {
        let agent = agent();
        for (method, path, body, times, _, status) in REQUESTS {
            for _ in 0..times {
                let request = ureq::http::Request::builder()
                    .method(method)
                    .uri(format!("http://{}{path}", self.address))
                    .header("content-type", "application/json")
                    .body(body)
                    .unwrap();
                let mut answer = agent.run(request).unwrap();
                assert_eq!(answer.status().as_u16(), status, "{method} {path}");
                // To its last byte: a body that is dropped before is a request that was given up.
                answer.body_mut().read_to_vec().unwrap();
            }
        }
        for _ in 0..GIVEN_UP {
            let mut connection = TcpStream::connect(&self.address).unwrap();
            connection.write_all(b"GET /forecast?hours=240 HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
            wait_for("the request to be under way", SOON, || {
                let text = text_of(&self.address);
                let under_way = text.contains("http_requests_in_flight{endpoint=\"/forecast\"} 1\n");
                if under_way { Ok(()) } else { Err("not there".into()) }
            });
            drop(connection);
            wait_for("the request to be given up", SOON, || {
                let text = text_of(&self.address);
                let over = text.contains("http_requests_in_flight{endpoint=\"/forecast\"} 0\n");
                if over { Ok(()) } else { Err("under way".into()) }
            });
        }
    }
}

/// Values by labels.
type Counts = BTreeMap<[String; 3], f64>;

/// What Prometheus is to know of the requests, and of their durations.
fn expected() -> (Counts, Counts) {
    let (mut requests, mut durations) = (Counts::new(), Counts::new());
    let given_up = ("GET", "/forecast?hours=240", "", GIVEN_UP, "/forecast", 499);
    for (method, _, _, times, endpoint, status) in REQUESTS.into_iter().chain([given_up]) {
        let labels = |last: String| [method.to_owned(), endpoint.to_owned(), last];
        *requests.entry(labels(status.to_string())).or_default() += f64::from(times);
        *durations.entry(labels(String::new())).or_default() += f64::from(times);
    }
    (requests, durations)
}

fn counts(prometheus: &Prometheus, metric: &str, labels: [&str; 3]) -> Result<Counts, QueryError> {
    let samples = prometheus.query(metric)?;
    // Without the zeros that routes begin with.
    Ok(samples
        .iter()
        .filter(|sample| sample.value > 0.0)
        .map(|sample| (labels.map(|name| sample.label(name).to_owned()), sample.value))
        .collect())
}

/// `/metrics` as Prometheus text.
fn text_of(address: &str) -> String {
    let mut answer = agent().get(format!("http://{address}/metrics")).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    answer.body_mut().read_to_string().unwrap()
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}
