//! Unit tests of the generated rules, for `promtool test rules`.

mod alert_tests;
mod objective_tests;
mod test_file;

pub(crate) use alert_tests::alert_tests;
pub(crate) use objective_tests::objective_tests;
pub(crate) use test_file::{AlertTest, ExpectedAlert, ExpressionTest, InputSeries, RuleTest, TestFile};
