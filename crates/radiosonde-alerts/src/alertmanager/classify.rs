use bytes::Bytes;
use http::Response;
use radiosonde_delivery::{Disposition, is_too_large, retry_after};

/// Classifies the response to a request of `items` alerts.
///
/// Source: `api/v2/api.go` of Alertmanager: a 400 names the alerts that are invalid, and the valid ones are stored. Posting an alert
/// twice does no harm, so halves are posted until each invalid alert stands alone.
pub(super) fn classify(response: &Response<Bytes>, items: usize) -> Disposition {
    let drop = |reason, hint| Disposition::Drop { reason, hint };
    match response.status().as_u16() {
        200..=299 => Disposition::DELIVERED,
        _ if is_too_large(response, items) => Disposition::Split,
        408 | 429 | 500..=599 => Disposition::Retry { after: retry_after(response.headers()) },
        400 | 422 if items > 1 => Disposition::Split,
        400 | 422 => drop("invalid", "a label's name or value is refused; see the response"),
        401 | 403 => drop("unauthorized", "check the user, the password and the token of alertmanager"),
        300..=399 => drop("wrong_address", "check the URL of alertmanager; redirects are not followed"),
        404 | 405 => drop(
            "wrong_address",
            "check the URL of alertmanager, with the prefix of --web.route-prefix if it has one",
        ),
        _ => Disposition::dropped("refused"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(status: u16, items: usize) -> Disposition {
        classify(&Response::builder().status(status).body(Bytes::new()).unwrap(), items)
    }

    #[test]
    fn each_status_has_its_disposition() {
        for status in [200, 202, 204] {
            assert_eq!(of(status, 2), Disposition::DELIVERED);
        }
        for status in [408, 429, 500, 502, 503] {
            assert_eq!(of(status, 2), Disposition::Retry { after: None }, "{status}");
        }
        for status in [400, 413, 422] {
            assert_eq!(of(status, 2), Disposition::Split, "{status}");
        }
        for (status, expected) in [
            (400, "invalid"),
            (422, "invalid"),
            (401, "unauthorized"),
            (403, "unauthorized"),
            (301, "wrong_address"),
            (404, "wrong_address"),
            (405, "wrong_address"),
            (418, "refused"),
        ] {
            match of(status, 1) {
                Disposition::Drop { reason, .. } => assert_eq!(reason, expected, "{status}"),
                other => panic!("{status}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_wait_that_alertmanager_asks_for_is_kept() {
        let response = Response::builder().status(503).header("retry-after", "7").body(Bytes::new()).unwrap();
        assert_eq!(classify(&response, 1), Disposition::Retry { after: Some(Duration::from_secs(7)) });
    }
}
