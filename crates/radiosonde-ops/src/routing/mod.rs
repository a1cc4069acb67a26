//! Routes of alerts, for Alertmanager.

mod alertmanager_file;
mod receivers;

pub use alertmanager_file::alertmanager_file;
