//! The compile errors of `#[observe]`. `TRYBUILD=overwrite` writes the messages again.

#[test]
fn what_cannot_be_observed_is_refused_where_it_stands() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
