//! Pages for people: metrics, runbooks, queries of logs.

mod file_name;
mod log_queries;
mod metrics_page;
mod readable;
mod runbooks;

pub(crate) use file_name::file_name;
pub(crate) use log_queries::{error_lines, log_queries};
pub(crate) use metrics_page::metrics_page;
pub(crate) use runbooks::{BORDER, runbooks};
