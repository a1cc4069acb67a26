#![doc = include_str!("../README.md")]

mod access;
mod body;
mod client;
#[cfg_attr(not(feature = "debug-header"), path = "debugging_off.rs")]
mod debugging;
mod ending;
mod endpoint;
mod exchange;
mod future;
mod layer;
#[cfg_attr(not(feature = "axum"), path = "matched_path_none.rs")]
mod matched_path;
mod request_id;
mod route;
mod served;
mod server;
mod side;

pub use body::ResponseBody;
pub use client::ClientService;
#[cfg(feature = "debug-header")]
pub use debugging::key::{DebugKey, InvalidDebugKey};
#[cfg(feature = "debug-header")]
pub use debugging::requests::DebugRequests;
pub use ending::Ending;
pub use future::ResponseFuture;
pub use layer::{ClientLayer, ServerLayer};
pub use request_id::{CORRELATION_ID, REQUEST_ID, RequestId};
pub use route::Route;
pub use server::ServerService;
