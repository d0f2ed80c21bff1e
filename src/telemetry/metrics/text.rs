//! The text of the metrics: strict in what is read, complete in what is written.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::families::{BUCKETS, FAMILIES, Family, Kind, labels};

/// Values by their whole names, such as `baws_ci_jobs_total{outcome="success"}`. Of histograms the buckets are counted each
/// for itself, and added up where they are written.
pub(super) type Series = BTreeMap<String, f64>;

pub(super) fn name(family: &str, suffix: &str, labels: &[(&str, &str)]) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    match labels.is_empty() {
        true => format!("{family}{suffix}"),
        false => format!("{family}{suffix}{{{}}}", labels.join(",")),
    }
}

/// The bounds of a histogram's buckets as they are written.
pub(super) fn bound(index: usize) -> String {
    BUCKETS
        .get(index)
        .map_or("+Inf".to_owned(), |bound| number(*bound))
}

/// # Errors
/// The number of the first line that is neither a comment nor a series of a plain name with a number.
pub(super) fn read(text: &str) -> Result<Series, usize> {
    let mut series = Series::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("# HELP baws_ci_") || line.starts_with("# TYPE baws_ci_") {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').ok_or(index + 1)?;
        let value: f64 = value.parse().map_err(|_| index + 1)?;
        let is_sound = name.starts_with("baws_ci_") && value.is_finite() && value >= 0.0;
        if !is_sound || series.insert(name.to_owned(), value).is_some() {
            return Err(index + 1);
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(text.lines().count());
    }
    apart(&mut series);
    Ok(series)
}

/// From sums of buckets to each bucket's own count.
fn apart(series: &mut Series) {
    for_each_histogram(|family, labels| {
        let mut before = 0.0;
        for index in 0..=BUCKETS.len() {
            let bucket = bucket(family, labels, index);
            let Some(sum) = series.get_mut(&bucket) else {
                continue;
            };
            let own = (*sum - before).max(0.0);
            before = *sum;
            *sum = own;
        }
    });
}

pub(super) fn bucket(family: &str, labels: &[(&str, &str)], index: usize) -> String {
    let bound = bound(index);
    let mut labels = labels.to_vec();
    labels.push(("le", &bound));
    name(family, "_bucket", &labels)
}

fn for_each_histogram(mut each: impl FnMut(&str, &[(&str, &str)])) {
    for family in FAMILIES {
        match family.kind {
            Kind::Histogram => labels(family).iter().for_each(|one| each(family.name, one)),
            Kind::Counter | Kind::Gauge => {}
        }
    }
}

/// All series of the table, in its order: one that nothing was counted in is 0, so that its first rise is seen.
pub(super) fn written(series: &Series) -> String {
    let mut text = String::new();
    for family in FAMILIES {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(text, "# HELP {} {}", family.name, family.help);
        let _ = writeln!(text, "# TYPE {} {kind}", family.name);
        for labels in labels(family) {
            match family.kind {
                Kind::Counter | Kind::Gauge => {
                    let name = name(family.name, "", &labels);
                    let _ = writeln!(text, "{name} {}", number(value(series, &name)));
                }
                Kind::Histogram => histogram(&mut text, family, &labels, series),
            }
        }
    }
    text
}

fn histogram(text: &mut String, family: &Family, labels: &[(&str, &str)], series: &Series) {
    let mut sum = 0.0;
    for index in 0..=BUCKETS.len() {
        let name = bucket(family.name, labels, index);
        sum += value(series, &name);
        let _ = writeln!(text, "{name} {}", number(sum));
    }
    let seconds = name(family.name, "_sum", labels);
    let _ = writeln!(text, "{seconds} {}", number(value(series, &seconds)));
    let count = name(family.name, "_count", labels);
    let _ = writeln!(text, "{count} {}", number(sum));
}

fn value(series: &Series, name: &str) -> f64 {
    series.get(name).copied().unwrap_or(0.0)
}

/// To the millisecond.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
