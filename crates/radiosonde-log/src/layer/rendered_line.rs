use radiosonde_core::TraceId;

use crate::limiting::callsite_policy::Rendered;
use crate::rendering::fields::Fields;
use crate::schemas::keys::Key;

/// The data of a line that limits and sampling use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RenderedLine<'a> {
    pub(crate) target: &'a str,
    pub(crate) fields: &'a Fields,
    pub(crate) trace: Option<TraceId>,
}

impl Rendered for RenderedLine<'_> {
    fn target(&self) -> &str {
        self.target
    }

    fn value(&self, key: Key) -> Option<&str> {
        // `user_id = 7` and `user_id = "7"` are the same user.
        Some(self.fields.contents(self.fields.of_key(key)?))
    }

    fn trace(&self) -> Option<TraceId> {
        self.trace
    }
}
