//! The only printer: data on stdout, words for people on stderr, log sections, errors.
//!
//! Refuses to decide anything: it is handed finished values. Write errors end nothing: when the reader of the log is
//! gone the work still has to come to its end, so a failed write is dropped here, in this one place.

mod columns;
pub(crate) mod html;
mod section;
mod visible;

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::env::Var;
use crate::error::Error;

pub(crate) use columns::columns;
pub(crate) use section::Section;
pub(crate) use visible::visible;

/// Where words and data go. In `prepare` and `run` both streams are the job log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Of stdout.
    data: Colour,
    /// Of stderr.
    words: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Never,
    Ansi,
}

impl Colour {
    /// `text` in the given SGR colours, where colour is on.
    pub(crate) fn paint(self, sgr: &str, text: &str) -> String {
        match self {
            Colour::Ansi => format!("\u{1b}[{sgr}m{text}\u{1b}[0;m"),
            Colour::Never => text.to_owned(),
        }
    }
}

impl Output {
    /// Colour on each stream that is a terminal, unless `NO_COLOR` is set.
    pub(crate) fn for_people() -> Self {
        let of = |stream: &dyn IsTerminal| match stream.is_terminal() {
            true if Var::NoColor.text().is_none() => Colour::Ansi,
            true | false => Colour::Never,
        };
        Output {
            data: of(&std::io::stdout()),
            words: of(&std::io::stderr()),
        }
    }

    /// Colour as GitLab's job log renders it.
    pub(crate) fn for_job_log() -> Self {
        let colour = match Var::NoColor.text() {
            Some(_) => Colour::Never,
            None => Colour::Ansi,
        };
        Output {
            data: colour,
            words: colour,
        }
    }

    /// Without colour: for logs that a service manager keeps.
    pub(crate) fn plain() -> Self {
        Output {
            data: Colour::Never,
            words: Colour::Never,
        }
    }

    /// Of what goes to stdout.
    pub(crate) fn colour(&self) -> Colour {
        self.data
    }

    /// Of what goes to stderr.
    pub(crate) fn word_colour(&self) -> Colour {
        self.words
    }

    /// Data another program may read, as it is.
    pub(crate) fn data(&self, text: impl Display) {
        put(std::io::stdout().lock(), format_args!("{text}"));
    }

    /// Bytes of somebody else's on their way to stdout.
    pub(crate) fn pass_data(&self, bytes: &[u8]) {
        put_bytes(std::io::stdout().lock(), bytes);
    }

    /// Bytes of somebody else's on their way to stderr.
    pub(crate) fn pass_words(&self, bytes: &[u8]) {
        put_bytes(std::io::stderr().lock(), bytes);
    }

    /// A sentence about something finished or long.
    pub(crate) fn status(&self, text: impl Display) {
        put(std::io::stderr().lock(), format_args!("{text}\n"));
    }

    pub(crate) fn warning(&self, text: impl Display) {
        let head = self.words.paint("33;1", "warning:");
        put(std::io::stderr().lock(), format_args!("{head} {text}\n"));
    }

    /// The whole error: sentence, causes, and, after a blank line, hints.
    pub(crate) fn error(&self, error: &Error) {
        let head = self.words.paint("31;1", "error:");
        let mut text = format!("{head} {}\n", error.message());
        for cause in error.causes() {
            let indented = cause.trim_end().replace('\n', "\n             ");
            text.push_str(&format!(
                "  caused by: {}\n",
                indented.replace("             \n", "\n")
            ));
        }
        if !error.hints().is_empty() {
            text.push('\n');
        }
        for hint in error.hints() {
            text.push_str(&format!("{} {hint}\n", self.words.paint("36;1", "hint:")));
        }
        put(std::io::stderr().lock(), format_args!("{text}"));
    }

    /// Opens a collapsible section of the job log; it ends with the value.
    pub(crate) fn section(&self, name: &str, title: impl Display) -> Section {
        Section::open(name, self.words.paint("36;1", &title.to_string()))
    }

    /// A section of the job log about something that is over and `took` this long, with its text in it.
    pub(crate) fn folded(&self, name: &str, title: &str, text: &str, took: Duration) {
        put(
            std::io::stderr().lock(),
            format_args!("{}", section::folded(name, title, text, took)),
        );
    }
}

fn put(stream: impl Write, text: std::fmt::Arguments<'_>) {
    // In one piece: a line of two processes that share a stream stays a line.
    put_bytes(stream, text.to_string().as_bytes());
}

fn put_bytes(mut stream: impl Write, bytes: &[u8]) {
    if stream
        .write_all(bytes)
        .and_then(|()| stream.flush())
        .is_err()
    {
        // The reader is gone; there is nobody left to tell.
    }
}

/// `1.5 MB`: decimal units, one digit below ten.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let (mut value, mut unit) = (count as f64 / 1000.0, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

/// `2026-11-26T16:02:03`, of seconds since 1970; what no calendar has is the year 1970.
pub(crate) fn utc(unix_secs: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(unix_secs)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// `40 s`, `3 h`, `2 days`: how long ago something was.
pub(crate) fn age(age: Duration) -> String {
    match age.as_secs() {
        secs @ ..120 => format!("{secs} s"),
        secs @ ..7200 => format!("{} min", secs / 60),
        secs @ ..172_800 => format!("{} h", secs / 3600),
        secs => format!("{} days", secs / 86400),
    }
}

/// `0.4 s`, `12 s`, `3 min 20 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 119.5 {
        format!("{seconds:.0} s")
    } else {
        format!(
            "{} min {} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_like_prose() {
        assert_eq!(
            [
                bytes(0),
                bytes(999),
                bytes(1500),
                bytes(46_000_000),
                bytes(999_999)
            ],
            ["0 B", "999 B", "1.5 kB", "46 MB", "1.0 MB"]
        );
        let times = [400, 12_000, 200_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(times, ["0.4 s", "12 s", "3 min 20 s"]);
    }
}
