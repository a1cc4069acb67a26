use bytes::Bytes;
use http::{Response, StatusCode};

/// Texts in lower case that mark a request as too large, whatever the status.
const SIGNS: [&str; 4] = [
    // gRPC behind HTTP, such as between Loki's components: `grpc: received message larger than max (5000000 vs. 4194304)`. Loki's
    // and Mimir's own readers: `message size too large than max (…)`.
    "than max (",
    // Go's `http.MaxBytesReader`, such as in the 400 of the OpenTelemetry collector and Jaeger.
    "request body too large",
    // Prometheus' 400 after decompression: `snappy: decoded length 40000000 exceeds limit 33554432`.
    "snappy: decoded length",
    // VictoriaMetrics' 400: `too big packed request; mustn't exceed -maxInsertRequestSize=…`.
    "too big packed request",
];

/// Whether a response rejects a request of `items` as too large, so that each half may pass: [`Disposition::Split`].
///
/// These are the status 413, errors of any status with such a text, and Loki's 429 for a request with more bytes than its rate
/// limit per second, which would not pass later either.
///
/// [`Disposition::Split`]: crate::Disposition::Split
#[must_use]
pub fn is_too_large(response: &Response<Bytes>, items: usize) -> bool {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return false;
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return true;
    }
    let text = String::from_utf8_lossy(response.body()).to_ascii_lowercase();
    if SIGNS.iter().any(|sign| text.contains(sign)) {
        return true;
    }
    // A single item may still pass in a burst.
    status == StatusCode::TOO_MANY_REQUESTS && items > 1 && is_beyond_rate(&text)
}

/// `ingestion rate limit exceeded for user x (limit: 4194304 bytes/sec) while attempting to ingest '1051' lines totaling '7256538'
/// bytes`: whether the second number is above the first.
fn is_beyond_rate(text: &str) -> bool {
    let number_after = |mark: &str| -> Option<u64> {
        let (_, rest) = text.split_once(mark)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    match (number_after("(limit: "), number_after("totaling '")) {
        (Some(limit), Some(total)) => text.contains(" bytes/sec)") && total > limit,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(status: u16, text: &str, items: usize) -> bool {
        let response = Response::builder().status(status).body(Bytes::copy_from_slice(text.as_bytes()));
        is_too_large(&response.unwrap(), items)
    }

    #[test]
    fn a_request_is_too_large_by_status_or_by_text() {
        let grpc = "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5000000 vs. 4194304)";
        for (status, text) in [
            (413, ""),
            (500, grpc),
            (503, grpc),
            (429, grpc),
            (400, "message size too large than max (200 vs 100)"),
            (400, "\u{8}\u{3}\u{12}\u{1e}http: request body too large"),
            (400, "snappy: decoded length 40000000 exceeds limit 33554432"),
            (
                400,
                "too big packed request; mustn't exceed -maxInsertRequestSize=33554432 bytes; got 40000000 bytes",
            ),
        ] {
            assert!(says(status, text, 2), "{status} {text}");
        }
        for (status, text) in
            [(200, grpc), (204, ""), (302, grpc), (400, "out of order sample"), (500, ""), (429, "")]
        {
            assert!(!says(status, text, 2), "{status} {text}");
        }
    }

    #[test]
    fn a_push_beyond_lokis_rate_is_too_large_and_one_within_it_is_not() {
        let text = |limit: u64, total: u64| {
            format!(
                "ingestion rate limit exceeded for user fake (limit: {limit} bytes/sec) while attempting to ingest '1051' lines \
                 totaling '{total}' bytes, reduce log volume or contact your Loki administrator"
            )
        };
        assert!(says(429, &text(4_194_304, 7_256_538), 2));
        assert!(says(429, &text(4_194_304, 7_256_538).replace("ingestion", "Ingestion"), 2));
        assert!(!says(429, &text(4_194_304, 4_194_304), 2), "it passes later");
        assert!(!says(429, &text(4_194_304, 7_256_538), 1), "there is nothing to halve");
        assert!(!says(429, "Per stream rate limit exceeded (limit: 3MB/sec) … totaling '8238'", 2));
    }
}
