use tracing::callsite::{Callsite, Identifier};
use tracing::field::{Field, FieldSet};
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata};

/// A field for values that record themselves outside of any span or event.
pub(crate) fn any_field() -> Option<Field> {
    FIELDS.field("value")
}

/// The callsite of the field. No subscriber sees it.
struct Here;

static HERE: Here = Here;

static FIELDS: FieldSet = FieldSet::new(&["value"], Identifier(&HERE));

static METADATA: Metadata<'static> = Metadata::new(
    "value",
    "radiosonde::operation",
    Level::INFO,
    None,
    None,
    None,
    FieldSet::new(&["value"], Identifier(&HERE)),
    Kind::SPAN,
);

impl Callsite for Here {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &METADATA
    }
}
