use std::ops::Deref;

use crate::registry::Registry;

/// The registry that a metric is declared in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WhichRegistry<'a> {
    Given(&'a Registry),
    /// Asked for when the metric is made, so that a static can be declared before there is any registry.
    Asked(fn() -> &'static Registry),
}

impl Deref for WhichRegistry<'_> {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        match self {
            Self::Given(registry) => registry,
            Self::Asked(ask) => ask(),
        }
    }
}
