use std::time::Duration;

use hyper_util::client::legacy::Builder;

use crate::transport::http_options_error::HttpOptionsError;

/// Refuses the sink: this program is built without HTTP/2.
pub(super) const fn configure(_: &mut Builder, _: Duration) -> Result<(), HttpOptionsError> {
    Err(HttpOptionsError::NoHttp2)
}
