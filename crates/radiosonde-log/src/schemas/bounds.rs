/// Fields with longer names are dropped from the line. Names come from source code, so this affects only generated ones.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// Targets of `tracing` are module paths; only bridged `log` records have arbitrary ones.
pub(crate) const MAX_MODULE_BYTES: usize = 256;
