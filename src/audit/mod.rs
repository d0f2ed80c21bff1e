//! The platform's audit trail: a row before the work begins, and another for how it ended, on every way out.
//!
//! What is under way stands in a ledger on this host as well, held by a lock that ends with the process: whoever finds an
//! entry that nobody holds knows that its end was never told, and tells it. Refuses to know what the work is: who calls
//! says what is done, by whom and to what. Read next: `row` (what a row holds), `trail` (when which is written), `ledger`.

mod ledger;
mod list;
mod row;
mod trail;

pub(crate) use list::{Found, Wanted, find};
pub(crate) use row::{Action, Deed, Status};
pub(crate) use trail::{Open, Trail, settle};

/// Attribute to text.
pub(crate) type Row = crate::aws::Texts;
