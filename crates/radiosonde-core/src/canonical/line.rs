//! The annotations of the line that this thread writes.

use std::cell::RefCell;

use crate::canonical::annotations::Annotations;
use crate::canonical::record::CanonicalRecord;

/// The name of the field that an event has if it is the line of a unit of work with annotations. Its value is the `Debug` of
/// the [`Annotations`], for layers that do not [read](read_line) them with their types.
pub const LINE_FIELD: &str = "radiosonde.annotations";

thread_local! {
    static LINE: RefCell<Option<CanonicalRecord>> = const { RefCell::new(None) };
}

/// Writes the line of a unit of work, while layers can read the annotations of `record`.
///
/// # Cost
/// Without annotations, none.
pub fn with_line<R>(record: Option<&CanonicalRecord>, write: impl FnOnce() -> R) -> R {
    let annotated =
        record.filter(|record| record.annotations().is_some_and(|annotations| !annotations.is_empty()));
    let Some(record) = annotated else { return write() };
    let _line = Line(replace(Some(record.clone())));
    write()
}

/// Passes the annotations to a layer that has met the field [`LINE_FIELD`]. `None` if the event is not written by [`with_line`].
pub fn read_line<R>(read: impl FnOnce(&Annotations) -> R) -> Option<R> {
    let record = LINE.try_with(|line| line.try_borrow().ok()?.clone()).ok().flatten()?;
    record.annotations().map(read)
}

struct Line(Option<CanonicalRecord>);

impl Drop for Line {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}

fn replace(record: Option<CanonicalRecord>) -> Option<CanonicalRecord> {
    LINE.try_with(|line| {
        line.try_borrow_mut().ok().and_then(|mut line| std::mem::replace(&mut *line, record))
    })
    .ok()
    .flatten()
}
