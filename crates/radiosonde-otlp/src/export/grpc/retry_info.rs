use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use prost::Message;

/// Values of binary headers come with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const TYPE: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// The delay of a `RetryInfo` in `grpc-status-details-bin`; `None` without one.
///
/// Source: <https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>
pub(super) fn delay(details: &[u8]) -> Option<Duration> {
    let details = BASE64.decode(details.trim_ascii()).ok()?;
    let status = Status::decode(&*details).ok()?;
    let info = status.details.into_iter().find(|detail| detail.type_url == TYPE)?;
    let delay = RetryInfo::decode(info.value).ok()?.retry_delay.unwrap_or_default();
    // A negative delay counts as zero.
    let seconds = u64::try_from(delay.seconds).unwrap_or(0);
    Some(Duration::new(seconds, u32::try_from(delay.nanos).unwrap_or(0).min(999_999_999)))
}

/// `google.rpc.Status`, as far as it is read.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, prost::Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn any_details_are_read_without_a_panic(bytes: Vec<u8>, seconds: i64, nanos: i32) {
            delay(&bytes);
            delay(BASE64.encode(&bytes).as_bytes());
            let delay = delay(encoded(TYPE, seconds, nanos).as_bytes()).unwrap();
            prop_assert_eq!(delay.as_secs(), u64::try_from(seconds).unwrap_or(0));
        }
    }

    fn encoded(type_url: &str, seconds: i64, nanos: i32) -> String {
        let info = RetryInfo { retry_delay: Some(Delay { seconds, nanos }) };
        let detail = Any { type_url: type_url.into(), value: info.encode_to_vec().into() };
        let other = Any { type_url: "type.googleapis.com/google.rpc.Help".into(), value: Bytes::new() };
        BASE64.encode(Status { details: vec![other, detail] }.encode_to_vec())
    }

    #[test]
    fn the_delay_is_read_with_padding_or_without() {
        let text = encoded(TYPE, 1, 500_000_000);
        for text in [&*text, text.trim_end_matches('=')] {
            assert_eq!(delay(text.as_bytes()), Some(Duration::from_millis(1500)));
        }
        assert_eq!(delay(encoded(TYPE, 0, 0).as_bytes()), Some(Duration::ZERO));
        assert_eq!(delay(encoded(TYPE, -3, -1).as_bytes()), Some(Duration::ZERO));
    }

    #[test]
    fn other_details_and_malformed_ones_have_no_delay() {
        assert_eq!(delay(encoded("type.googleapis.com/google.rpc.ErrorInfo", 1, 0).as_bytes()), None);
        for text in ["", "!", "AAAA", "//8="] {
            assert_eq!(delay(text.as_bytes()), None, "{text}");
        }
    }
}
