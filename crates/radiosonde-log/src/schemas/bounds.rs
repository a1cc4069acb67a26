/// Longer field names are left out of the line. Names come from source code, so this only meets generated ones.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// Targets of `tracing` are module paths; only bridged `log` records bring arbitrary ones.
pub(crate) const MAX_MODULE_BYTES: usize = 256;
