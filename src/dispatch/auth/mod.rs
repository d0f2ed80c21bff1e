//! `auth whoami`, `auth explain`, `auth credentials`: over the job socket in a job, with the caller's own credentials outside
//! one.
//!
//! Read next: `request` (what travels), `here` (outside a job), `answer` (what is printed), `desk::auth` (the host's side).

mod answer;
mod here;
mod request;

use std::path::Path;

use serde_json::{Value, json};

use super::envelope::Room;
use crate::agent::DIRECTORY;
use crate::broker::{self, Reached};
use crate::cli::{AuthCommand, AuthWorkArgs};
use crate::env::Var;
use crate::error::{Error, Result};
use crate::output::Output;

pub(super) use answer::{Answer, KeysTold, WhoAmI};
pub(super) use here::{explain, role_behind};
use request::place_of;
pub(super) use request::{Place, Request};

pub(super) fn auth(command: &AuthCommand, config: Option<&Path>, output: &Output) -> Result<()> {
    let request = match command {
        AuthCommand::Whoami(arguments) => Request::Whoami {
            region: arguments.region.clone().or_else(own_region),
        },
        AuthCommand::Explain(arguments) => Request::Explain {
            place: place(&arguments.work)?,
        },
        AuthCommand::Credentials(arguments) => Request::Credentials {
            place: place(&arguments.work)?,
        },
    };
    let answer = match broker::reach(Path::new(DIRECTORY))? {
        Reached::Host(call) => {
            if matches!(command, AuthCommand::Explain(arguments) if arguments.project.is_some()) {
                return Err(
                    Error::usage("a job explains its own role, and supposes no other")
                        .hint("leave out --project"),
                );
            }
            let mut value = serde_json::to_value(&request).map_err(super::image::unwritable)?;
            value["room"] = json!(Room::Auth);
            read(call.make(value, None, &mut |_| {})?)?
        }
        Reached::NoJob => here::answer(&request, command, config)?,
    };
    answer.print(command, output)
}

/// Keys of the job's role from its host; `None`: this is no job.
///
/// # Errors
/// What the host says, such as that no grant gives the job keys.
pub(super) fn keys_from_host(account: &str, region: &str) -> Result<Option<KeysTold>> {
    let Reached::Host(call) = broker::reach(Path::new(DIRECTORY))? else {
        return Ok(None);
    };
    let place = Place::at(account.to_owned(), region.to_owned())?;
    let request = Request::Credentials { place };
    let mut value = serde_json::to_value(&request).map_err(super::image::unwritable)?;
    value["room"] = json!(Room::Auth);
    match read(call.make(value, None, &mut |_| {})?)? {
        Answer::Credentials(keys) => Ok(Some(keys)),
        Answer::Whoami(_) | Answer::Explain(_) => Err(Error::system(
            "the host answers another thing than it was asked",
        )),
    }
}

fn read(value: Value) -> Result<Answer> {
    serde_json::from_value(value)
        .map_err(|error| Error::system("the host's answer cannot be read").caused_by(error))
}

fn own_region() -> Option<String> {
    let named = [Var::AwsRegion, Var::AwsDefaultRegion];
    named.into_iter().find_map(Var::text)
}

/// Where the work is, as flags or variables say.
fn place(arguments: &AuthWorkArgs) -> Result<Place> {
    if let Some(work) = &arguments.work {
        return place_of(work);
    }
    let account = arguments.account.clone().or_else(|| Var::AwsAccount.text());
    let region = arguments.region.clone().or_else(own_region);
    match (account, region) {
        (Some(account), Some(region)) => Place::at(account, region),
        (None, _) | (_, None) => Err(Error::usage("what the role is for is not known").hint(
            "name a service's ARN or a repository of ECR, or --account and --region (AWS_ACCOUNT, AWS_REGION)",
        )),
    }
}
