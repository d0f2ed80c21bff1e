//! `doctor`: finds what is planted, by code and kind, and nothing where all is good.

mod aws;
mod gitlab;
mod healthy;
mod host;
mod hostile;
mod platforms;
mod wall;
mod world;
