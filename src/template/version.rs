//! Versions of the templates, as SemVer has them without anything behind a hyphen.

use std::fmt;
use std::str::FromStr;

/// `1.4.2`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// Whether `pin`, such as `1`, `1.4` or `1.4.2`, leaves room for it.
    pub(crate) fn fits(self, pin: &str) -> bool {
        let mut own = [self.major, self.minor, self.patch].into_iter();
        pin.trim_end_matches(".x").split('.').all(|part| {
            let part = part.parse::<u32>().ok();
            part.is_some() && part == own.next()
        })
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let whole = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let plain = digits && (part == "0" || !part.starts_with('0'));
            plain.then(|| part.parse().ok()).flatten()
        };
        let parts: Vec<Option<u32>> = text.trim().split('.').map(whole).collect();
        match parts[..] {
            [Some(major), Some(minor), Some(patch)] => Ok(Version {
                major,
                minor,
                patch,
            }),
            _ => Err(format!(
                "`{}` is no version such as 1.4.2",
                crate::rollout::clean(text, 60)
            )),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let of = |text: &str| text.parse::<Version>();
        assert!(of("1.10.0") > of("1.9.3") && of("2.0.0") > of("1.99.99"));
        for wrong in [
            "1",
            "1.2",
            "1.2.3.4",
            "v1.2.3",
            "1.02.3",
            "1.2.3-rc1",
            "",
            "1..2",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert_eq!(of("1.2.3\n").unwrap().to_string(), "1.2.3");
    }

    #[test]
    fn a_pin_leaves_room_below_itself() {
        let version: Version = "1.4.2".parse().unwrap();
        for pin in ["1", "1.x", "1.4", "1.4.x", "1.4.2"] {
            assert!(version.fits(pin), "{pin}");
        }
        for pin in ["2", "1.5", "1.4.1", "", "latest"] {
            assert!(!version.fits(pin), "{pin}");
        }
    }
}
