#![doc = include_str!("../README.md")]

mod body;
mod client;
#[cfg(feature = "debug-header")]
mod debug_switches;
#[cfg_attr(not(feature = "debug-header"), path = "debugging_off.rs")]
mod debugging;
mod endpoint;
mod exchange;
mod future;
mod http_metrics;
mod layer;
#[cfg_attr(not(feature = "axum"), path = "matched_path_off.rs")]
mod matched_path;
mod request_id;
mod route;
mod served;
mod server;
mod server_address;
mod status_text;

pub use body::ResponseBody;
pub use client::ClientService;
#[cfg(feature = "debug-header")]
pub use debugging::key::{DebugKey, InvalidDebugKey};
#[cfg(feature = "debug-header")]
pub use debugging::requests::DebugRequests;
pub use future::ResponseFuture;
pub use layer::{ClientLayer, ServerLayer};
pub use request_id::{CORRELATION_ID, REQUEST_ID, RequestId};
pub use route::Route;
pub use server::ServerService;
