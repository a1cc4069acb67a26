use crate::reentrancy::outermost;
use crate::storage::values::Values;

/// Label values that were rendered once, before a lock is taken: a label's [`show`](crate::LabelValue::show) is the user's code, which may
/// use the family itself, and need not give the same text twice.
pub(crate) struct Rendered(Vec<String>);

impl Rendered {
    /// `None` if the program's allocator asks while this thread allocates for a metric.
    pub(crate) fn of(values: &impl Values) -> Option<Self> {
        let (mut rendered, mut all) = (Vec::new(), true);
        // What renders them is not within: it may look up another series.
        values.each(|value| all &= outermost(|| rendered.push(value.to_owned())).is_some());
        all.then_some(Self(rendered))
    }
}

impl Values for Rendered {
    fn each(&self, mut see: impl FnMut(&str)) {
        self.0.iter().for_each(|value| see(value));
    }
}
