use proptest::prelude::*;

/// Any text, often with characters that a format has to escape or could misread.
pub fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        '\\', '"', '\n', '\r', '\0', '\t', ' ', ',', '{', '}', '#', '=', 'n', 'é', '\u{85}', '\u{2028}',
        '\u{feff}', '𝄞',
    ]);
    let character = prop_oneof![3 => special, 2 => any::<char>(), 2 => prop::char::range('a', 'z')];
    prop_oneof![
        1 => Just(String::new()),
        7 => prop::collection::vec(character, 0..12).prop_map(String::from_iter),
    ]
}

/// Names of families, which often collide within one registry. Counters need a `_total` after them.
pub(crate) fn family_name() -> impl Strategy<Value = String> {
    let clashing = prop::sample::select(vec![
        "a", "a_b", "a_count", "a_sum", "a_bucket", "a_created", "a_info", "a_total_b", "b", "b_seconds",
        "b_seconds_count", "_", "a_bytes", "x:y", ":", "c_gcount",
    ]);
    prop_oneof![3 => clashing.prop_map(str::to_owned), 2 => "[a-zA-Z_:][a-zA-Z0-9_:]{0,10}"]
}

/// Names of labels, each at most once.
pub(crate) fn label_names() -> impl Strategy<Value = Vec<String>> {
    let names = vec!["a", "B9", "method", "le_", "_x", "quantiles", "service", "total"];
    prop::sample::subsequence(names, 0..4)
        .prop_shuffle()
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

/// Any number, often a special one.
pub(crate) fn number() -> impl Strategy<Value = f64> {
    let strange = prop::sample::select(vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        1e-5,
        1e6,
        9.007_199_254_740_992e15,
        1e16,
        1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ]);
    prop_oneof![2 => strange, 2 => any::<f64>(), 3 => -10.0..100.0]
}

/// Finite bounds that ascend.
pub(crate) fn bounds() -> impl Strategy<Value = Vec<f64>> {
    let finite = number().prop_filter("finite", |bound| bound.is_finite());
    prop::collection::vec(finite, 0..6).prop_map(|mut bounds| {
        bounds.sort_by(f64::total_cmp);
        // By value: zero has two signs.
        bounds.dedup_by(|a, b| a == b);
        bounds
    })
}
