//! Lines as entries of systemd's journal.

mod entry;
pub(crate) mod journald;
mod socket;
