#![doc = include_str!("../README.md")]

mod body;
mod client;
mod client_layer;
#[cfg(feature = "debug-header")]
mod debug_options;
#[cfg_attr(not(feature = "debug-header"), path = "debugging_off.rs")]
mod debugging;
mod endpoint;
mod exchange;
mod future;
mod http_metrics;
#[cfg_attr(not(feature = "axum"), path = "matched_path_off.rs")]
mod matched_path;
mod request_id;
mod route;
mod served;
mod server;
mod server_address;
mod server_layer;
mod status_text;

pub use body::ResponseBody;
pub use client::ClientService;
pub use client_layer::{ClientLayer, ClientLayerBuilder};
#[cfg(feature = "debug-header")]
pub use debugging::key::{DebugKey, InvalidDebugKey};
#[cfg(feature = "debug-header")]
pub use debugging::requests::DebugRequests;
pub use future::ResponseFuture;
pub use request_id::{CORRELATION_ID, REQUEST_ID, RequestId};
pub use route::Route;
pub use server::ServerService;
pub use server_layer::{ServerLayer, ServerLayerBuilder};
