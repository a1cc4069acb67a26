use std::time::Duration;

use http::HeaderMap;

/// How long a scrape is gathered at most, by what Prometheus says of its own timeout.
///
/// Source: `scrape_timeout` in <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config>, which is sent in
/// this header.
const HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// What Prometheus waits for by default.
const DEFAULT: f64 = 10.0;
/// No request holds a place among those in flight for longer.
const LONGEST: f64 = 600.0;
/// So that the answer arrives before the scraper gives up.
const FOR_THE_ANSWER: f64 = 0.5;

/// How long a scrape with these headers waits for its answer to be made.
pub(crate) fn patience(headers: &HeaderMap) -> Duration {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
    let timeout = given.filter(|seconds| *seconds > 0.0).map_or(DEFAULT, |seconds| seconds.min(LONGEST));
    Duration::from_secs_f64((timeout - FOR_THE_ANSWER).max(timeout / 2.0))
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
            assert_eq!(patience(&headers), Duration::from_secs_f64(seconds), "{header:?}");
        }
    }
}
