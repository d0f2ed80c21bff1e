//! Lines of the log while the work goes on: one on each change, and one at the end.
//!
//! A line starts with a word or a time of ours, so that nothing of a stranger's stands at the beginning of one.

use super::{ends, words};
use crate::deploy::event::{Event, EventKind};
use crate::deploy::result::Deployed;

/// How one command speaks about all its services.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Teller {
    voice: Voice,
    prefix: Prefix,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Voice {
    Everything,
    /// `--quiet`
    OnlyTheEnd,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Prefix {
    None,
    Target,
}

impl Teller {
    /// For a command on so many services: with more than one, each line says which it is about.
    pub(crate) fn of(services: usize, voice: Voice) -> Self {
        let prefix = match services {
            0 | 1 => Prefix::None,
            _ => Prefix::Target,
        };
        Teller { voice, prefix }
    }

    /// Without the end of the line; `None`: not to be told. Warnings are told even where only the end is.
    pub(crate) fn line(&self, event: &Event) -> Option<String> {
        let text = words::line(&event.text);
        let said = match event.kind {
            EventKind::Warning => format!("warning: {text}"),
            EventKind::Status | EventKind::Event if self.voice == Voice::OnlyTheEnd => return None,
            EventKind::Status => text,
            EventKind::Event => format!("event: {text}"),
        };
        Some(match self.voice {
            Voice::Everything => format!(
                "+{} {}{said}",
                words::took(event.after_ms),
                self.prefix(&event.service)
            ),
            Voice::OnlyTheEnd => format!("{said}{}", self.suffix(&event.service)),
        })
    }

    /// The last line about one service, whatever its end.
    pub(crate) fn end(&self, deployed: &Deployed) -> String {
        match deployed.outcome.is_good() {
            true => format!(
                "{}{}",
                self.prefix(&deployed.target),
                ends::end_line(deployed)
            ),
            false => ends::end_line(deployed),
        }
    }

    fn prefix(&self, target: &str) -> String {
        match self.prefix {
            Prefix::None => String::new(),
            Prefix::Target => format!("[{}] ", words::name(target)),
        }
    }

    fn suffix(&self, target: &str) -> String {
        match self.prefix {
            Prefix::None => String::new(),
            Prefix::Target => format!(" ({})", words::name(target)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::tell::samples;

    fn event(kind: EventKind, text: &str) -> Event {
        Event {
            service: "prod/app".to_owned(),
            kind,
            after_ms: 12_400,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_change_is_one_line_that_begins_with_our_own_word() {
        let teller = Teller::of(1, Voice::Everything);
        let line = |kind, text| teller.line(&event(kind, text)).unwrap();
        assert_eq!(
            line(EventKind::Status, "rolling: 1 of 2"),
            "+12 s rolling: 1 of 2"
        );
        assert_eq!(
            line(EventKind::Event, "section_start:1:x\r\u{1b}[0Kx\ny"),
            "+12 s event: section_start:1:x [0Kx y"
        );
        assert_eq!(
            line(EventKind::Warning, "no logs"),
            "+12 s warning: no logs"
        );
    }

    #[test]
    fn with_several_services_each_line_names_its_own() {
        let teller = Teller::of(2, Voice::Everything);
        let line = teller.line(&event(EventKind::Status, "rolling")).unwrap();
        assert_eq!(line, "+12 s [prod/app] rolling");
        assert_eq!(
            teller.end(&samples::done("deploy")),
            "[prod/app] verified: digest sha256:ab12ab12ab12… runs in 2 of 2 tasks"
        );
    }

    #[test]
    fn quiet_still_warns() {
        let teller = Teller::of(2, Voice::OnlyTheEnd);
        assert_eq!(teller.line(&event(EventKind::Status, "rolling")), None);
        assert_eq!(teller.line(&event(EventKind::Event, "x")), None);
        assert_eq!(
            teller.line(&event(EventKind::Warning, "no logs")).unwrap(),
            "warning: no logs (prod/app)"
        );
    }
}
