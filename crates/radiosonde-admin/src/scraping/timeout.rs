use std::time::Duration;

use http::HeaderMap;

/// The scraper's own timeout, in seconds.
///
/// Source: `scrape_timeout` in <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config>, which is sent in
/// this header.
const HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// What Prometheus waits for by default.
const DEFAULT: f64 = 10.0;
/// No request stays in flight for longer.
const LONGEST: f64 = 600.0;
/// Kept for the response to arrive before the scraper gives up.
const FOR_THE_RESPONSE: f64 = 0.5;

/// How long a scrape with these headers waits for its gathering.
pub(crate) fn scrape_timeout(headers: &HeaderMap) -> Duration {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
    let timeout = given.filter(|seconds| *seconds > 0.0).map_or(DEFAULT, |seconds| seconds.min(LONGEST));
    Duration::from_secs_f64((timeout - FOR_THE_RESPONSE).max(timeout / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_is_answered_before_prometheus_gives_up() {
        let cases = [
            (None, 9.5),
            (Some("10"), 9.5),
            (Some("60.000000"), 59.5),
            (Some("1"), 0.5),
            (Some("0.25"), 0.125),
            (Some("1e300"), 599.5),
            (Some("inf"), 599.5),
            (Some("0"), 9.5),
            (Some("-1"), 9.5),
            (Some("NaN"), 9.5),
            (Some("soon"), 9.5),
        ];
        for (header, seconds) in cases {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(HEADER, http::HeaderValue::from_static(header));
            }
            assert_eq!(scrape_timeout(&headers), Duration::from_secs_f64(seconds), "{header:?}");
        }
    }
}
