use crate::catalogue::Selector;
use crate::promql::merged::merged;
use crate::promql::queries::grouped;
use crate::promql::scope::Scope;

/// Sums over several metrics that do not vanish with one of them, by the values of labels, or of all series together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums<'a> {
    pub(crate) scope: &'a Scope,
    /// `increase` or `rate`.
    pub(crate) function: &'a str,
    pub(crate) range: &'a str,
    pub(crate) by: &'a [&'a str],
}

impl Sums<'_> {
    /// The growth of all of these together.
    pub(crate) fn of(&self, selectors: &[Selector]) -> String {
        let each: Vec<_> = merged(selectors).iter().map(|of| self.one(of)).collect();
        total(&each)
    }

    /// The growth of each series.
    pub(crate) fn series(&self, of: &Selector) -> String {
        self.scope.growth(self.function, of, self.range)
    }

    /// The growth of these, which is 0 without series while there is something of which they could be: `all`, a sum.
    pub(crate) fn or_zero(&self, selectors: &[Selector], all: &str) -> String {
        let all = parenthesized(all);
        let terms: Vec<_> =
            merged(selectors).iter().map(|of| format!("({} or 0 * {all})", self.one(of))).collect();
        terms.join(" + ")
    }

    fn one(&self, of: &Selector) -> String {
        format!("{}({})", grouped("sum", self.by), self.series(of))
    }
}

/// Sums added up.
pub(crate) fn total(each: &[String]) -> String {
    match each {
        [only] => only.clone(),
        // One that has no series must not take the others with it.
        each => {
            let any = format!("({})", each.join(" or "));
            let terms: Vec<_> = each.iter().map(|one| format!("({one} or 0 * {any})")).collect();
            terms.join(" + ")
        }
    }
}

/// A sum as an operand of another operator.
pub(crate) fn parenthesized(sum: &str) -> String {
    if sum.contains(" + ") { format!("({sum})") } else { sum.to_owned() }
}
