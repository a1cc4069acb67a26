//! Routes of alerts, for Alertmanager.

mod alertmanager_file;

pub(crate) use alertmanager_file::alertmanager_file;
