//! Documents of keys and values, written as YAML and as JSON.

mod json;
mod node;
mod yaml;

pub(crate) use json::string;
pub(crate) use node::{Node, list, map};
