//! The client of the platform's provisioning state machine: an application's resources are ordered, followed, told.
//!
//! The state machine stays as it is: it gets the input that the portal would send, and this room only watches. Nothing is kept here:
//! an execution's name is made of what was ordered, so that the same order twice is one execution. Refuses to let an order say
//! who orders, or where. Read next: `catalog` (which environment), `order` (the input and the name), `begin` (once), `history` (what
//! an event means), `tree` and `follow` (what is read), `diagnose` (why it failed), `outputs`, `tell`.
//!
//! Source of the platform's facts: its revision of May 2023, `deploy-boilerplate.ts` and `provisioning-pipeline-construct.ts`.

mod begin;
mod catalog;
mod diagnose;
mod event;
mod follow;
mod history;
mod json;
mod order;
mod outputs;
mod pace;
mod tell;
mod tree;
mod words;

pub(crate) use begin::{Again, Choice, begin, choose, execution_arn};
pub(crate) use catalog::{Catalog, Chosen, Provider};
pub(crate) use diagnose::diagnose;
pub(crate) use follow::{Followed, Following, Known, Until, follow};
pub(crate) use json::{application, of_stack};
pub(crate) use order::{Order, Orderer, Sent, values_in};
pub(crate) use outputs::outputs;
pub(crate) use pace::{Pace, persistently};
pub(crate) use tell::{Outcome, Report};
