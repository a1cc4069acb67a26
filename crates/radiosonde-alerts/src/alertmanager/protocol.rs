use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use radiosonde_core::SharedClock;
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};

use crate::alertmanager::classify::classify;
use crate::alertmanager::posted_alert::{PostedAlert, SendTimes};

/// `POST /api/v2/alerts`.
pub(super) struct AlertsProtocol {
    pub(super) endpoint: Endpoint,
    pub(super) generator_url: Option<String>,
    pub(super) valid_for: Duration,
    pub(super) clock: SharedClock,
}

impl Protocol for AlertsProtocol {
    type Item = PostedAlert;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[PostedAlert]) -> Result<Request<Bytes>, EncodeError> {
        // From now, not from when it was queued: the alert may have waited.
        let now = self.clock.now();
        let valid_until = now.checked_add(self.valid_for).unwrap_or(now);
        let times = SendTimes { now, valid_until };
        let generator_url = self.generator_url.as_deref();
        let alerts: Vec<_> = batch.iter().map(|alert| alert.postable(times, generator_url)).collect();
        let body =
            serde_json::to_vec(&alerts).map_err(|error| EncodeError::because("encode alerts", error))?;
        let mut request = Request::post(self.endpoint.uri())
            .body(Bytes::from(body))
            .map_err(|error| EncodeError::because("build the request", error))?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        classify(response, items)
    }
}
