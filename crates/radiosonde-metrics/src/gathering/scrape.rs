use std::sync::atomic::Ordering;

use crate::exposition::dialect::Dialect;
use crate::exposition::format::Format;
use crate::exposition::selection::Selection;
use crate::gathering::gather::{Purpose, gather};
use crate::gathering::reentrancy::Gathering;
use crate::model::visitor::Visitor;
use crate::registry::Registry;

impl Registry {
    /// Everything as Prometheus text 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        self.encode(Format::Text)
    }

    /// Everything in `format`, to be read by people and tests.
    ///
    /// [`Format::Protobuf`] is no text, and comes as [`Format::Text`]: see [`encode_bytes`](Self::encode_bytes).
    #[must_use]
    pub fn encode(&self, format: Format) -> String {
        let format = if format == Format::Protobuf { Format::Text } else { format };
        // All texts are UTF-8.
        String::from_utf8(self.encode_bytes(format)).unwrap_or_default()
    }

    /// Everything in a [`Format`] or a [`Dialect`] of one, to be sent.
    #[must_use]
    pub fn encode_bytes(&self, dialect: impl Into<Dialect>) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode_into(&mut bytes, dialect, &Selection::all());
        bytes
    }

    /// Appends the families of `selection` to `out`, in a [`Format`] or a [`Dialect`] of one.
    ///
    /// # Cost
    /// Every collector is asked as for a scrape of everything; families that are not selected are neither read nor encoded. Once a
    /// buffer that is reused has grown, nothing is allocated for the text.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_metrics::exposition::{Format, Selection};
    ///
    /// let registry = Registry::new();
    /// let orders = registry.counter("orders_total", "Orders.").build()?;
    /// let mut body = Vec::new();
    /// for _ in 0..2 {
    ///     orders.inc();
    ///     body.clear();
    ///     registry.encode_into(&mut body, Format::Text, &Selection::of(["orders_total"]));
    /// }
    /// assert_eq!(body, b"# HELP orders_total Orders.\n# TYPE orders_total counter\norders_total 2\n");
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub fn encode_into(&self, out: &mut Vec<u8>, dialect: impl Into<Dialect>, selection: &Selection) {
        let start = out.len();
        if selection.is_all() {
            // Relaxed: a guess, which the encoder corrects.
            out.reserve(self.expected_bytes().load(Ordering::Relaxed));
        }
        dialect.into().encode_into(out, |out| gather(self, Purpose::Scrape(selection), out));
        if selection.is_all() {
            let bytes = out.len() - start;
            // Relaxed: as above. A little more, because counts grow.
            self.expected_bytes().store(bytes + bytes / 16, Ordering::Relaxed);
        }
    }

    /// Shows everything to `visitor`. Counts as a scrape for series that [expire](crate::RemovableMetricBuilder::expire_after_scrapes).
    pub fn visit(&self, visitor: &mut dyn Visitor) {
        gather(self, Purpose::Scrape(&Selection::all()), visitor);
    }

    /// Whether this thread is gathering the registry: true for a collector that the registry asks.
    ///
    /// Also true where too many registries show one another to gather one more.
    #[must_use]
    pub fn is_gathering(&self) -> bool {
        Gathering::enter(self.address()).is_none()
    }

    /// Shows everything to `visitor` without counting as a scrape.
    pub fn look(&self, visitor: &mut dyn Visitor) {
        gather(self, Purpose::Look, visitor);
    }
}
