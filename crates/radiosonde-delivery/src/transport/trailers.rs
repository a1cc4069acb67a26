use http::HeaderMap;

/// The trailers of a response: the fields after its body, where gRPC has its status.
///
/// An extension of the response that [`Protocol::classify`](crate::Protocol::classify) gets, absent if there are none:
/// `response.extensions().get::<Trailers>()`.
#[derive(Debug, Clone)]
pub struct Trailers(pub HeaderMap);
