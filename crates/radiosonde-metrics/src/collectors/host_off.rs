use crate::registry::Registry;

impl Registry {
    /// Exposes how busy this machine is. On this system, nothing yet.
    pub const fn expose_host(&self) {}
}
