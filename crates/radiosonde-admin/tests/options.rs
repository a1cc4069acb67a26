//! Options from a configuration file.
#![cfg(all(feature = "levels", feature = "serde", feature = "tls"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use radiosonde_admin::{AdminOptions, Credentials, Health, LevelsOptions, Listener, MetricsOptions};
use radiosonde_log::{LevelReload, LogFilter};
use radiosonde_metrics::Registry;
use tower::ServiceExt as _;

/// The first line of the response to a request for this path, with a password.
fn status(listener: &Listener, path: &str) -> String {
    let mut connection = TcpStream::connect(listener.address()).unwrap();
    let authorization = "authorization: Basic YWRhOmh1bnRlcjI=";
    write!(connection, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{authorization}\r\n\r\n")
        .unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response.lines().next().unwrap().to_owned()
}

#[test]
fn every_setting_of_the_metrics_is_read_and_secrets_are_not_shown() {
    let file = r#"
        address = "127.0.0.1:0"
        path = "/internal/metrics"
        credentials = [{ basic = { user = "ada", password = "hunter2" } }, { bearer = "hunter2" }]
        max_in_flight = 4
    "#;
    let options: MetricsOptions = toml::from_str(file).unwrap();
    let shown = format!("{options:?}");
    assert!(!shown.contains("hunter2") && shown.contains("max_in_flight: Some(4)"), "{shown}");
    let service = options.service(&Registry::new());
    let listener = options.listen(service.clone()).unwrap().unwrap();
    assert_eq!(status(&listener, "/internal/metrics"), "HTTP/1.1 200 OK");
    assert_eq!(status(&listener, "/metrics"), "HTTP/1.1 404 Not Found");

    let file = format!("{file}\ntls = {{ certificate = \"no/such.pem\", key = \"key.pem\" }}");
    let options: MetricsOptions = toml::from_str(&file).unwrap();
    let error = options.listen(service.clone()).unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "cannot read no/such.pem");
    assert!(MetricsOptions::new().listen(service.clone()).unwrap().is_none());
}

#[test]
fn a_listener_is_where_the_first_options_that_speak_of_one_have_it() {
    let guide = r#"{ enabled = true, prometheus_port = 9090, metrics_path = "/internal" }"#;
    let read = |table: &str| toml::from_str::<Section>(&format!("monitoring = {table}")).unwrap().monitoring;
    let address = |options: MetricsOptions| options.listener_address().map(|address| address.to_string());
    assert_eq!(address(read(guide)).as_deref(), Some("127.0.0.1:9090"));
    assert_eq!(address(read("{ enabled = true }")).as_deref(), Some("127.0.0.1:9464"));
    assert_eq!(address(read("{ enabled = false, prometheus_port = 9090 }")), None);
    assert_eq!(address(read("{}")), None);
    let own = MetricsOptions::new().address(([0, 0, 0, 0], 80).into());
    assert_eq!(address(own.or(read(guide))).as_deref(), Some("0.0.0.0:80"));
    assert_eq!(address(MetricsOptions::new().enabled(false).or(read(guide))), None);
    assert_eq!(
        address(MetricsOptions::new().enabled(true).or(read(guide))).as_deref(),
        Some("127.0.0.1:9090")
    );
    assert_eq!(
        address(MetricsOptions::new().port(1).or(read("{ enabled = false }"))).as_deref(),
        Some("127.0.0.1:1")
    );
    let file = read(r#"{ address = "0.0.0.0:19100" }"#);
    assert_eq!(address(MetricsOptions::new().port(1).or(file.clone())).as_deref(), Some("0.0.0.0:1"));
    assert_eq!(
        address(MetricsOptions::new().host([10, 0, 0, 1].into()).or(file)).as_deref(),
        Some("10.0.0.1:19100")
    );
    let merged = format!("{:?}", MetricsOptions::new().port(1).or(read(guide)));
    assert!(merged.contains("port: Some(1)") && merged.contains("/internal"), "{merged}");
}

#[derive(serde::Deserialize)]
struct Section {
    monitoring: MetricsOptions,
}

#[tokio::test]
async fn every_setting_of_the_levels_is_read() {
    let file = r#"
        open_to_everybody = true
        default_ttl = "1h"
        maximum_ttl = "7s"
    "#;
    let (_filter, reload) = LevelReload::new(LogFilter::default());
    let put = || http::Request::put("/log/levels").body(axum::body::Body::from("debug")).unwrap();
    let options: LevelsOptions = toml::from_str(file).unwrap();
    assert_eq!(options.service(&reload).oneshot(put()).await.unwrap().status(), 200);
    assert_eq!(reload.expires_in().map(|left| left.as_secs() < 8), Some(true));

    let options: LevelsOptions = toml::from_str(&format!("{file}\ncredentials = []")).unwrap();
    assert_eq!(options.service(&reload).oneshot(put()).await.unwrap().status(), 401, "credentials win");
    let options = options.open_to_everybody();
    assert_eq!(options.service(&reload).oneshot(put()).await.unwrap().status(), 200, "the later call wins");
}

#[tokio::test]
async fn operators_are_read_and_credentials_win() {
    let health = Health::builder().registry(&Registry::new()).build();
    health.gate("warm", || Err("caches are being filled".to_owned()));
    let shown = async |options: &AdminOptions, token: &str| {
        let request = http::Request::get("/readyz").header("authorization", format!("Bearer {token}"));
        let request = request.body(axum::body::Body::empty()).unwrap();
        let answer = options.service().health(&health).oneshot(request).await.unwrap();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap().contains("caches are being filled")
    };
    let open: AdminOptions = toml::from_str("open_to_everybody = true").unwrap();
    assert!(shown(&open, "x").await);
    let both = "open_to_everybody = true\ncredentials = [{ bearer = \"root\" }]";
    let closed: AdminOptions = toml::from_str(both).unwrap();
    assert_eq!((shown(&closed, "x").await, shown(&closed, "root").await), (false, true));
    let code = AdminOptions::new().credentials([Credentials::bearer("code").unwrap()]);
    let code = code.or(open).or(closed);
    assert_eq!((shown(&code, "root").await, shown(&code, "code").await), (false, true));
    assert!(toml::from_str::<AdminOptions>("tokens = []").is_err());
}

#[test]
fn what_is_malformed_is_refused_with_the_name_of_the_field() {
    for (file, expected) in [
        ("adress = \"x\"", "unknown field `adress`"),
        ("address = \"localhost\"", "address"),
        ("credentials = [{ token = \"x\" }]", "expected a list of tables with bearer"),
        ("credentials = [{ basic = { user = \"a:b\", password = \"hunter2\" } }]", "colon"),
        ("tls = { certificate = \"a\" }", "missing field `key`"),
    ] {
        let error = toml::from_str::<MetricsOptions>(file).unwrap_err();
        assert!(error.to_string().contains(expected), "{file}: {error}");
    }
    let error = toml::from_str::<LevelsOptions>("default_ttl = 5").unwrap_err();
    assert!(error.to_string().contains("default_ttl"), "{error}");
    let options = MetricsOptions::new().address(([127, 0, 0, 1], 0).into()).path("metrics");
    let error = options.listen(options.service(&Registry::new())).unwrap_err();
    assert_eq!(
        error.source().unwrap().to_string(),
        "invalid path \"metrics\": expected one that starts with /"
    );
}
