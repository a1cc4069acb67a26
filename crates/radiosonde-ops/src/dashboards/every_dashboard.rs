use crate::catalogue::Catalogue;
use crate::dashboards::dashboard::Dashboard;
use crate::promql::Scope;

/// The dashboards for which the catalogue has something to show. `name` is that of the service.
pub(crate) fn every_dashboard(_name: &str, _catalogue: &Catalogue, _scope: &Scope) -> Vec<Dashboard> {
    Vec::new()
}
