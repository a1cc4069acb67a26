#![doc = include_str!("../README.md")]

mod guide;
mod printed_span;
mod printing_exporter;
mod printing_sink;
mod shop;

pub use printing_exporter::PrintingExporter;
pub use printing_sink::PrintingSink;
pub use shop::{OutOfStock, Request, handle, request_span, requests};
