use http::Extensions;

use crate::connections::connection_handle::ConnectionHandle;

pub(crate) const fn insert(_: &mut Extensions, _: &ConnectionHandle) {}
