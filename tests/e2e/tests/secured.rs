//! The real Prometheus scrapes the listener over HTTPS, compressed, and only with credentials.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::Ipv4Addr;
use std::time::Duration;

use e2e::{Prometheus, ScrapeJob, wait_for};
use radiosonde_admin::{Credentials, MetricsOptions, Tls};
use radiosonde_metrics::Registry;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn prometheus_is_let_in_by_password_and_by_token_and_not_without() {
    let Some(prometheus) = Prometheus::start() else { return };
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, made.cert.pem()).unwrap();
    let tls = Tls::from_pem(made.cert.pem(), made.signing_key.serialize_pem());

    let registry = Registry::new();
    let family = registry.counter("orders_total", "Orders.").labels(&["shop"]).unwrap();
    (0..500).for_each(|shop: i32| family.with(&[&shop.to_string()]).inc());
    let accepted =
        [Credentials::basic("prometheus", "correct horse \u{e9}"), Credentials::bearer("b3Blbg==")];
    let options = MetricsOptions::new()
        .address((Ipv4Addr::LOCALHOST, 0).into())
        .tls(tls)
        .credentials(accepted.map(Result::unwrap));
    let listener = options.listen(options.service(&registry)).unwrap().unwrap();

    let job = |name: &str| ScrapeJob::new(name, listener.address()).https(&trusted);
    prometheus.scrape(&job("password").basic_auth("prometheus", "correct horse \u{e9}"));
    prometheus.scrape(&job("token").bearer("b3Blbg==").families(&["orders_total"]));
    prometheus.scrape(&job("stranger").bearer("d3Jvbmc="));
    prometheus.wait_until_up("password", SOON);
    prometheus.wait_until_up("token", SOON);
    for job in ["password", "token"] {
        let shops = wait_for("the shops", SOON, || {
            let shops = prometheus.value(&format!("sum(orders_total{{job=\"{job}\"}})"))?;
            Ok(shops.ok_or("none")?)
        });
        assert_eq!(shops, 500.0, "{job}");
    }
    let others = "count({job=\"token\", __name__=~\"radiosonde_.*\"}) or vector(0)";
    assert_eq!(prometheus.value(others).unwrap(), Some(0.0), "only what was asked for by name");

    let error = wait_for("a refusal", SOON, || {
        let targets = prometheus.targets()?;
        let stranger = targets.into_iter().find(|target| target.job() == "stranger").ok_or("no target")?;
        if stranger.health == "down" { Ok(stranger.last_error) } else { Err("not scraped yet".into()) }
    });
    assert!(error.contains("401"), "{error}");

    let snapshot = registry.snapshot();
    let scrapes = |outcome| snapshot.value("radiosonde_metrics_scrapes_total", &[("outcome", outcome)]);
    assert!(scrapes("unauthorized") >= Some(1.0) && scrapes("handshake").is_none());
    let served = scrapes("served").unwrap() + scrapes("shared").unwrap_or_default();
    let sent = snapshot.value("radiosonde_metrics_scrape_sent_bytes_total", &[]).unwrap();
    // Prometheus asks for gzip.
    assert!(sent / served < registry.text().len() as f64 / 3.0, "{sent} bytes in {served} answers");
}
