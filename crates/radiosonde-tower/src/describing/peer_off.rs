//! The stub without the `axum` feature: the connection is not known.

use std::net::IpAddr;

use http::Extensions;

pub(crate) const fn of(_: &Extensions) -> Option<IpAddr> {
    None
}
