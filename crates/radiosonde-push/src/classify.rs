use bytes::Bytes;
use http::Response;
use radiosonde_delivery::{Disposition, is_too_large, retry_after};

/// Classifies a response of a Pushgateway.
///
/// Source: <https://github.com/prometheus/pushgateway#api>, `handler/push.go`
pub(crate) fn classify_pushgateway(response: &Response<Bytes>, items: usize) -> Disposition {
    by_status(response, items, |_| Disposition::Drop {
        reason: "invalid",
        hint: "the metrics have timestamps, or conflict with those of another group; see the response",
    })
}

/// Classifies the response of a remote write receiver to a request of `items`.
///
/// Source: <https://prometheus.io/docs/specs/prw/remote_write_spec/#retries-backoff>: what is not 5xx or 429 is not repeated.
pub(crate) fn classify_remote_write(response: &Response<Bytes>, items: usize) -> Disposition {
    by_status(response, items, |text| {
        const REASONS: [(&str, &str); 5] = [
            ("out of order", "out_of_order"),
            ("duplicate sample", "duplicate_sample"),
            ("out of bounds", "out_of_bounds"),
            ("too old", "out_of_bounds"),
            ("label", "invalid_labels"),
        ];
        let reason =
            REASONS.iter().find(|(sign, _)| text.contains(sign)).map_or("invalid", |(_, reason)| reason);
        Disposition::Drop { reason, hint: "the receiver refuses these samples permanently" }
    })
}

fn by_status(response: &Response<Bytes>, items: usize, refused: fn(&str) -> Disposition) -> Disposition {
    let drop = |reason, hint| Disposition::Drop { reason, hint };
    match response.status().as_u16() {
        // Before the statuses: Prometheus responds with 400, and distributed receivers with 500.
        _ if is_too_large(response, items) => Disposition::Split,
        200..=299 => Disposition::DELIVERED,
        408 | 429 | 500..=599 => Disposition::Retry { after: retry_after(response.headers()) },
        400 => refused(&String::from_utf8_lossy(response.body())),
        401 | 403 => drop("unauthorized", "check the user, the password and the token of the push"),
        300..=399 => drop("wrong_address", "check the URL to push to; redirects are not followed"),
        404 | 405 => drop("wrong_address", "check the URL to push to, and that its server accepts pushes"),
        _ => Disposition::dropped("refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_pushgateway(response: &Response<Bytes>) -> Disposition {
        classify_pushgateway(response, 1)
    }

    fn of_remote_write(response: &Response<Bytes>) -> Disposition {
        classify_remote_write(response, 2)
    }

    fn answer(status: u16, body: &'static str) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status.try_into().unwrap();
        response
    }

    #[test]
    fn each_status_has_its_disposition() {
        for status in [200, 202, 204] {
            assert_eq!(of_pushgateway(&answer(status, "")), Disposition::DELIVERED);
            assert_eq!(of_remote_write(&answer(status, "")), Disposition::DELIVERED);
        }
        for status in [408, 429, 500, 503] {
            assert_eq!(of_remote_write(&answer(status, "")), Disposition::Retry { after: None });
        }
        for (status, text) in [
            (413, ""),
            (400, "snappy: decoded length 40000000 exceeds limit 33554432"),
            (
                500,
                "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5 vs. 4)",
            ),
        ] {
            assert_eq!(of_remote_write(&answer(status, text)), Disposition::Split, "{status}");
            assert_eq!(of_pushgateway(&answer(status, text)), Disposition::Split, "{status}");
        }
        for (status, text, expected) in [
            (400, "out of order sample", "out_of_order"),
            (400, "duplicate sample for timestamp", "duplicate_sample"),
            (400, "out of bounds", "out_of_bounds"),
            (400, "too old sample", "out_of_bounds"),
            (400, "invalid labels", "invalid_labels"),
            (400, "snappy: corrupt input", "invalid"),
            (401, "", "unauthorized"),
            (302, "", "wrong_address"),
            (404, "", "wrong_address"),
            (418, "", "refused"),
        ] {
            match of_remote_write(&answer(status, text)) {
                Disposition::Drop { reason, .. } => assert_eq!(reason, expected, "{text}"),
                other => panic!("{status}: {other:?}"),
            }
        }
        assert!(matches!(of_pushgateway(&answer(400, "x")), Disposition::Drop { reason: "invalid", .. }));
    }
}
