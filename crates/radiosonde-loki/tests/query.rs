//! The query client against a scripted Loki: what is asked, what is made of the answers, and of the bad ones.
#![cfg(feature = "query")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use radiosonde_core::Level;
use radiosonde_delivery::{
    HttpClientBuildError, HttpOptions, HttpOptionsError, Pem, RequestErrorKind, TlsOptions,
};
use radiosonde_loki::{Direction, LogQuery, LogQueryBuildError, QueryData, QueryError, TimeRange};
use radiosonde_testkit::{HttpFake, Reaction, RecordedRequest};

const T: u64 = 1_767_225_600_000_000_000;

fn at(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn range() -> TimeRange {
    TimeRange::between(at(T), at(T + 1000)).unwrap()
}

fn loki(fake: &HttpFake) -> LogQuery {
    LogQuery::builder(fake.url()).timeout(Duration::from_secs(20)).build().unwrap()
}

fn answering(body: &str) -> (HttpFake, LogQuery) {
    let fake = HttpFake::start([Reaction::status(200).body(body)]);
    let loki = loki(&fake);
    (fake, loki)
}

/// The parameters of a request, decoded.
fn parameters(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| radiosonde_core::decode_percent(text).unwrap();
    text.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn asked(request: &RecordedRequest) -> (String, Vec<(String, String)>) {
    let (path, query) = request.path().split_once('?').unwrap_or((request.path(), ""));
    (path.to_owned(), if query.is_empty() { Vec::new() } else { parameters(query) })
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const LINES: &str = r#"{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[
    {"stream":{"level":"ERROR","service_name":"orders"},"values":[
        ["1767225600000000003","{\"message\":\"c\"}",{"structuredMetadata":{"trace_id":"0af7651916cd43dd8448eb211c80319c"},"parsed":{"message":"c"}}],
        ["1767225600000000001","a",{}]]},
    {"stream":{},"values":[["1767225600000000002","b",{"structuredMetadata":{"detected_level":"warn"}}],["-7","old"]]}],
    "stats":{"summary":{"splits":2}}},"warnings":["approximate"]}"#;

#[test]
fn lines_of_all_streams_are_ordered_with_labels_and_metadata() {
    let (fake, loki) = answering(LINES);
    let query = loki.query_range(r#"{service_name="orders"} |= "a&b""#, range()).limit(7);
    let entries = query.direction(Direction::Forward).entries().wait().unwrap();
    let lines: Vec<_> = entries.iter().map(|entry| &*entry.line).collect();
    assert_eq!(lines, ["old", "a", "b", r#"{"message":"c"}"#]);
    let (last, third) = (&entries[3], &entries[2]);
    assert_eq!(last.timestamp(), at(T + 3));
    assert_eq!(entries[0].timestamp(), SystemTime::UNIX_EPOCH - Duration::from_nanos(7));
    assert_eq!(last.labels.to_string(), r#"{level="ERROR", service_name="orders"}"#);
    assert_eq!((last.level(), third.level()), (Some(Level::Error), Some(Level::Warn)));
    assert_eq!(last.trace_id().unwrap().to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(last.parsed.get("message"), Some("c"));
    assert_eq!(last.fields().unwrap().message(), Some("c"));
    assert!(entries[1].fields().is_err());

    let requests = fake.requests();
    let (path, parameters) = asked(&requests[0]);
    assert_eq!((requests[0].method(), &*path), ("GET", "/loki/api/v1/query_range"));
    let expected = [
        ("start", "1767225600000000000"),
        ("end", "1767225600000001000"),
        ("query", r#"{service_name="orders"} |= "a&b""#),
        ("limit", "7"),
        ("direction", "forward"),
    ];
    assert_eq!(parameters, pairs(&expected));
    assert_eq!(requests[0].header("x-loki-response-encoding-flags"), Some("categorize-labels"));
    assert_eq!(requests[0].header("x-scope-orgid"), None);
}

#[tokio::test(flavor = "current_thread")]
async fn by_default_the_newest_lines_come_first_and_a_future_can_be_awaited() {
    let (_fake, loki) = answering(LINES);
    let entries = loki.query_range("{}", range()).entries().await.unwrap();
    let times: Vec<_> = entries.iter().map(|entry| entry.unix_nanos).collect();
    assert!(times.is_sorted_by(|a, b| a > b) && times.len() == 4, "{times:?}");
    let answer = loki.query_range("{}", range()).send().await.unwrap();
    assert_eq!(answer.warnings, ["approximate".into()]);
    assert!(matches!(answer.data, QueryData::Lines(lines) if lines.len() == 4));
}

#[test]
fn numbers_come_as_numbers() {
    let matrix = r#"{"data":{"resultType":"matrix","result":[{"metric":{"level":"ERROR"},"values":[[1767225600,"2"],[1767225660.123,"NaN"]]}]}}"#;
    let (fake, loki) = answering(matrix);
    let query = loki.query_range("rate({}[1m])", range()).step(Duration::from_millis(1500));
    let series = query.series().wait().unwrap();
    assert_eq!((series.len(), series[0].labels.get("level")), (1, Some("ERROR")));
    assert_eq!((series[0].points[0].at, series[0].points[0].value), (at(T), 2.0));
    assert_eq!(series[0].points[1].at, at(T + 60_123_000_000));
    assert!(series[0].points[1].value.is_nan());
    assert!(asked(&fake.requests()[0]).1.contains(&("step".to_owned(), "1.5".to_owned())));

    let vector = r#"{"data":{"resultType":"vector","result":[{"metric":{},"value":[1767225600,"+Inf"]}]}}"#;
    let (fake, loki) = answering(vector);
    let samples = loki.query("sum(rate({}[1m]))").at(at(T + 1)).samples().wait().unwrap();
    assert_eq!((samples[0].point.value, samples[0].labels.is_empty()), (f64::INFINITY, true));
    let (path, parameters) = asked(&fake.requests()[0]);
    let expected = [("query", "sum(rate({}[1m]))"), ("time", "1767225600000000001")];
    assert_eq!((&*path, parameters), ("/loki/api/v1/query", pairs(&expected)));

    // The time of it is what Loki 3.7 sends.
    let (_fake, loki) = answering(r#"{"data":{"resultType":"scalar","result":[5915790254173,"2"]}}"#);
    assert_eq!(loki.query("1+1").scalar().wait().unwrap(), 2.0);
    let error = loki.query("1+1").samples().wait().unwrap_err();
    assert_eq!(error.to_string(), "the result of the query is one number: expected numbers at one time");
}

#[test]
fn labels_values_and_streams_are_listed() {
    let (fake, loki) = answering(r#"{"status":"success","data":["env","level"]}"#);
    assert_eq!(loki.labels(range()).wait().unwrap(), ["env".into(), "level".into()]);
    assert_eq!(loki.label_values("a/b", range()).wait().unwrap().len(), 2);
    let requests = fake.requests();
    let expected = pairs(&[("start", "1767225600000000000"), ("end", "1767225600000001000")]);
    assert_eq!(asked(&requests[0]), ("/loki/api/v1/labels".into(), expected.clone()));
    assert_eq!(asked(&requests[1]), ("/loki/api/v1/label/a%2Fb/values".into(), expected));

    let (_fake, loki) = answering(r#"{"status":"success"}"#);
    assert!(loki.label_values("nope", range()).wait().unwrap().is_empty());

    let (fake, loki) = answering(r#"{"status":"success","data":[{"env":"prod"}]}"#);
    let streams = loki.streams(&[r#"{env="prod"}"#, r#"{env="test"}"#], range()).wait().unwrap();
    assert_eq!(streams[0].to_string(), r#"{env="prod"}"#);
    let (path, parameters) = asked(&fake.requests()[0]);
    assert_eq!(path, "/loki/api/v1/series");
    assert_eq!(parameters[2..], pairs(&[("match[]", r#"{env="prod"}"#), ("match[]", r#"{env="test"}"#)]));
}

#[test]
fn errors_have_lokis_message_or_their_kind() {
    let parse = "parse error at line 1, col 15: syntax error: unexpected $end, expecting STRING\n";
    let failure = |reaction: Reaction| {
        let fake = HttpFake::start([reaction]);
        let loki =
            LogQuery::builder(fake.url()).timeout(Duration::from_millis(300)).max_response_bytes(10_000);
        loki.build().unwrap().query_range("{", range()).entries().wait().unwrap_err()
    };
    let refused = failure(Reaction::status(400).body(parse));
    assert_eq!(refused.to_string(), format!("loki answered 400: {}", parse.trim()));
    assert_eq!(refused.refusal().map(|refusal| refusal.message()), Some(parse.trim()));
    assert!(!refused.is_transient());
    assert!(failure(Reaction::status(429).body("too many outstanding requests")).is_transient());

    let kind = |error: QueryError| match error {
        QueryError::Request(error) => error.kind(),
        other => panic!("{other:?}"),
    };
    let after = Duration::from_millis(300);
    assert_eq!(kind(failure(Reaction::hang())), RequestErrorKind::Timeout { after });
    assert_eq!(kind(failure(Reaction::close())), RequestErrorKind::Broken);
    let long = Reaction::status(200).body(format!("{{\"data\":{{\"x\":\"{}\"}}}}", "x".repeat(10_000)));
    assert_eq!(kind(failure(long)), RequestErrorKind::TooLarge { limit_bytes: 10_000 });
    let nobody = LogQuery::builder(HttpFake::nobody()).build().unwrap();
    assert_eq!(kind(nobody.labels(range()).wait().unwrap_err()), RequestErrorKind::Connect);
}

#[test]
fn responses_that_are_not_lokis_are_malformed() {
    let bodies = [
        "",
        "<html>",
        "{}",
        r#"{"data":{"resultType":"tables","result":[]}}"#,
        r#"{"data":{"resultType":"streams","result":{}}}"#,
        r#"{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1.5","a"]]}]}}"#,
        r#"{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1"]]}]}}"#,
        r#"{"data":{"resultType":"streams","result":[{"stream":{"a":1},"values":[]}]}}"#,
        r#"{"data":{"resultType":"vector","result":[{"metric":{},"value":[1e300,"1"]}]}}"#,
        r#"{"data":{"resultType":"vector","result":[{"metric":{},"value":[-1,"1"]}]}}"#,
        r#"{"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"one"]}]}}"#,
    ];
    for body in bodies {
        let (_fake, loki) = answering(body);
        let error = loki.query_range("{}", range()).send().wait().unwrap_err();
        assert!(matches!(error, QueryError::Malformed(_)), "{body}: {error:?}");
        assert!(error.source().and_then(std::error::Error::source).is_some(), "{body}");
    }
    let (_fake, loki) = answering(r#"{"data":{"resultType":"streams","result":null}}"#);
    assert!(loki.query_range("{}", range()).entries().wait().unwrap().is_empty());
}

#[test]
fn compressed_responses_are_read_and_bounded() {
    let gzip = |plain: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain.as_bytes()).unwrap();
        Reaction::status(200).header("content-encoding", "gzip").body(encoder.finish().unwrap())
    };
    let long = format!(r#"{{"data":["{}"]}}"#, "x".repeat(100_000));
    let broken = Reaction::status(200).header("content-encoding", "gzip").body("no gzip");
    let fake = HttpFake::start([gzip(r#"{"data":["env"]}"#), gzip(&long), broken]);
    let loki = LogQuery::builder(fake.url()).max_response_bytes(10_000).build().unwrap();
    assert_eq!(loki.labels(range()).wait().unwrap(), ["env".into()]);
    let error = loki.labels(range()).wait().unwrap_err();
    let cause = error.source().and_then(std::error::Error::source).unwrap().to_string();
    assert_eq!(cause, "it is longer than the limit of 10000 bytes");
    assert!(matches!(loki.labels(range()).wait(), Err(QueryError::Malformed(_))));
    assert_eq!(fake.requests()[0].header("accept-encoding"), Some("gzip"));
}

#[test]
fn a_long_expression_is_posted_and_a_prefix_and_a_query_of_the_url_stay() {
    let fake = HttpFake::start([Reaction::status(200).body(LINES)]);
    let url = format!("{}/gate?key=1", fake.url());
    let loki = LogQuery::builder(&url).build().unwrap();
    let long = format!(r#"{{a="{}"}}"#, "ü".repeat(30_000));
    loki.query_range(&long, range()).entries().wait().unwrap();
    loki.query_range("{}", range()).entries().wait().unwrap();
    let requests = fake.requests();
    assert_eq!((requests[0].method(), requests[0].path()), ("POST", "/gate/loki/api/v1/query_range?key=1"));
    assert_eq!(requests[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    let form = parameters(std::str::from_utf8(requests[0].body()).unwrap());
    assert!(form.contains(&("query".to_owned(), long)));
    assert!(requests[1].path().starts_with("/gate/loki/api/v1/query_range?key=1&start="));
    let too_long = loki.label_values(&"x".repeat(70_000), range()).wait().unwrap_err();
    assert!(matches!(too_long, QueryError::TooLong { bytes } if bytes > 70_000), "{too_long:?}");
}

#[test]
fn the_builder_sends_the_tenant_and_refuses_invalid_settings() {
    let fake = HttpFake::start([Reaction::status(200).body(r#"{"data":[]}"#)]);
    let push = format!("{}/loki/api/v1/push/", fake.url());
    let builder = LogQuery::builder(&push).tenant("a|b");
    let http = HttpOptions::new().bearer_token("hunter2").header("X-Extra", "1");
    let builder = builder.http(http.clone());
    let loki = builder.build().unwrap();
    loki.labels(range()).wait().unwrap();
    let requests = fake.requests();
    let header = |name| requests[0].header(name);
    assert!(requests[0].path().starts_with("/loki/api/v1/labels?"));
    assert_eq!((header("x-scope-orgid"), header("x-extra")), (Some("a|b"), Some("1")));
    assert_eq!(header("authorization"), Some("Bearer hunter2"));
    assert!(!format!("{builder:?} {loki:?}").contains("hunter2"));

    assert!(matches!(LogQuery::builder("localhost").build(), Err(LogQueryBuildError::Endpoint(_))));
    assert!(matches!(builder.clone().tenant("a||b").build(), Err(LogQueryBuildError::Tenant(_))));
    let malformed = builder.clone().http(http.header("x y", "hunter2")).build().unwrap_err();
    let LogQueryBuildError::Client(HttpClientBuildError::Http(HttpOptionsError::Header(cause))) = &malformed
    else {
        panic!("{malformed}")
    };
    assert!(cause.name() == "x y" && !format!("{malformed:?}").contains("hunter2"));
    let tls = TlsOptions::new().ca(Pem::text("none"));
    let pem = LogQuery::builder("https://localhost").http(HttpOptions::new().tls(tls)).build().unwrap_err();
    assert!(
        matches!(pem, LogQueryBuildError::Client(HttpClientBuildError::Http(HttpOptionsError::Tls(_)))),
        "{pem:?}"
    );
}
