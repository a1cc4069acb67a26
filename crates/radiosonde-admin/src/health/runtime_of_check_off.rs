//! The stub without tokio: checks find no runtime around them.

/// No runtime.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuntimeOfCheck;

impl RuntimeOfCheck {
    pub(crate) const fn current() -> Self {
        Self
    }

    pub(crate) const fn or_current(&self) -> Self {
        Self
    }

    pub(crate) const fn enter(&self) -> Option<()> {
        None
    }
}
