use crate::runtime::families::{RuntimeFamily, WorkerFamily};

pub(crate) const RUNTIME: &[RuntimeFamily] = &[];
pub(crate) const WORKER: &[WorkerFamily] = &[];
