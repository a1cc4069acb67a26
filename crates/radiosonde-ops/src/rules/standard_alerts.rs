use crate::catalogue::{AlertEntry, Catalogue};

/// The alerts that every service has, by the golden signals of its work.
#[must_use]
pub fn standard_alerts(_catalogue: &Catalogue) -> Vec<AlertEntry> {
    Vec::new()
}
