#![doc = include_str!("../README.md")]

mod client;
#[cfg(feature = "debug-header")]
mod debug_options;
#[cfg_attr(not(feature = "debug-header"), path = "debugging_off.rs")]
mod debugging;
mod describing;
mod ids;
mod lifecycle;
mod measuring;
mod routing;
mod server;

pub use client::client_call::ClientCall;
pub use client::client_layer::{ClientLayer, ClientLayerBuilder};
pub use client::client_service::ClientService;
#[cfg(feature = "debug-header")]
pub use debugging::key::{DebugKey, InvalidDebugKey};
#[cfg(feature = "debug-header")]
pub use debugging::requests::DebugRequests;
pub use ids::request_id::{CORRELATION_ID, REQUEST_ID, RequestId};
pub use lifecycle::exchange::{Exchange, Follows};
pub use lifecycle::response_body::ResponseBody;
pub use lifecycle::response_future::ResponseFuture;
pub use routing::route::Route;
pub use server::server_layer::{ServerLayer, ServerLayerBuilder};
pub use server::server_request::ServerRequest;
pub use server::server_service::ServerService;
