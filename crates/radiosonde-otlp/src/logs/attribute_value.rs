use radiosonde_log::{AttributeValue, ErrorValue, ValueKind};

use crate::logs::protobuf::{push_bytes, push_fixed64, push_message, push_number};

/// Appends the field of `AnyValue` for a value of its type. An error is a list of pairs, and `null` has no field.
///
/// An integer above `i64::MAX` is text, because the protocol has no wider type.
pub(super) fn push_any_value(out: &mut Vec<u8>, value: AttributeValue<'_>) {
    if push_typed(out, value).is_none() {
        push_bytes(out, 1, value.text().as_bytes());
    }
}

/// `None` for a text, and for a number that exceeds the protocol's types.
fn push_typed(out: &mut Vec<u8>, value: AttributeValue<'_>) -> Option<()> {
    match value.kind() {
        ValueKind::Integer => push_number(out, 3, value.json().parse::<i64>().ok()?.cast_unsigned()),
        ValueKind::Float => push_fixed64(out, 4, value.json().parse::<f64>().ok()?.to_bits()),
        ValueKind::Bool => push_number(out, 2, u64::from(value.json() == "true")),
        ValueKind::Null => {}
        ValueKind::Error => {
            let error = value.error()?;
            push_message(out, 6, |out| push_error(out, error));
        }
        _ => return None,
    }
    Some(())
}

fn push_error(out: &mut Vec<u8>, error: ErrorValue<'_>) {
    push_pair(out, "message", |out| push_bytes(out, 1, error.message().as_bytes()));
    let Some((key, mut causes)) = error.causes() else { return };
    push_pair(out, key, |out| {
        if error.is_chain() {
            push_message(out, 5, |out| {
                for cause in causes {
                    push_message(out, 1, |out| push_bytes(out, 1, cause.as_bytes()));
                }
            });
        } else if let Some(text) = causes.next() {
            push_bytes(out, 1, text.as_bytes());
        }
    });
}

fn push_pair(out: &mut Vec<u8>, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
    push_message(out, 1, |out| {
        push_bytes(out, 1, key.as_bytes());
        push_message(out, 2, value);
    });
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use prost::Message;
    use radiosonde_core::Resource;
    use radiosonde_log::{JsonLayer, Line, LineSink, Profile};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// `AnyValue` of the specification, with the list of pairs that spans do not use.
    #[derive(Clone, PartialEq, Message)]
    struct Any {
        #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
        kind: Option<Kind>,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    enum Kind {
        #[prost(string, tag = "1")]
        Text(String),
        #[prost(bool, tag = "2")]
        Bool(bool),
        #[prost(int64, tag = "3")]
        Int(i64),
        #[prost(double, tag = "4")]
        Double(f64),
        #[prost(message, tag = "5")]
        Array(Values),
        #[prost(message, tag = "6")]
        Pairs(Pairs),
    }

    #[derive(Clone, PartialEq, Message)]
    struct Values {
        #[prost(message, repeated, tag = "1")]
        values: Vec<Any>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Pairs {
        #[prost(message, repeated, tag = "1")]
        values: Vec<Pair>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Pair {
        #[prost(string, tag = "1")]
        key: String,
        #[prost(message, optional, tag = "2")]
        value: Option<Any>,
    }

    /// The fields of an event, as values of the protocol.
    struct Kept(Mutex<HashMap<String, Option<Kind>>>);

    impl LineSink for Kept {
        fn accept(&self, line: &Line<'_>) {
            self.0.lock().unwrap().extend(line.attributes().map(|(name, value)| {
                let mut out = Vec::new();
                push_any_value(&mut out, value);
                (name.into_owned(), Any::decode(Bytes::from(out)).unwrap().kind)
            }));
        }
    }

    fn logged(profile: Profile, event: impl FnOnce()) -> HashMap<String, Option<Kind>> {
        let kept = Arc::new(Kept(Mutex::default()));
        let layer = JsonLayer::builder(&Resource::new("orders")).profile(profile).sink(Arc::clone(&kept));
        let subscriber = tracing_subscriber::registry().with(layer.build().unwrap());
        tracing::subscriber::with_default(subscriber, event);
        std::mem::take(&mut *kept.0.lock().unwrap())
    }

    fn text(text: &str) -> Any {
        Any { kind: Some(Kind::Text(text.into())) }
    }

    #[derive(Debug)]
    struct Outer(std::io::Error);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("out\"er")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn values_keep_their_types() {
        let values = logged(Profile::default(), || {
            tracing::info!(
                text = "a\nb",
                number_text = "7",
                truth = true,
                lie = false,
                small = -7,
                most = i64::MAX,
                beyond = u64::MAX,
                half = 0.5,
                far = -1e300,
                infinite = f64::INFINITY,
                debug = ?Some("x"),
            );
        });
        let expected = [
            ("text", Kind::Text("a\nb".into())),
            ("number_text", Kind::Text("7".into())),
            ("truth", Kind::Bool(true)),
            ("lie", Kind::Bool(false)),
            ("small", Kind::Int(-7)),
            ("most", Kind::Int(i64::MAX)),
            ("beyond", Kind::Text("18446744073709551615".into())),
            ("half", Kind::Double(0.5)),
            ("far", Kind::Double(-1e300)),
            ("infinite", Kind::Text("Infinity".into())),
            ("debug", Kind::Text("Some(\"x\")".into())),
        ];
        assert_eq!(values, expected.map(|(name, kind)| (name.to_owned(), Some(kind))).into());
    }

    #[test]
    fn an_error_is_a_list_of_pairs_with_its_causes() {
        let error = Outer(std::io::Error::other("in\ner"));
        let event = || tracing::info!(error = &error as &dyn std::error::Error);
        let chain = Any { kind: Some(Kind::Array(Values { values: vec![text("in\ner")] })) };
        for (profile, key, causes) in
            [(Profile::default(), "chain", chain), (Profile::Otel, "stacktrace", text("Caused by: in\ner"))]
        {
            let pairs = [("message", text("out\"er")), (key, causes)];
            let values = pairs.map(|(key, value)| Pair { key: key.into(), value: Some(value) }).into();
            assert_eq!(logged(profile, event)["error"], Some(Kind::Pairs(Pairs { values })), "{profile:?}");
        }
    }
}
