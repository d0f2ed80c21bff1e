//! Durations as people write them: `1h 30m`, `90 minutes`, `3 hours and 5 seconds`, `3600`.
//!
//! Source of the forms: GitLab reads them with the chronic_duration library; a number alone is seconds.

pub(super) const HINT: &str = "write a duration such as `1h 30m`, `90 minutes` or `3600`";

const UNITS: &[(u64, &[&str])] = &[
    (1, &["s", "sec", "secs", "second", "seconds"]),
    (60, &["m", "min", "mins", "minute", "minutes"]),
    (3600, &["h", "hr", "hrs", "hour", "hours"]),
    (86_400, &["d", "day", "days"]),
    (604_800, &["w", "wk", "wks", "week", "weeks"]),
    (2_592_000, &["mo", "mos", "month", "months"]),
    (31_557_600, &["y", "yr", "yrs", "year", "years"]),
];

/// The seconds, or `None` for what is no duration, or none at all.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let text = text.to_lowercase().replace(',', " ");
    let mut rest = text.trim_start();
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("and ") {
            rest = after.trim_start();
        }
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let amount: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "" => 1,
            word => UNITS.iter().find(|(_, names)| names.contains(&word))?.0,
        };
        total += amount * unit as f64;
        rest = rest[letters..].trim_start();
    }
    (1.0..1e12).contains(&total).then_some(total.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_read_as_gitlab_reads_them() {
        let forms = [
            "1h 30m",
            "90 minutes",
            "3 hours and 5 seconds",
            "3600",
            "1h30m",
            "1.5 hours",
            "2 weeks, 1 day",
        ];
        assert_eq!(
            forms.map(seconds),
            [5400, 5400, 10_805, 3600, 5400, 5400, 1_296_000].map(Some)
        );
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        assert_eq!(
            ["", "soon", "5 parsecs", "-3m", "1:30", "0"].map(seconds),
            [None; 6]
        );
    }
}
