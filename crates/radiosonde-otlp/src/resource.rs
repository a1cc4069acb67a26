use bytes::Bytes;
use radiosonde_core::Resource;

use crate::proto::{self, AnyValue, KeyValue, Value};

/// The attributes that the specification demands of every SDK, unless the resource has its own.
const SDK: [(&str, &str); 3] = [
    ("telemetry.sdk.language", "rust"),
    ("telemetry.sdk.name", "radiosonde"),
    ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
];

pub(crate) fn to_proto(resource: &Resource) -> proto::Resource {
    let own = resource.iter().map(|(key, value)| pair(key, value));
    let ours = SDK.iter().filter(|(key, _)| resource.get(key).is_none()).map(|(key, value)| pair(key, value));
    proto::Resource { attributes: own.chain(ours).collect() }
}

fn pair(key: &str, value: &str) -> KeyValue {
    let copy = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    KeyValue { key: copy(key), value: AnyValue { value: Some(Value::String(copy(value))) } }
}
