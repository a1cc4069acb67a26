use std::collections::VecDeque;
use std::net::TcpStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::reaction::Reaction;
use super::request::RecordedRequest;

/// State shared by the fake and its connections.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    /// Notified of every recorded request, and of the stop.
    pub(super) changed: Condvar,
    pub(super) respond: Box<Respond>,
}

pub(super) type Respond = dyn Fn(&RecordedRequest) -> Reaction + Send + Sync;

#[derive(Default)]
pub(super) struct State {
    pub(super) script: VecDeque<Reaction>,
    pub(super) requests: Vec<RecordedRequest>,
    /// The open connections, so that stopping can close them.
    pub(super) connections: Vec<TcpStream>,
    pub(super) stopped: bool,
}

impl State {
    pub(super) fn of(script: impl IntoIterator<Item = Reaction>) -> Self {
        Self { script: script.into_iter().collect(), ..Self::default() }
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
