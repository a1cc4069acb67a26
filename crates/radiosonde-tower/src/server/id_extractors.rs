//! The ids of a request as arguments of axum's handlers.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::StatusCode;
use http::request::Parts;

use crate::ids::request_id::{CorrelationId, RequestId};

/// Why there is no id: a mistake in the program.
const NO_LAYER: (StatusCode, &str) = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "the route is outside of a ServerLayer, which makes the ids of requests",
);

macro_rules! extractor {
    ($id:ident) => {
        impl<S: Sync> FromRequestParts<S> for $id {
            type Rejection = (StatusCode, &'static str);

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
                Self::of(&parts.extensions).ok_or(NO_LAYER)
            }
        }

        impl<S: Sync> OptionalFromRequestParts<S> for $id {
            type Rejection = std::convert::Infallible;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
                Ok(Self::of(&parts.extensions))
            }
        }
    };
}

extractor!(RequestId);
extractor!(CorrelationId);
