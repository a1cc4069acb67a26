//! Dashboards for Grafana.

mod api;
mod business;
mod dashboard;
mod database;
mod every_dashboard;
mod grid;
mod link;
mod no_such_dashboard;
mod objectives;
mod options;
mod overview;
mod panel;
mod panel_kind;
mod reader;
mod resources;
mod service;
mod target;
mod telemetry;
mod uid;
mod variable;
mod work;
mod workers;

pub use dashboard::Dashboard;
pub(crate) use every_dashboard::every_dashboard;
pub use no_such_dashboard::NoSuchDashboard;
