use crate::dashboards::panel_kind::PanelKind;
use crate::document::{Node, list, map};

/// The options of a visualization.
///
/// Source: the types of the npm package `@grafana/schema`, `raw/composable/*/panelcfg`. Version 12 ignores the settings that version 13 added.
pub(crate) fn options(kind: PanelKind, unit: &str) -> Node {
    match kind {
        PanelKind::TimeSeries => map([("legend", legend("bottom", &[])), ("tooltip", tooltip("multi"))]),
        PanelKind::Stat => map([
            ("reduceOptions", last_value()),
            ("colorMode", "value".into()),
            ("graphMode", "area".into()),
            ("justifyMode", "auto".into()),
            ("orientation", "auto".into()),
            ("percentChangeColorMode", "standard".into()),
            ("showPercentChange", false.into()),
            ("textMode", "auto".into()),
            ("wideLayout", Node::from(true)),
        ]),
        PanelKind::Gauge => gauge(),
        PanelKind::Heatmap => heatmap(unit),
        PanelKind::Table => map([
            ("cellHeight", "sm".into()),
            ("frameIndex", 0.0.into()),
            ("showHeader", true.into()),
            ("sortBy", list([map([("displayName", Node::from("Value")), ("desc", true.into())])])),
        ]),
        PanelKind::PieChart => map([
            ("reduceOptions", last_value()),
            ("displayLabels", list(["percent"])),
            ("legend", legend("right", &["value"])),
            ("orientation", "auto".into()),
            ("pieType", "donut".into()),
            ("sort", "desc".into()),
            ("tooltip", tooltip("single")),
        ]),
        PanelKind::StateTimeline => map([
            ("alignValue", "left".into()),
            ("legend", legend("bottom", &[])),
            ("mergeValues", true.into()),
            ("rowHeight", 0.9.into()),
            ("showValue", "never".into()),
            ("tooltip", tooltip("single")),
        ]),
        PanelKind::Logs => map([
            ("dedupStrategy", "none".into()),
            ("enableLogDetails", true.into()),
            ("prettifyLogMessage", false.into()),
            ("showCommonLabels", false.into()),
            ("showLabels", false.into()),
            ("showLogContextToggle", true.into()),
            ("showTime", true.into()),
            ("sortOrder", "Descending".into()),
            ("wrapLogMessage", Node::from(true)),
        ]),
        PanelKind::Row => Node::Map(Vec::new()),
    }
}

fn gauge() -> Node {
    map([
        ("reduceOptions", last_value()),
        ("orientation", "auto".into()),
        ("barShape", "flat".into()),
        ("barWidthFactor", 0.4.into()),
        ("effects", Node::Map(Vec::new())),
        ("minVizHeight", 75.0.into()),
        ("minVizWidth", 75.0.into()),
        ("segmentCount", 1.0.into()),
        ("segmentSpacing", 0.3.into()),
        ("shape", "gauge".into()),
        ("sizing", "auto".into()),
        ("showThresholdLabels", false.into()),
        ("showThresholdMarkers", Node::from(true)),
    ])
}

/// The color of a cell is the number of observations per second; empty buckets stay empty.
fn heatmap(unit: &str) -> Node {
    let color = map([
        ("exponent", 0.5.into()),
        ("fill", "dark-orange".into()),
        ("mode", "scheme".into()),
        ("reverse", false.into()),
        ("scale", "exponential".into()),
        ("scheme", "Oranges".into()),
        ("steps", Node::from(64.0)),
    ]);
    map([
        ("calculate", false.into()),
        ("cellGap", 1.0.into()),
        ("color", color),
        ("exemplars", map([("color", Node::from("rgba(255,0,255,0.7)"))])),
        ("filterValues", map([("le", Node::from(1e-9))])),
        ("legend", map([("show", Node::from(true))])),
        ("showValue", "never".into()),
        ("rowsFrame", map([("layout", Node::from("auto"))])),
        (
            "tooltip",
            map([
                ("mode", "single".into()),
                ("showColorScale", false.into()),
                ("yHistogram", Node::from(false)),
            ]),
        ),
        (
            "yAxis",
            map([("axisPlacement", "left".into()), ("reverse", false.into()), ("unit", Node::from(unit))]),
        ),
    ])
}

fn last_value() -> Node {
    map([("calcs", list(["lastNotNull"])), ("fields", "".into()), ("values", false.into())])
}

fn legend(placement: &str, values: &[&str]) -> Node {
    let mut legend: Vec<(&str, Node)> = vec![
        ("calcs", list::<Node>([])),
        ("displayMode", "list".into()),
        ("placement", placement.into()),
        ("showLegend", true.into()),
    ];
    if !values.is_empty() {
        legend.push(("values", list(values.iter().copied())));
    }
    map(legend)
}

fn tooltip(mode: &str) -> Node {
    map([("mode", mode.into()), ("sort", Node::from("desc"))])
}

/// The settings of fields that only this visualization has.
pub(crate) fn custom(kind: PanelKind, stacked: bool, has_lines: bool) -> Node {
    match kind {
        PanelKind::TimeSeries => {
            let stacking = if stacked { "normal" } else { "none" };
            let style = if has_lines { "dashed" } else { "off" };
            map([
                ("drawStyle", "line".into()),
                ("fillOpacity", 10.0.into()),
                ("lineWidth", 1.0.into()),
                ("showPoints", "auto".into()),
                ("spanNulls", false.into()),
                ("stacking", map([("group", "A".into()), ("mode", Node::from(stacking))])),
                ("thresholdsStyle", map([("mode", Node::from(style))])),
            ])
        }
        PanelKind::StateTimeline => map([("fillOpacity", 70.0.into()), ("lineWidth", Node::from(0.0))]),
        PanelKind::Table => map([
            ("align", "auto".into()),
            ("cellOptions", map([("type", Node::from("auto"))])),
            ("inspect", Node::from(false)),
        ]),
        _ => Node::Map(Vec::new()),
    }
}

/// A table of instant values has a column of the time that is the same in each line.
pub(crate) fn transformations(kind: PanelKind) -> Option<Node> {
    let without_time = || map([("excludeByName", map([("Time", Node::from(true))]))]);
    (kind == PanelKind::Table)
        .then(|| list([map([("id", Node::from("organize")), ("options", without_time())])]))
}
