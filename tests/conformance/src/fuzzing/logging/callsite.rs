use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use tracing_core::callsite::{Callsite, Identifier, register};
use tracing_core::field::FieldSet;
use tracing_core::{Interest, Kind, Level, Metadata};

/// The number of callsites registered with the subscribers before their first use, as the macros do; others are not.
const REGISTERED: usize = 256;

/// The fields and kind of a callsite.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) is_span: bool,
    pub(super) level: u8,
    pub(super) target: &'static str,
    pub(super) fields: Vec<String>,
}

impl Place {
    /// Builds what a macro creates at compile time. Never freed, as `tracing` keeps callsites; one for each set of fields
    /// and kind.
    pub(super) fn metadata(&self) -> &'static Metadata<'static> {
        static MADE: LazyLock<Mutex<HashMap<Place, &'static Metadata<'static>>>> =
            LazyLock::new(Mutex::default);
        if let Some(made) = MADE.lock().unwrap_or_else(PoisonError::into_inner).get(self) {
            return made;
        }
        let callsite = self.callsite();
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = made.len() < REGISTERED;
        made.insert(self.clone(), callsite.metadata);
        drop(made);
        if is_known {
            register(callsite.site);
        }
        callsite.metadata
    }

    fn callsite(&self) -> Leaked {
        let site: &'static Made = Box::leak(Box::new(Made(OnceLock::new())));
        let names: Vec<&'static str> = self.fields.iter().map(|name| &*name.clone().leak()).collect();
        let fields = FieldSet::new(names.leak(), Identifier(site));
        let kind = if self.is_span { Kind::SPAN } else { Kind::EVENT };
        let level =
            [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE][usize::from(self.level) % 5];
        let metadata = site.0.get_or_init(|| {
            Metadata::new("made", self.target, level, None, Some(7), Some("made"), fields, kind)
        });
        Leaked { site, metadata }
    }
}

struct Leaked {
    site: &'static Made,
    metadata: &'static Metadata<'static>,
}

struct Made(OnceLock<Metadata<'static>>);

impl Callsite for Made {
    fn set_interest(&self, _: Interest) {}

    #[allow(clippy::expect_used, reason = "set before anybody sees it")]
    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().expect("a callsite without metadata")
    }
}
