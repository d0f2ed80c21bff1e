//! What the tests stand on: the bench, a stand-in for gitlab-runner, and checks of what is left behind.
//!
//! A test makes a [`Stand`] (settings and state of its own), asks it for a [`Job`], and calls the job's stages one by one.

pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod cluster;
pub(crate) mod disk;
pub(crate) mod ecr;
pub(crate) mod ended;
pub(crate) mod engine;
pub(crate) mod host;
pub(crate) mod hub;
pub(crate) mod images;
pub(crate) mod job;
pub(crate) mod left;
pub(crate) mod masked;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod registry;
pub(crate) mod script;
pub(crate) mod site;
pub(crate) mod stages;
pub(crate) mod stand;
pub(crate) mod sweeps;
pub(crate) mod visitor;
pub(crate) mod wait;

pub(crate) use ended::Ended;
pub(crate) use hub::Hub;
pub(crate) use job::Job;
pub(crate) use process::Started;
pub(crate) use site::Site;
pub(crate) use stand::Stand;
pub(crate) use sweeps::sweeping;
pub(crate) use wait::eventually;
