use axum::extract::ConnectInfo;
use http::Extensions;

use crate::connections::connection_handle::ConnectionHandle;

/// Adds what axum's extractors look for, if a layer further out has not added its own.
pub(crate) fn insert(extensions: &mut Extensions, connection: &ConnectionHandle) {
    if let Some(peer) = connection.peer()
        && extensions.get::<ConnectInfo<std::net::SocketAddr>>().is_none()
    {
        extensions.insert(ConnectInfo(peer));
    }
}
