//! What is told while the work goes on, and what is printed and written at its end: words on stderr, data on stdout, files
//! where they were asked for. The end that is not good becomes the error that `dispatch` reports.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::arguments::Order;
use crate::deploy::{self, Deployed, Done, Event, Format, Found, Status, Teller, Voice};
use crate::error::{Error, Result};
use crate::output::Output;

pub(super) struct Answer<'a> {
    order: &'a Order<'a>,
    teller: Mutex<Teller>,
    format: Option<Format>,
    output: Output,
}

impl<'a> Answer<'a> {
    /// # Errors
    /// `Usage` for a report of an unknown kind, before anything is done.
    pub(super) fn open(order: &'a Order<'a>, found: &[Found], output: Output) -> Result<Self> {
        let voice = match order.quiet {
            true => Voice::OnlyTheEnd,
            false => Voice::Everything,
        };
        Ok(Answer {
            order,
            teller: Mutex::new(Teller::of(found.len(), voice)),
            format: order.report.map(Format::of).transpose()?,
            output,
        })
    }

    pub(super) fn tell(&self, event: &Event) {
        let teller = self.teller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = teller.line(event) {
            self.output.status(line);
        }
    }

    /// # Errors
    /// The end of the work, where it is not good; a file that cannot be written.
    pub(super) fn close(&self, done: Vec<Done>) -> Result<()> {
        let (mut deployed, mut status) = (Vec::new(), Vec::new());
        for one in done {
            match one {
                Done::Deployed(one) => deployed.push(*one),
                Done::Status(one) => status.push(*one),
            }
        }
        self.tell_ends(&deployed);
        self.write(&deployed)?;
        self.print(&deployed, &status);
        match deploy::failure(&deployed) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn tell_ends(&self, all: &[Deployed]) {
        let words = |text: &str| self.output.pass_words(text.as_bytes());
        for deployed in all {
            if !self.order.quiet {
                words(&deploy::picture(deployed));
            }
            match deploy::diagnosis(deployed) {
                Some(block) => words(&block),
                None if deployed.outcome.is_good() => {
                    words(&deploy::task_log(deployed));
                    let teller = self.teller.lock().unwrap_or_else(PoisonError::into_inner);
                    self.output.status(teller.end(deployed));
                }
                None => {}
            }
        }
        words(&deploy::table(all));
    }

    fn print(&self, deployed: &[Deployed], status: &[Status]) {
        match (self.order.json, status.is_empty()) {
            (true, true) => self
                .output
                .data(format!("{}\n", deploy::deployments(deployed))),
            (true, false) => self.output.data(format!("{}\n", deploy::services(status))),
            (false, _) => status
                .iter()
                .for_each(|one| self.output.data(deploy::status_text(one))),
        }
    }

    fn write(&self, deployed: &[Deployed]) -> Result<()> {
        if deployed.is_empty() {
            return Ok(());
        }
        if let Some(path) = self.order.output {
            put(path, &format!("{}\n", deploy::deployments(deployed)))?;
        }
        if let Some(path) = self.order.dotenv {
            put(path, &deploy::dotenv(deployed))?;
        }
        if let (Some(path), Some(format)) = (self.order.report, self.format) {
            put(path, &deploy::report(deployed, format))?;
        }
        Ok(())
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| {
        Error::usage(format!("cannot write `{}`", path.display()))
            .caused_by(error)
            .hint("the work is done all the same; name a file in a directory that can be written")
    })
}
