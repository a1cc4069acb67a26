use bytes::Bytes;
use http::Response;
use prost::Message;
use radiosonde_core::diagnostics;
use radiosonde_delivery::{Disposition, is_too_large, retry_after};

use crate::export::signal::Signal;
use crate::proto::ExportResponse;

/// Classifies a collector's response to a request of `items`.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>. Four statuses may be
/// retried. A request that is too large is not among them, but its halves are new requests.
pub(crate) fn classify(response: &Response<Bytes>, items: usize, signal: Signal) -> Disposition {
    let drop = |reason, hint| Disposition::Drop { reason, hint };
    match response.status().as_u16() {
        // Before the statuses: the collector responds with 400, and Loki with 503 if its own gRPC is involved.
        _ if is_too_large(response, items) => Disposition::Split,
        200..=299 => accepted(response.body(), signal),
        429 | 502 | 503 | 504 => Disposition::Retry { after: retry_after(response.headers()) },
        401 | 403 => drop("unauthorized", "check the headers of the OTLP sink"),
        300..=399 => drop("wrong_address", "check the endpoint of the OTLP sink; redirects are not followed"),
        404 | 405 => drop("wrong_address", signal.wrong_address),
        415 => drop("refused", "the endpoint does not accept protobuf, or not with this compression"),
        _ => Disposition::dropped("refused"),
    }
}

/// A collector may accept a request and reject some of its spans or records, or return a warning.
fn accepted(body: &Bytes, signal: Signal) -> Disposition {
    // A body that is not protobuf, such as a gateway's, does not change that the batch was accepted.
    let partial = ExportResponse::decode(body.clone()).ok().and_then(|answer| answer.partial_success);
    let Some(partial) = partial else { return Disposition::DELIVERED };
    let rejected = u64::try_from(partial.rejected).unwrap_or(0);
    let message = partial.error_message;
    // A diagnostic of its own kind: the number of dropped items is reported elsewhere, under the reason.
    if !message.is_empty() {
        diagnostics::report(
            "otlp",
            "collector_message",
            format_args!("with {rejected} {} rejected, the collector reports {message:?}", signal.items),
        );
    }
    Disposition::Delivered { rejected, reason: "partial_success" }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::export::signal::{LOGS, TRACES};
    use crate::proto::PartialSuccess;

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
