//! Dashboards for Grafana.

mod dashboard;
mod every_dashboard;

pub use dashboard::Dashboard;
pub(crate) use every_dashboard::every_dashboard;
