//! Amounts as the runner's configuration writes them: `512m`, `1.5`.

use crate::error::{Error, Result};

/// Bytes of a text such as `512m` or `2g`; the units are powers of 1024. Source: docker/go-units `RAMInBytes`.
pub(crate) fn bytes(key: &str, text: &str) -> Result<i64> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: i64 = match lower[digits.len()..]
        .trim_end_matches("ib")
        .trim_end_matches('b')
    {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        _ => return Err(wrong(key, text, "an amount such as `512m` or `2g`")),
    };
    let value: f64 = digits
        .trim()
        .parse()
        .map_err(|_| wrong(key, text, "an amount such as `512m` or `2g`"))?;
    if value <= 0.0 || !value.is_finite() {
        return Err(wrong(key, text, "more than nothing"));
    }
    Ok((value * factor as f64) as i64)
}

/// Billionths of a processor of a text such as `1.5`.
pub(crate) fn nano_cpus(key: &str, text: &str) -> Result<i64> {
    let value: f64 = text
        .trim()
        .parse()
        .map_err(|_| wrong(key, text, "a number such as `1.5`"))?;
    if !(0.0..100_000.0).contains(&value) || value == 0.0 {
        return Err(wrong(key, text, "more than nothing"));
    }
    Ok((value * 1e9) as i64)
}

/// `key`: a flag, the whole path of a key, or the last part of one in `[executor.docker]`.
fn wrong(key: &str, text: &str, wanted: &str) -> Error {
    if key.starts_with("--") {
        return Error::usage(format!("`{key} {text}` must be {wanted}"));
    }
    let (table, key) = key.rsplit_once('.').unwrap_or(("executor.docker", key));
    Error::usage(format!(
        "the settings are wrong: `{table}.{key} = \"{text}\"` must be {wanted}"
    ))
    .hint(format!(
        "the operator corrects the key in `[{table}]`; `baws-ci settings explain` tells every key"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_the_engine_reads_them() {
        assert_eq!(bytes("memory", "512m").unwrap(), 512 << 20);
        assert_eq!(bytes("memory", "1.5GiB").unwrap(), 3 << 29);
        assert_eq!(bytes("memory", "4096").unwrap(), 4096);
        assert!(bytes("memory", "lots").is_err() && bytes("memory", "-1g").is_err());
        assert_eq!(nano_cpus("cpus", "1.5").unwrap(), 1_500_000_000);
        assert!(nano_cpus("cpus", "0").is_err());
    }
}
