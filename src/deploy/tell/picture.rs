//! The rollout as a picture of letters at its end: which phase took how long, and which tasks ran when.
//!
//! At most 80 columns, ASCII only, no colour: it stands in job logs. Refuses to show more moments than fit a screen.
//! Read next: `report`, which draws the same for a browser.

use super::words;
use crate::deploy::result::{Deployed, Moment, Phase};

const BAR_COLUMNS: u64 = 44;
const TASK_COLUMNS: u64 = 40;
const MOST_MOMENTS: usize = 14;

/// Empty where nothing was seen that could be drawn.
pub(crate) fn picture(deployed: &Deployed) -> String {
    if deployed.timeline.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "rollout of {}: {}\n",
        ascii(&words::name(&deployed.target), 50),
        words::took(deployed.took_ms)
    );
    let whole = deployed
        .phases
        .iter()
        .map(|phase| phase.began_ms + phase.took_ms)
        .max()
        .unwrap_or(0)
        .max(1);
    for phase in &deployed.phases {
        text.push_str(&bar(phase, whole));
    }
    text.push('\n');
    text.push_str("    after  state         # ours  + starting  . missing  o others\n");
    let scale = Scale::of(&deployed.timeline);
    for moment in thinned(&deployed.timeline) {
        let line = format!(
            "  {:>7}  {:<13} {}{}",
            words::clock(moment.after_ms),
            ascii(&moment.state, 13),
            scale.draw(moment),
            match moment.failed {
                0 => String::new(),
                count => format!("  {count} failed"),
            }
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if scale.tasks_per_letter > 1 {
        text.push_str(&format!("  one letter: {} tasks\n", scale.tasks_per_letter));
    }
    text
}

fn bar(phase: &Phase, whole: u64) -> String {
    let column = |ms: u64| ms.saturating_mul(BAR_COLUMNS) / whole;
    let from = column(phase.began_ms).min(BAR_COLUMNS - 1);
    let to = column(phase.began_ms + phase.took_ms).clamp(from + 1, BAR_COLUMNS);
    let drawn: String = (0..BAR_COLUMNS)
        .map(|at| if (from..to).contains(&at) { '=' } else { ' ' })
        .collect();
    format!(
        "  {:<13}|{drawn}| {}\n",
        ascii(&phase.name, 12),
        words::took(phase.took_ms)
    )
}

/// How many tasks one letter stands for.
struct Scale {
    tasks_per_letter: u64,
}

impl Scale {
    fn of(timeline: &[Moment]) -> Self {
        let wide = |one: &Moment| {
            let ours = u64::from(one.running) + u64::from(one.pending);
            ours.max(u64::from(one.desired)) + u64::from(one.others)
        };
        let widest = timeline.iter().map(wide).max().unwrap_or(0);
        Scale {
            tasks_per_letter: widest.div_ceil(TASK_COLUMNS - 4).max(1),
        }
    }

    fn draw(&self, moment: &Moment) -> String {
        let missing = moment
            .desired
            .saturating_sub(moment.running)
            .saturating_sub(moment.pending);
        let letters = |letter: &str, count: u32| {
            letter.repeat(u64::from(count).div_ceil(self.tasks_per_letter) as usize)
        };
        let ours =
            letters("#", moment.running) + &letters("+", moment.pending) + &letters(".", missing);
        match moment.others {
            0 => ours,
            others => format!("{ours} {}", letters("o", others)),
        }
    }
}

/// The first, the last, and some evenly between.
fn thinned(timeline: &[Moment]) -> Vec<&Moment> {
    let count = timeline.len();
    if count <= MOST_MOMENTS {
        return timeline.iter().collect();
    }
    (0..MOST_MOMENTS)
        .filter_map(|n| timeline.get(n * (count - 1) / (MOST_MOMENTS - 1)))
        .collect()
}

fn ascii(text: &str, most: usize) -> String {
    text.chars()
        .take(most)
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::end::Outcome;
    use crate::deploy::tell::samples::{broken, done};

    #[test]
    fn a_rollout_is_drawn_with_its_phases_and_its_tasks() {
        insta::assert_snapshot!(picture(&done("deploy")), @r"
        rollout of prod/app: 95 s
          preflight    |=                                           | 1.0 s
          start        |=                                           | 0.5 s
          rolling      |=========================================   | 88 s
          verifying    |                                         ===| 5.0 s

            after  state         # ours  + starting  . missing  o others
             0:01  rolling       .. oo
             0:14  rolling       ++ oo
             0:50  rolling       ## oo
             1:30  verifying     ##
        ");
    }

    #[test]
    fn failed_tasks_are_counted_and_those_of_others_stay() {
        insta::assert_snapshot!(picture(&broken(Outcome::Failed)), @r"
        rollout of prod/app: 95 s
          preflight    |=                                           | 1.0 s
          start        |=                                           | 0.5 s
          rolling      |=========================================   | 88 s
          verifying    |                                         ===| 5.0 s

            after  state         # ours  + starting  . missing  o others
             0:01  rolling       .. oo
             1:00  rolling       .. oo  3 failed
        ");
    }

    #[test]
    fn it_fits_eighty_columns_of_plain_letters_whatever_is_in_it() {
        let mut big = done("deploy");
        big.target = "\u{1b}[31m".repeat(40) + "ä";
        big.phases[0].name = "ä".repeat(50);
        big.timeline = (0..1000_u32)
            .map(|n| Moment {
                after_ms: u64::from(n) * 100_000,
                state: "x".repeat(60),
                running: n,
                pending: 7,
                failed: 12_345,
                desired: 1000,
                others: 1000 - n,
            })
            .collect();
        let text = picture(&big);
        assert!(text.is_ascii() && !text.contains('\u{1b}'), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.lines().count() < 30);
        big.timeline.truncate(1);
        big.timeline[0].running = u32::MAX;
        big.timeline[0].desired = u32::MAX;
        big.timeline[0].others = u32::MAX;
        assert!(picture(&big).lines().all(|line| line.len() <= 100));
    }

    #[test]
    fn where_nothing_was_seen_nothing_is_drawn() {
        let mut refused = done("deploy");
        refused.timeline.clear();
        assert_eq!(picture(&refused), "");
    }
}
