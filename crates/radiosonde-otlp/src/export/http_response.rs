use bytes::Bytes;
use http::Response;
use radiosonde_delivery::{Disposition, is_too_large, retry_after};

use crate::export::partial_success::accepted;
use crate::export::signal::Signal;

/// Classifies a collector's response to a request of `items`.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>. Four statuses may be
/// retried. A request that is too large is not among them, but its halves are new requests.
pub(super) fn classify(response: &Response<Bytes>, items: usize, signal: Signal) -> Disposition {
    let drop = |reason, hint| Disposition::Drop { reason, hint };
    match response.status().as_u16() {
        // Before the statuses: the collector responds with 400, and Loki with 503 if its own gRPC is involved.
        _ if is_too_large(response, items) => Disposition::Split,
        200..=299 => accepted(response.body().clone(), signal),
        429 | 502 | 503 | 504 => Disposition::Retry { after: retry_after(response.headers()) },
        401 | 403 => drop("unauthorized", "check the headers of the OTLP sink"),
        300..=399 => drop("wrong_address", "check the endpoint of the OTLP sink; redirects are not followed"),
        404 | 405 => drop("wrong_address", signal.wrong_address),
        415 => drop("refused", "the endpoint does not accept protobuf, or not with this compression"),
        _ => Disposition::dropped("refused"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prost::Message as _;

    use super::*;
    use crate::export::signal::{LOGS, TRACES};
    use crate::proto::{ExportResponse, PartialSuccess};

    fn disposition(status: u16, body: impl Into<Bytes>) -> Disposition {
        classify(&Response::builder().status(status).body(body.into()).unwrap(), 2, TRACES)
    }

    fn partial(rejected: i64) -> Disposition {
        let partial_success = Some(PartialSuccess { rejected, error_message: "too old".into() });
        disposition(200, ExportResponse { partial_success }.encode_to_vec())
    }

    #[test]
    fn only_four_statuses_are_retried() {
        let again: Vec<_> = (300..600)
            .filter(|&status| matches!(disposition(status, ""), Disposition::Retry { .. }))
            .collect();
        assert_eq!(again, [429, 502, 503, 504]);
        let grpc =
            "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5 vs. 4)";
        for (status, text) in [(413, ""), (400, "http: request body too large"), (503, grpc)] {
            assert_eq!(disposition(status, text), Disposition::Split, "{status}");
        }
        for (status, wanted) in
            [(401, "unauthorized"), (404, "wrong_address"), (308, "wrong_address"), (500, "refused")]
        {
            assert!(
                matches!(disposition(status, ""), Disposition::Drop { reason, .. } if reason == wanted),
                "{status}"
            );
        }
    }

    #[test]
    fn a_retry_after_is_passed_on() {
        let response = Response::builder().status(503).header("retry-after", "3").body(Bytes::new()).unwrap();
        assert_eq!(classify(&response, 2, LOGS), Disposition::Retry { after: Some(Duration::from_secs(3)) });
    }

    #[test]
    fn partial_success_is_counted() {
        assert_eq!(partial(3), Disposition::Delivered { rejected: 3, reason: "partial_success" });
        for answer in [disposition(200, ""), disposition(202, "<html>"), partial(0), partial(-1)] {
            assert!(matches!(answer, Disposition::Delivered { rejected: 0, .. }), "{answer:?}");
        }
    }
}
