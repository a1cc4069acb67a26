use std::ops::Deref;

use crate::registry::Registry;

/// The registry that a metric is declared in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RegistrySource<'a> {
    Given(&'a Registry),
    /// Called when the metric is made, so that a static can be declared before there is any registry.
    Deferred(fn() -> &'static Registry),
}

impl Deref for RegistrySource<'_> {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        match self {
            Self::Given(registry) => registry,
            Self::Deferred(registry) => registry(),
        }
    }
}
