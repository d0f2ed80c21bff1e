//! `baws-ci local`: pipelines of work trees, and payloads from the stand-in for GitLab's coordinator.
//!
//! A test makes a [`Project`] with a pipeline and calls `local` in it. Each call also checks that nothing is left on the
//! engine or on disk, and that the work tree is as it was. Read first: `project`, then any theme.

mod coordinator;
mod project;
mod snapshot;
mod terminal;
mod told;

mod artifacts;
mod cancel;
mod children;
mod colour;
mod git;
mod hello;
mod payload;
mod pictures;
mod refusals;
mod results;
mod samples;
mod side_by_side;
mod sources;
mod system;
mod time;

use coordinator::Coordinator;
use project::{ONE_BY_ONE, Project};
