//! An error on its way over the job socket, or to another job: the same class, sentence, causes and hints on both sides.

use serde::{Deserialize, Serialize};

use crate::error::{Cause, Class, Error};

/// The last word on a request: what was asked for, or why not.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    Done(serde_json::Value),
    Failed(Fault),
}

/// An error, for another process of the same build.
#[derive(Deserialize, Serialize)]
pub(crate) struct Fault {
    class: String,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Fault {
    pub(crate) fn of(error: &Error) -> Self {
        Fault {
            class: error.class().name().to_owned(),
            message: error.message().to_owned(),
            causes: error.causes().to_vec(),
            hints: error.hints().to_vec(),
        }
    }

    pub(crate) fn into_error(self) -> Error {
        let class = Class::named(&self.class).unwrap_or(Class::System);
        let error = Error::new(class, self.message);
        let error = self
            .causes
            .iter()
            .fold(error, |error, line| error.caused_by(Cause::line(line)));
        self.hints.iter().fold(error, Error::hint)
    }
}

impl Reply {
    pub(crate) fn of(result: Result<serde_json::Value, Error>) -> Self {
        match result {
            Ok(value) => Reply::Done(value),
            Err(error) => Reply::Failed(Fault::of(&error)),
        }
    }

    pub(crate) fn into_result(self) -> Result<serde_json::Value, Error> {
        match self {
            Reply::Done(value) => Ok(value),
            Reply::Failed(fault) => Err(fault.into_error()),
        }
    }
}
