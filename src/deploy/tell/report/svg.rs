//! The timeline as an SVG: phases, tasks over time, events.

use super::super::{ends, words};
use super::{escape, tone};
use crate::deploy::result::{Deployed, Moment};
use crate::rollout::clean;

const WIDTH: u64 = 960;
const LEFT: u64 = 24;
const DRAWN_WIDTH: u64 = WIDTH - 2 * LEFT;
const CHART_HEIGHT: u64 = 120;
/// Of one service.
const HEIGHT: u64 = 300;
/// Characters that fit the width, near enough.
const LONGEST_LINE: usize = 135;
const MOST_EVENTS: usize = 60;

/// Colours of both schemes; the page around it uses the same names.
pub(super) const STYLE: &str = "\
:root{--paper:#fff;--ink:#1f2328;--faint:#656d76;--line:#d0d7de;--ours:#1f6feb;--starting:#a5c8ff;--others:#afb8c1;\
--good:#1a7f37;--bad:#cf222e;--neutral:#9a6700;--phase:#eaeef2}\
@media (prefers-color-scheme: dark){:root{--paper:#0d1117;--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--ours:#4493f8;\
--starting:#1f3d66;--others:#59636e;--good:#3fb950;--bad:#f85149;--neutral:#d29922;--phase:#21262d}}\
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}svg .big{font-size:17px;font-weight:600}\
svg .faint{fill:var(--faint)}svg .paper{fill:var(--paper)}svg .ours{fill:var(--ours)}svg .starting{fill:var(--starting)}\
svg .others{fill:var(--others)}svg .phase{fill:var(--phase);stroke:var(--line)}svg .axis{stroke:var(--line)}\
svg .wanted{stroke:var(--ink);stroke-dasharray:4 4}svg .event{stroke:var(--neutral);stroke-width:2}\
.good,svg .good{fill:var(--good);color:var(--good)}.bad,svg .bad{fill:var(--bad);color:var(--bad)}\
.neutral,svg .neutral{fill:var(--neutral);color:var(--neutral)}";

/// A file of its own.
pub(super) fn picture(all: &[Deployed]) -> String {
    let height = HEIGHT * (all.len().max(1) as u64);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\">\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    for (n, one) in all.iter().enumerate() {
        let down = HEIGHT * n as u64;
        text.push_str(&format!(
            "<g transform=\"translate(0 {down})\">\n{}</g>\n",
            drawing(one)
        ));
    }
    text.push_str("</svg>\n");
    text
}

/// To stand in a page that has the style.
pub(super) fn inline(one: &Deployed) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n{}</svg>\n",
        drawing(one)
    )
}

fn drawing(one: &Deployed) -> String {
    let axis = Axis::of(one);
    let mut text = format!(
        "<title>{}</title>\n<text class=\"big\" x=\"{LEFT}\" y=\"34\">{}</text>\n\
         <text class=\"{}\" x=\"{LEFT}\" y=\"58\">{}</text>\n",
        escape(&ends::end_line(one)),
        escape(&clean(&one.target, 90)),
        tone(one),
        escape(&clean(&ends::end_line(one), LONGEST_LINE)),
    );
    for phase in &one.phases {
        let from = axis.at(phase.began_ms);
        let width = axis
            .at(phase.began_ms.saturating_add(phase.took_ms))
            .saturating_sub(from)
            .max(2);
        let label = format!("{} {}", phase.name, words::took(phase.took_ms));
        text.push_str(&format!(
            "<rect class=\"phase\" x=\"{from}\" y=\"76\" width=\"{width}\" height=\"24\"><title>{}</title></rect>\n",
            escape(&label)
        ));
        // Seven pixels a letter, as near as can be told without measuring.
        if width > 7 * label.chars().count() as u64 {
            text.push_str(&format!(
                "<text x=\"{}\" y=\"92\">{}</text>\n",
                from + 6,
                escape(&label)
            ));
        }
    }
    text.push_str(&chart(one, &axis));
    let bottom = 116 + CHART_HEIGHT;
    for event in one.events.iter().rev().take(MOST_EVENTS) {
        let after = event.at.since(one.began_at).as_millis();
        let at = axis.at(u64::try_from(after).unwrap_or(u64::MAX));
        text.push_str(&format!(
            "<line class=\"event\" x1=\"{at}\" y1=\"{bottom}\" x2=\"{at}\" y2=\"{}\"><title>{}</title></line>\n",
            bottom + 10,
            escape(&event.message)
        ));
    }
    text.push_str(&legend(&axis));
    text
}

fn chart(one: &Deployed, axis: &Axis) -> String {
    let mut text = String::new();
    let top = 116;
    let total = |moment: &Moment| {
        let ours = u64::from(moment.running) + u64::from(moment.pending);
        (ours + u64::from(moment.others)).max(u64::from(moment.desired))
    };
    let most = one.timeline.iter().map(total).max().unwrap_or(0).max(1);
    let height = |count: u64| CHART_HEIGHT * count / most;
    let ends = one.timeline.iter().skip(1).map(|next| next.after_ms);
    let ends = ends.chain(std::iter::once(axis.whole_ms));
    for (moment, until) in one.timeline.iter().zip(ends) {
        let from = axis.at(moment.after_ms);
        let width = axis.at(until).saturating_sub(from);
        let mut base = 0;
        for (class, count) in [
            ("ours", moment.running),
            ("starting", moment.pending),
            ("others", moment.others),
        ] {
            let count = u64::from(count);
            if count == 0 || width == 0 {
                continue;
            }
            let drawn = height(base + count) - height(base);
            base += count;
            text.push_str(&format!(
                "<rect class=\"{class}\" x=\"{from}\" y=\"{}\" width=\"{width}\" height=\"{drawn}\"><title>{}</title></rect>\n",
                top + CHART_HEIGHT - height(base),
                escape(&format!(
                    "{} {}: {} ours, {} starting, {} others, {} failed",
                    words::clock(moment.after_ms),
                    moment.state,
                    moment.running,
                    moment.pending,
                    moment.others,
                    moment.failed
                ))
            ));
        }
    }
    let wanted = top + CHART_HEIGHT - height(u64::from(one.desired).min(most));
    if one.desired > 0 && !one.timeline.is_empty() {
        text.push_str(&format!(
            "<line class=\"wanted\" x1=\"{LEFT}\" y1=\"{wanted}\" x2=\"{}\" y2=\"{wanted}\"><title>{} wanted</title></line>\n",
            WIDTH - LEFT,
            words::tasks(one.desired)
        ));
    }
    text.push_str(&format!(
        "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{0}\" x2=\"{1}\" y2=\"{0}\"/>\n",
        top + CHART_HEIGHT,
        WIDTH - LEFT
    ));
    text
}

fn legend(axis: &Axis) -> String {
    let mut text = String::new();
    for quarter in 0..=4_u64 {
        let ms = axis.whole_ms / 4 * quarter;
        let anchor = match quarter {
            0 => "start",
            4 => "end",
            _ => "middle",
        };
        text.push_str(&format!(
            "<text class=\"faint\" x=\"{}\" y=\"262\" text-anchor=\"{anchor}\">{}</text>\n",
            axis.at(ms),
            words::clock(ms)
        ));
    }
    let mut x = LEFT;
    for (class, label) in [
        ("ours", "this deployment"),
        ("starting", "starting"),
        ("others", "other deployments"),
    ] {
        text.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"276\" width=\"12\" height=\"12\"/>\n<text x=\"{}\" y=\"287\">{label}</text>\n",
            x + 18
        ));
        x += 160;
    }
    text.push_str(&format!(
        "<line class=\"event\" x1=\"{x}\" y1=\"276\" x2=\"{x}\" y2=\"288\"/>\n<text x=\"{}\" y=\"287\">event</text>\n",
        x + 8
    ));
    text
}

/// Time from left to right.
struct Axis {
    whole_ms: u64,
}

impl Axis {
    fn of(one: &Deployed) -> Self {
        let phases = one
            .phases
            .iter()
            .map(|phase| phase.began_ms.saturating_add(phase.took_ms));
        let moments = one.timeline.iter().map(|moment| moment.after_ms);
        let whole = phases.chain(moments).max().unwrap_or(0);
        Axis {
            whole_ms: whole.max(one.took_ms).max(1),
        }
    }

    fn at(&self, ms: u64) -> u64 {
        let share =
            u128::from(ms.min(self.whole_ms)) * u128::from(DRAWN_WIDTH) / u128::from(self.whole_ms);
        LEFT + u64::try_from(share).unwrap_or(DRAWN_WIDTH)
    }
}
