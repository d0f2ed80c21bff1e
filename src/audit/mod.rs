//! The platform's audit trail: a row before the work begins, and another for how it ended, on every way out.
//!
//! What is under way stands in a ledger on this host as well, held by a lock that ends with the process: whoever finds an
//! entry that nobody holds knows that its end was never told, and tells it. Refuses to know what the work is: who calls
//! says what is done, by whom and to what. Read next: `row` (what a row holds), `trail` (when which is written), `ledger`.

mod ledger;
mod list;
mod row;
mod tables;
mod trail;

use std::time::Duration;

use crate::aws::Failure;
use crate::error::Result;

pub(crate) use list::{Found, Wanted, find};
pub(crate) use row::{Action, Deed, Status};
pub(crate) use tables::Tables;
pub(crate) use trail::{Open, Trail, Unsettled};

/// Attribute to text.
pub(crate) type Row = crate::aws::Texts;

/// Between tries of a call that may succeed later.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(1)];

/// Calls again what may succeed a little later.
async fn persistently<T>(call: impl AsyncFn() -> Result<T, Failure>) -> Result<T> {
    let mut pauses = PAUSES.into_iter();
    loop {
        match call().await {
            Ok(done) => return Ok(done),
            Err(failure) => match pauses.next().filter(|_| failure.is_transient()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(failure.into()),
            },
        }
    }
}
