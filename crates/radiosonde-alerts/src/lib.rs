#![doc = include_str!("../README.md")]

mod alert;
mod alert_handler;

pub use alert::{Alert, AlertState};
pub use alert_handler::AlertHandler;
pub use radiosonde_signals::Severity;
