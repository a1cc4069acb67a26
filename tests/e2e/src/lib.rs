#![doc = include_str!("../README.md")]

mod alertmanager;
mod example;
mod http;
mod jaeger;
mod loki;
mod ports;
mod process;
mod program;
mod prometheus;
mod promtool;
mod pushgateway;
mod sample;
mod scrape_job;
mod span;
mod stack;
mod stack_files;
mod tool;
mod wait;

pub use alertmanager::Alertmanager;
pub use example::{Ended, Example};
pub use http::QueryError;
pub use jaeger::Jaeger;
pub use loki::{LogEntry, Loki};
pub use ports::free_port;
pub use process::Process;
pub use program::Program;
pub use prometheus::{Exemplar, Prometheus, Target};
pub use promtool::Promtool;
pub use pushgateway::{PushGroup, Pushgateway};
pub use sample::Sample;
pub use scrape_job::ScrapeJob;
pub use span::{Span, SpanKind, SpanStatus};
pub use stack::Stack;
pub use stack_files::stack_folder;
pub use tool::Tool;
pub use wait::{Probe, wait_for};
