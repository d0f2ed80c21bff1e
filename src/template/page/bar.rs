//! The totals at the head of the page: a bar, and a choice for each state.

use super::super::report::State;

/// Least share of the bar, in per cent: one repository of thousands is still seen.
const LEAST: f64 = 0.8;
/// Share that has room for a number.
const ROOMY: f64 = 4.0;

pub(super) fn bar(totals: &[(State, usize)]) -> String {
    let there: Vec<(State, usize)> = totals
        .iter()
        .copied()
        .filter(|(_, count)| *count > 0)
        .collect();
    let words: Vec<String> = there
        .iter()
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect();
    let choices: String = totals
        .iter()
        .map(|(state, count)| choice(*state, *count))
        .collect();
    format!(
        "<svg class=\"bar\" role=\"img\" aria-label=\"{}\" height=\"26\">{}</svg>\n\
         <fieldset class=\"states\"><legend>States</legend>\n{choices}</fieldset>\n",
        words.join(", "),
        parts(&there)
    )
}

/// Side by side, as wide as their share.
fn parts(there: &[(State, usize)]) -> String {
    let all: usize = there.iter().map(|(_, count)| count).sum();
    let widths: Vec<f64> = there
        .iter()
        .map(|(_, count)| (100.0 * *count as f64 / all as f64).max(LEAST))
        .collect();
    let sum: f64 = widths.iter().sum();
    let mut out = String::new();
    let mut left = 0.0;
    for ((state, count), width) in there.iter().zip(widths) {
        let (name, width) = (state.name(), 100.0 * width / sum);
        let number = match width >= ROOMY {
            true => format!(
                "<text x=\"{:.2}%\" y=\"18\">{} {count}</text>",
                left + width / 2.0,
                sign(*state)
            ),
            false => String::new(),
        };
        out.push_str(&format!(
            "<g class=\"{name}\"><title>{count} {name}</title>\
             <rect x=\"{left:.2}%\" width=\"{width:.2}%\" height=\"26\"/>{number}</g>"
        ));
        left += width;
    }
    out
}

/// Works without scripts: the style hides the rows of other states while one is chosen.
fn choice(state: State, count: usize) -> String {
    let name = state.name();
    let disabled = if count == 0 { " disabled" } else { "" };
    format!(
        "<label class=\"{name}\"><input type=\"checkbox\" id=\"only-{name}\"{disabled}>\
         <span class=\"sign\" aria-hidden=\"true\">{}</span> {name} <b>{count}</b></label>\n",
        sign(state)
    )
}

/// Colour is not the only carrier. The style has the same signs for rows.
pub(super) fn sign(state: State) -> char {
    match state {
        State::Current => '✓',
        State::Outdated => '↑',
        State::Drifted => '≠',
        State::Declined => '⊘',
        State::Held => '‖',
        State::Pinned => '◆',
        State::Skipped => '→',
        State::Unmanaged => '○',
        State::Failed => '✕',
    }
}
