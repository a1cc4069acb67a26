//! What the macros refuse, and what they say. `TRYBUILD=overwrite` writes down what they say now.

#[test]
fn mistakes_are_told_where_they_stand() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
