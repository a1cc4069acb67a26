use std::sync::Arc;

use crate::writing::output::Output;

/// No handler runs here when the process exits.
pub(crate) fn close_at_exit(_: &Arc<Output>) {}
