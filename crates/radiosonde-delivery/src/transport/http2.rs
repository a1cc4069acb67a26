use std::time::Duration;

use hyper_util::client::legacy::Builder;

use crate::transport::http_options_error::HttpOptionsError;

/// Makes all connections of a pool speak HTTP/2.
///
/// A request that times out only ends its stream. Without pings, a connection whose peer is gone would then stay in the pool,
/// and fail every request for as long as TCP retransmits. An idle connection is not pinged: servers close one that is.
pub(super) fn configure(pool: &mut Builder, timeout: Duration) -> Result<(), HttpOptionsError> {
    pool.http2_only(true)
        .http2_keep_alive_interval(timeout / 2)
        .http2_keep_alive_timeout(timeout / 2)
        .http2_keep_alive_while_idle(false);
    Ok(())
}
