//! The limit: the same metrics, span and line in one layer, without a library.

mod layer;
mod record;

use std::sync::Arc;

use crate::harness::Contender;
use crate::scene;

pub fn contender() -> Contender {
    let layer = layer::ByHand(Arc::new(record::Routes::new()));
    super::contender("limit: written by hand", scene::router().layer(layer), None, || ())
}
