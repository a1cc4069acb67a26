use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response};
use radiosonde_delivery::{Disposition, EncodeError, Endpoint, Protocol};
use radiosonde_metrics::exposition::Format;

use crate::classify::classify_pushgateway;

/// A call with the encoded registry.
pub(crate) struct Call {
    pub(super) method: Method,
    pub(super) body: Bytes,
}

/// The Pushgateway's HTTP API, for one group.
pub(super) struct PushgatewayProtocol {
    pub(super) endpoint: Endpoint,
}

impl Protocol for PushgatewayProtocol {
    type Item = Call;

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn encode(&mut self, batch: &[Call]) -> Result<Request<Bytes>, EncodeError> {
        // A batch is one call.
        let call = batch.last().ok_or(EncodeError::new("push without a call"))?;
        let mut request = Request::new(call.body.clone());
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = self.endpoint.uri().clone();
        let format = HeaderValue::from_static(Format::Text.content_type());
        request.headers_mut().insert(CONTENT_TYPE, format);
        Ok(request)
    }

    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition {
        classify_pushgateway(response, items)
    }
}
