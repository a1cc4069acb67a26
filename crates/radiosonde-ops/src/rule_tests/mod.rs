//! Unit tests of the generated rules, for `promtool test rules`.

mod alert_series;
mod alert_tests;
mod event_stories;
mod level;
mod objective_series;
mod objective_step;
mod objective_tests;
mod quantile_series;
mod sample_labels;
mod story;
mod test_file;
mod value_series;

pub(crate) use alert_tests::{alert_step, alert_tests};
pub(crate) use objective_step::step;
pub(crate) use objective_tests::objective_tests;
pub(crate) use test_file::TestFile;
