use bytes::Bytes;
use http::{Response, StatusCode};
use radiosonde_delivery::{Disposition, is_too_large, retry_after};

/// Classifies a response of Loki, or of a gateway in front of it, to a push of `items`.
///
/// Source: <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs> and Loki's `pkg/validation`.
pub(super) fn classify(response: &Response<Bytes>, items: usize) -> Disposition {
    let drop = |reason, hint| Disposition::Drop { reason, hint };
    match response.status().as_u16() {
        // Before the statuses: Loki responds with 500 beyond the limit of its own gRPC.
        _ if is_too_large(response, items) => Disposition::Split,
        200 | 204 => Disposition::DELIVERED,
        // Loki has discarded the lines and must not get them again.
        260 => drop("ingestion_blocked", "ingestion is blocked for this tenant in Loki's limits"),
        408 | 429 | 500..=599 => Disposition::Retry { after: retry_after(response.headers()) },
        400 => refused(&String::from_utf8_lossy(response.body())),
        401 | 403 => drop("unauthorized", "check the tenant, the user and the token of the Loki sink"),
        300..=399 => drop("wrong_address", "check the URL of the Loki sink; redirects are not followed"),
        404 | 405 => drop("wrong_address", "check the URL of the Loki sink"),
        _ => Disposition::dropped("refused"),
    }
}

/// Whether Loki refuses structured metadata, because `allow_structured_metadata` is off.
pub(super) fn refuses_metadata(response: &Response<Bytes>) -> bool {
    response.status() == StatusCode::BAD_REQUEST
        && String::from_utf8_lossy(response.body())
            .contains("includes structured metadata, but this feature is disallowed")
}

/// A 400 is never retried. Loki stores the valid entries of the request. If it reports the number of the others, that number is
/// counted as dropped, otherwise all.
fn refused(text: &str) -> Disposition {
    let reason = reason(text);
    match ignored(text) {
        Some(rejected) if rejected > 0 => Disposition::Delivered { rejected, reason },
        _ => Disposition::dropped(reason),
    }
}

/// The reason, named as in Loki's `loki_discarded_samples_total` if possible.
fn reason(text: &str) -> &'static str {
    const REASONS: [(&str, &str); 10] = [
        ("too far behind", "too_far_behind"),
        ("out of order", "out_of_order"),
        ("timestamp too old", "greater_than_max_sample_age"),
        ("timestamp too new", "too_far_in_future"),
        ("max entry size", "line_too_long"),
        ("structured metadata", "structured_metadata"),
        ("missing required labels", "missing_enforced_labels"),
        ("label", "invalid_labels"),
        ("no org id", "no_tenant"),
        ("ingestion blocked", "ingestion_blocked"),
    ];
    // Versions of Loki differ in case.
    let text = text.to_ascii_lowercase();
    REASONS.iter().find(|(sign, _)| text.contains(sign)).map_or("invalid", |&(_, reason)| reason)
}

/// The sum over all streams of `total ignored: 3 out of 5 for stream: {..}`.
fn ignored(text: &str) -> Option<u64> {
    let counts = text.split("total ignored: ").skip(1).filter_map(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u64>().ok()
    });
    counts.reduce(u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn disposition(status: u16, body: &'static str) -> Disposition {
        classify(&Response::builder().status(status).body(Bytes::from(body)).unwrap(), 2)
    }

    fn reason_of(disposition: Disposition) -> &'static str {
        match disposition {
            Disposition::Drop { reason, .. } | Disposition::Delivered { reason, .. } => reason,
            other => panic!("{other:?} has no reason"),
        }
    }

    #[test]
    fn each_status_has_its_disposition() {
        for status in [200, 204] {
            assert_eq!(disposition(status, ""), Disposition::DELIVERED);
        }
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert_eq!(disposition(status, ""), Disposition::Retry { after: None }, "{status}");
        }
        let grpc =
            "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5 vs. 4)";
        for (status, text) in [(413, ""), (500, grpc), (429, grpc)] {
            assert_eq!(disposition(status, text), Disposition::Split, "{status}");
        }
        let dropped = [
            (260, "ingestion_blocked"),
            (301, "wrong_address"),
            (307, "wrong_address"),
            (404, "wrong_address"),
            (401, "unauthorized"),
            (403, "unauthorized"),
            (422, "refused"),
            (400, "invalid"),
        ];
        for (status, reason) in dropped {
            assert_eq!(reason_of(disposition(status, "")), reason, "{status}");
        }
    }

    #[test]
    fn a_retry_after_is_passed_on() {
        let response = Response::builder().status(429).header("retry-after", "3").body(Bytes::new()).unwrap();
        assert_eq!(classify(&response, 2), Disposition::Retry { after: Some(Duration::from_secs(3)) });
    }

    #[test]
    fn the_texts_of_lokis_refusals_are_distinguished() {
        // The messages of Loki's pkg/validation/validate.go and pkg/chunkenc, with values filled in.
        let cases = [
            (
                "entry for stream '{a=\"b\"}' has timestamp too old: 2020, oldest acceptable timestamp is: 2026",
                "greater_than_max_sample_age",
            ),
            ("entry for stream '{a=\"b\"}' has timestamp too new: 2030", "too_far_in_future"),
            (
                "Max entry size '262144' bytes exceeded for stream '{a=\"b\"}' while adding an entry with length '3' bytes",
                "line_too_long",
            ),
            (
                "stream '{a=\"b\"}' has too many structured metadata labels: '200', limit: '128'.",
                "structured_metadata",
            ),
            ("error at least one label pair is required per stream", "invalid_labels"),
            ("entry for stream '{a=\"b\"}' has 17 label names; limit 15", "invalid_labels"),
            ("missing required labels env for user fake for stream {a=\"b\"}", "missing_enforced_labels"),
            ("no org id", "no_tenant"),
            ("something new", "invalid"),
        ];
        for (text, reason) in cases {
            assert_eq!(reason_of(disposition(400, text)), reason, "{text}");
        }
    }

    #[test]
    fn ignored_entries_are_counted_and_the_rest_is_delivered() {
        let text = "entry with timestamp 2026 ignored, reason: 'entry too far behind, entry timestamp is: 2026',\n\
                    user 'fake', total ignored: 2 out of 5 for stream: {a=\"b\"}\n\
                    user 'fake', total ignored: 1 out of 1 for stream: {a=\"c\"}";
        assert_eq!(disposition(400, text), Disposition::Delivered { rejected: 3, reason: "too_far_behind" });
    }
}
