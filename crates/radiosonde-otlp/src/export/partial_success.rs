use bytes::Bytes;
use prost::Message;
use radiosonde_core::diagnostics;
use radiosonde_delivery::Disposition;

use crate::export::signal::Signal;
use crate::proto::ExportResponse;

/// A collector may accept a request and reject some of its spans or records, or return a warning.
pub(super) fn accepted(message: Bytes, signal: Signal) -> Disposition {
    // A body that is not protobuf, such as a gateway's, does not change that the batch was accepted.
    let partial = ExportResponse::decode(message).ok().and_then(|answer| answer.partial_success);
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
