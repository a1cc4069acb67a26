use super::json_text::JsonText;
use super::message::{push_bytes, push_fixed64, push_message, push_number};

/// Values within values beyond this depth are sent as text.
const MAX_DEPTH: u8 = 8;

/// Appends `AnyValue`'s field for a value in JSON, with its type: text, truth, whole number, number, array or list of pairs;
/// `null` is a value without a field.
///
/// A whole number of more than 63 bits is text, since the protocol has none that wide. So is a number that would round to infinity,
/// which no backend can show as JSON, everything that is no JSON, and what is nested too deeply.
pub(super) fn push_any_value(out: &mut Vec<u8>, json: &str) {
    let start = out.len();
    let mut text = JsonText::new(json);
    if push(out, &mut text, 0).is_none() || !text.is_at_end() {
        out.truncate(start);
        push_bytes(out, 1, json.as_bytes());
    }
}

fn push(out: &mut Vec<u8>, json: &mut JsonText<'_>, depth: u8) -> Option<()> {
    match json.peek()? {
        b'"' => push_bytes(out, 1, json.string()?.as_bytes()),
        b'[' | b'{' if depth == MAX_DEPTH => return None,
        b'[' => return push_message(out, 5, |out| push_array(out, json, depth + 1)),
        b'{' => return push_message(out, 6, |out| push_pairs(out, json, depth + 1)),
        _ => match json.word() {
            "true" => push_number(out, 2, 1),
            "false" => push_number(out, 2, 0),
            "null" => {}
            number => return push_numeral(out, number),
        },
    }
    Some(())
}

fn push_numeral(out: &mut Vec<u8>, numeral: &str) -> Option<()> {
    if !numeral.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    if let Ok(integer) = numeral.parse::<i64>() {
        push_number(out, 3, integer.cast_unsigned());
        return Some(());
    }
    let number = numeral.parse::<f64>().ok()?;
    if number.is_finite() && numeral.contains(['.', 'e', 'E']) {
        push_fixed64(out, 4, number.to_bits());
    } else {
        push_bytes(out, 1, numeral.as_bytes());
    }
    Some(())
}

fn push_array(out: &mut Vec<u8>, json: &mut JsonText<'_>, depth: u8) -> Option<()> {
    json.take(b'[');
    if json.take(b']') {
        return Some(());
    }
    loop {
        push_message(out, 1, |out| push(out, json, depth))?;
        if json.take(b']') {
            return Some(());
        }
        if !json.take(b',') {
            return None;
        }
    }
}

fn push_pairs(out: &mut Vec<u8>, json: &mut JsonText<'_>, depth: u8) -> Option<()> {
    json.take(b'{');
    if json.take(b'}') {
        return Some(());
    }
    loop {
        push_message(out, 1, |out| {
            json.peek()?;
            push_bytes(out, 1, json.string()?.as_bytes());
            if !json.take(b':') {
                return None;
            }
            push_message(out, 2, |out| push(out, json, depth))
        })?;
        if json.take(b'}') {
            return Some(());
        }
        if !json.take(b',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::{Just, Strategy, any as any_of, prop_assert_eq, prop_oneof, proptest};
    use prost::Message;

    use super::*;

    /// `AnyValue` as the specification has it, with the list of pairs that spans do not use.
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

    fn any(json: &str) -> Option<Kind> {
        let mut out = Vec::new();
        push_any_value(&mut out, json);
        Any::decode(Bytes::from(out)).unwrap().kind
    }

    #[test]
    fn values_keep_their_types() {
        assert_eq!(any(r#""a\nb""#), Some(Kind::Text("a\nb".into())));
        assert_eq!(any("true"), Some(Kind::Bool(true)));
        assert_eq!(any("false"), Some(Kind::Bool(false)));
        assert_eq!(any("null"), None);
        assert_eq!(any("-7"), Some(Kind::Int(-7)));
        assert_eq!(any("9223372036854775807"), Some(Kind::Int(i64::MAX)));
        assert_eq!(any("18446744073709551615"), Some(Kind::Text("18446744073709551615".into())));
        assert_eq!(any("0.5"), Some(Kind::Double(0.5)));
        assert_eq!(any("-1e300"), Some(Kind::Double(-1e300)));
        assert_eq!(any("1e999"), Some(Kind::Text("1e999".into())));
        assert_eq!(any("-1.0e999"), Some(Kind::Text("-1.0e999".into())));
        let text = |text: &str| Any { kind: Some(Kind::Text(text.into())) };
        let chain = Any { kind: Some(Kind::Array(Values { values: vec![text("b"), text("c")] })) };
        let pairs = vec![
            Pair { key: "message".into(), value: Some(text("a")) },
            Pair { key: "chain".into(), value: Some(chain) },
        ];
        let error = r#"{"message":"a","chain":["b","c"]}"#;
        assert_eq!(any(error), Some(Kind::Pairs(Pairs { values: pairs })));
        assert_eq!(any("[]"), Some(Kind::Array(Values { values: vec![] })));
        assert_eq!(any(" { } "), Some(Kind::Pairs(Pairs { values: vec![] })));
    }

    #[test]
    fn what_is_no_json_or_nested_too_deeply_is_text() {
        let deep = format!("{}{}", "[".repeat(9), "]".repeat(9));
        for text in [
            "",
            "inf",
            "nan",
            "1 2",
            "[1",
            "[1}",
            "{\"a\"}",
            "{a:1}",
            "[,]",
            "{\"a\":1,}",
            "--1",
            "truer",
            &deep,
        ] {
            assert_eq!(any(text), Some(Kind::Text(text.into())), "{text}");
        }
        assert!(matches!(any(&deep[1..17]), Some(Kind::Array(_))), "eight are fine");
    }

    /// The same tree as the specification's message and as JSON, without what the protocol lacks.
    fn values() -> impl Strategy<Value = (Option<Kind>, serde_json::Value)> {
        let leaf = prop_oneof![
            Just((None, serde_json::Value::Null)),
            any_of::<bool>().prop_map(|truth| (Some(Kind::Bool(truth)), truth.into())),
            any_of::<i64>().prop_map(|integer| (Some(Kind::Int(integer)), integer.into())),
            proptest::num::f64::NORMAL.prop_map(|number| (Some(Kind::Double(number)), number.into())),
            any_of::<String>().prop_map(|text| (Some(Kind::Text(text.clone())), text.into())),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let array = proptest::collection::vec(inner.clone(), 0..4).prop_map(|values| {
                let (kinds, json): (Vec<_>, Vec<_>) = values.into_iter().unzip();
                let values = kinds.into_iter().map(|kind| Any { kind }).collect();
                (Some(Kind::Array(Values { values })), serde_json::Value::from(json))
            });
            let pairs = proptest::collection::btree_map(any_of::<String>(), inner, 0..4).prop_map(|pairs| {
                let json = pairs.iter().map(|(key, (_, json))| (key.clone(), json.clone())).collect();
                let pair = |(key, (kind, _))| Pair { key, value: Some(Any { kind }) };
                let values = pairs.into_iter().map(pair).collect();
                (Some(Kind::Pairs(Pairs { values })), serde_json::Value::Object(json))
            });
            prop_oneof![array, pairs]
        })
    }

    proptest! {
        #[test]
        fn a_tree_of_values_comes_out_as_it_went_in((kind, json) in values()) {
            prop_assert_eq!(any(&json.to_string()), kind.clone());
            prop_assert_eq!(any(&format!("{json:#}")), kind);
        }

        #[test]
        fn no_text_makes_it_panic_or_leaves_half_a_message(text in "[\\[\\]{}\",:\\\\u0-9a-f. -]{0,40}") {
            let _ = any(&text);
        }
    }
}
