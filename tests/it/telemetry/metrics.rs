//! The metrics file, read by the rules of Prometheus' text format.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;

use super::{Watched, whole};

/// Series by name and labels, with their values.
type Series = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// Reads the format strictly. Source: Prometheus, "Exposition formats", "Text format details".
#[track_caller]
fn parsed(text: &str) -> (BTreeMap<String, String>, Series) {
    assert!(text.ends_with('\n'), "the last line ends");
    let (mut kinds, mut helps, mut series) = (BTreeMap::new(), BTreeSet::new(), Series::new());
    let mut closed: BTreeSet<String> = BTreeSet::new();
    let mut current = String::new();
    for line in text.lines() {
        assert!(!line.is_empty() && line.trim() == line, "{line:?}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help has words");
            assert!(helps.insert(name.to_owned()) && !help.is_empty());
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type has a word");
            assert!(matches!(kind, "counter" | "gauge" | "histogram"), "{line}");
            assert!(!closed.contains(name), "{name} stands in two places");
            closed.insert(std::mem::replace(&mut current, name.to_owned()));
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none());
            continue;
        }
        let (name, labels, value) = sample(line);
        let kind = kinds.get(&current).map_or("", String::as_str);
        let suffix = name.strip_prefix(current.as_str());
        let fits = match kind {
            "histogram" => matches!(suffix, Some("_bucket" | "_sum" | "_count")),
            "counter" => suffix == Some("") && name.ends_with("_total"),
            _ => suffix == Some(""),
        };
        assert!(fits, "{line} does not belong to {current}");
        assert!(
            series.insert((name, labels), value).is_none(),
            "{line} stands twice"
        );
    }
    assert_eq!(helps, kinds.keys().cloned().collect());
    (kinds, series)
}

#[track_caller]
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let is_name = |text: &str| {
        let mut letters = text.chars();
        letters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (head, value) = line.rsplit_once(' ').expect("a sample has a value");
    let value: f64 = value.parse().expect("a value is a number");
    let (name, labels) = match head.split_once('{') {
        None => (head, BTreeMap::new()),
        Some((name, labels)) => {
            let labels = labels.strip_suffix('}').expect("labels are closed");
            let labels = labels.split(',').map(|label| {
                let (name, value) = label.split_once('=').expect("a label has a value");
                let value = value
                    .strip_prefix('"')
                    .and_then(|value| value.strip_suffix('"'));
                let value = value.expect("a label's value is quoted");
                assert!(is_name(name) && !value.contains(['"', '\\']), "{label}");
                (name.to_owned(), value.to_owned())
            });
            (name, labels.collect())
        }
    };
    assert!(is_name(name), "{name}");
    (name.to_owned(), labels, value)
}

/// Buckets rise, end with all, and the count is the last of them.
#[track_caller]
fn histograms_are_sound(kinds: &BTreeMap<String, String>, series: &Series) {
    for name in kinds
        .iter()
        .filter(|(_, kind)| *kind == "histogram")
        .map(|(name, _)| name)
    {
        let mut groups: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
        for ((_, labels), value) in series
            .iter()
            .filter(|((one, _), _)| *one == format!("{name}_bucket"))
        {
            let mut labels = labels.clone();
            let bound = labels.remove("le").expect("a bucket has a bound");
            let bound = bound.parse().expect("a bound is a number");
            groups.entry(labels).or_default().push((bound, *value));
        }
        assert!(!groups.is_empty());
        for (labels, mut buckets) in groups {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(
                buckets.windows(2).all(|two| two[0].1 <= two[1].1),
                "{name} {labels:?}"
            );
            let last = buckets.last().expect("there is one");
            assert_eq!(last.0, f64::INFINITY);
            assert_eq!(series[&(format!("{name}_count"), labels.clone())], last.1);
            assert!(series.contains_key(&(format!("{name}_sum"), labels)));
        }
    }
}

#[track_caller]
fn value(series: &Series, name: &str, labels: &[(&str, &str)]) -> f64 {
    let labels = labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let key = (name.to_owned(), labels.collect());
    *series
        .get(&key)
        .unwrap_or_else(|| panic!("there is no {key:?}"))
}

#[test]
fn jobs_that_end_side_by_side_are_all_counted_in_sound_text() {
    let watched = Watched::new();
    std::thread::scope(|scope| {
        for slot in 0..3 {
            let stand = &watched.stand;
            scope.spawn(move || {
                let job = stand
                    .job()
                    .runner("CI_CONCURRENT_PROJECT_ID", &slot.to_string());
                whole(job, if slot == 0 { "exit 3" } else { "true" });
            });
        }
    });
    let file = watched.metrics_file();
    let text = std::fs::read_to_string(&file).unwrap();
    let (kinds, series) = parsed(&text);
    histograms_are_sound(&kinds, &series);
    let count = |outcome| value(&series, "baws_ci_jobs_total", &[("outcome", outcome)]);
    assert_eq!(
        ["success", "failed", "refused", "system_failure", "unknown"].map(count),
        [2.0, 1.0, 0.0, 0.0, 0.0]
    );
    assert_eq!(
        value(
            &series,
            "baws_ci_job_part_seconds_count",
            &[("part", "script")]
        ),
        3.0
    );
    assert_eq!(value(&series, "baws_ci_job_seconds_count", &[]), 3.0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        value(&series, "baws_ci_build_info", &[("version", version)]),
        1.0
    );
    // A job's own words are no labels, and others than root read the file.
    assert!(
        !text.contains("it/project") && series.len() < 400,
        "{}",
        series.len()
    );
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let visible = std::fs::read_dir(watched.stand.dir()).unwrap().flatten();
    let visible = visible.map(|entry| entry.file_name().into_string().unwrap());
    let prom: Vec<String> = visible.filter(|name| name.ends_with(".prom")).collect();
    assert_eq!(prom, ["baws.prom"]);
}
