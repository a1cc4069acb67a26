use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;

/// The width of a dashboard.
const WIDTH: u32 = 24;

/// The place of each panel, as `x`, `y`, width and height: from left to right, those of one size beside each other, and each line filled.
pub(crate) fn places(panels: &[Panel]) -> Vec<[u32; 4]> {
    let mut places = Vec::with_capacity(panels.len());
    let mut y = 0;
    let mut rest = panels;
    while let Some(first) = rest.first() {
        let (height, beside) = first.kind.size();
        let is_same = |panel: &Panel| panel.kind.size() == (height, beside) && panel.kind != PanelKind::Row;
        let same = rest.iter().skip(1).take_while(|panel| is_same(panel)).count() + 1;
        let count = in_line(same, beside);
        let (line, after) = rest.split_at(count);
        let width = WIDTH / u32::try_from(line.len()).unwrap_or(WIDTH);
        places.extend((0..).map(|at| at * width).zip(line).map(|(x, _)| [x, y, width, height]));
        y += height;
        rest = after;
    }
    places
}

/// How many of the next panels of one size stand in a line: five that fit in fours become three and two.
fn in_line(same: usize, beside: usize) -> usize {
    let lines = same.div_ceil(beside.max(1));
    same.div_ceil(lines.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled_and_panels_do_not_overlap() {
        let of = |kind| Panel::new(kind, "", Vec::new());
        let panels = [
            of(PanelKind::Stat),
            of(PanelKind::Stat),
            of(PanelKind::Stat),
            of(PanelKind::Stat),
            of(PanelKind::Gauge),
            of(PanelKind::TimeSeries),
            of(PanelKind::Heatmap),
            of(PanelKind::Table),
            of(PanelKind::Row),
            of(PanelKind::Logs),
        ];
        let expected = [
            [0, 0, 8, 5],
            [8, 0, 8, 5],
            [16, 0, 8, 5],
            [0, 5, 12, 5],
            [12, 5, 12, 5],
            [0, 10, 12, 8],
            [12, 10, 12, 8],
            [0, 18, 24, 8],
            [0, 26, 24, 1],
            [0, 27, 24, 10],
        ];
        assert_eq!(places(&panels), expected);
    }
}
