use crate::registry::Registry;

impl Registry {
    /// Exposes what the operating system knows of this process. On this system, nothing yet.
    pub const fn expose_process(&self) {}
}
