use std::any::Any;
use std::panic::Location;
use std::sync::Arc;

use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::shared::Shared;
use crate::model::visitor::Visitor;

/// What the registry asks of a family, whatever its instruments are.
pub(crate) trait AnyFamily: Any + Send + Sync {
    fn shared(&self) -> &Arc<Shared>;
    fn instrument(&self) -> &'static str;
    /// A scrape begins, of which [`visit`](Self::visit) may be a part.
    fn scraped(&self) {}
    fn visit(&self, out: &mut dyn Visitor);
    /// How many series there are.
    fn series(&self) -> usize;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// The family as what it was registered as; another of the same name would have been refused before.
pub(crate) fn downcast<F: AnyFamily>(
    family: Arc<dyn AnyFamily>,
    declared: &str,
    name: &str,
    site: &'static Location<'static>,
) -> Result<Arc<F>, RegisterError> {
    let (there, registered) = (family.shared().site, family.instrument().into());
    family.into_any().downcast().map_err(|_| {
        let declared = declared.into();
        let differs =
            RegisterErrorKind::Differs { what: "the instrument", registered, declared, site: there };
        RegisterError::new(name, site, differs)
    })
}
