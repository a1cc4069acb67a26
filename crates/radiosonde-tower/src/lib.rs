#![doc = include_str!("../README.md")]

mod client;
mod connections;
#[cfg(feature = "debug-header")]
mod debug_options;
#[cfg_attr(not(feature = "debug-header"), path = "debugging_off.rs")]
mod debugging;
mod describing;
mod grpc;
mod ids;
mod lifecycle;
mod measuring;
mod routing;
#[cfg(feature = "saturation")]
mod saturation;
mod server;

pub use client::attempts::{AttemptCounter, CountAttempts};
pub use client::client_call::ClientCall;
pub use client::client_layer::ClientLayer;
pub use client::client_layer_builder::ClientLayerBuilder;
pub use client::client_service::ClientService;
pub use client::line_level::{EndedCall, LineLevel};
#[cfg(feature = "reqwest")]
pub use client::reqwest_service::{ReqwestFuture, ReqwestService};
pub use connections::connection_handle::ConnectionHandle;
pub use connections::connection_metrics::{ConnectionMetrics, ConnectionMetricsBuilder};
#[cfg(all(feature = "axum", feature = "saturation"))]
pub use connections::listener::{MakeFuture, MakeWithConnection, TrackedListener};
pub use connections::tracked::Tracked;
pub use connections::with_connection::WithConnection;
#[cfg(feature = "debug-header")]
pub use debugging::key::{DebugKey, InvalidDebugKey};
#[cfg(feature = "debug-header")]
pub use debugging::requests::DebugRequests;
pub use describing::forwarded::TrustedProxies;
pub use grpc::status::GrpcStatus;
pub use ids::generate_id::GenerateId;
pub use ids::id_header::{CORRELATION_ID, REQUEST_ID};
pub use ids::id_options::{IdOptions, Trust};
pub use ids::request_id::{CorrelationId, RequestId};
#[doc(hidden)]
pub use lifecycle::exchange::{Exchange, Follows};
pub use lifecycle::request_outcome::RequestOutcome;
pub use lifecycle::response_body::ResponseBody;
pub use lifecycle::response_future::ResponseFuture;
pub use measuring::client_names::ClientNames;
pub use measuring::server_names::ServerNames;
pub use routing::find_label::FindLabel;
pub use routing::find_route::FindRoute;
pub use routing::request_head::RequestHead;
pub use routing::route::Route;
#[cfg(feature = "saturation")]
pub use saturation::buffer::{Buffer, BufferLayer};
#[cfg(feature = "saturation")]
pub use saturation::concurrency_limit::{ConcurrencyLimit, ConcurrencyLimitLayer, InUse};
#[cfg(feature = "saturation")]
pub use saturation::limiter::{Limiter, LimiterBuilder};
#[cfg(feature = "saturation")]
pub use saturation::load_shed::{LoadShed, LoadShedFuture, LoadShedLayer};
#[cfg(feature = "saturation")]
pub use saturation::timeout::{Timeout, TimeoutFuture, TimeoutLayer};
pub use server::line_policy::{EndedRequest, LineChoice, LinePolicy};
pub use server::server_layer::ServerLayer;
pub use server::server_layer_builder::ServerLayerBuilder;
pub use server::server_request::{ServerRequest, Streaming};
pub use server::server_service::ServerService;
pub use server::signals::Signals;
