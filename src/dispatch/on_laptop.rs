//! `local` from the command line.

use super::template;
use crate::cli::LocalArgs;
use crate::error::Result;
use crate::local;

/// What the flags ask for.
pub(super) fn request(arguments: LocalArgs) -> Result<local::Request> {
    let asked = match (arguments.explain, arguments.list) {
        (Some(job), _) => local::Asked::Explain(job),
        (None, true) => local::Asked::List,
        (None, false) => local::Asked::Run,
    };
    Ok(local::Request {
        asked,
        event: arguments.event,
        inputs: template::inputs(&arguments.elsewhere.inputs)?,
        maps: arguments.elsewhere.maps,
        json: arguments.json,
        svg: arguments.svg,
        parallel: arguments.parallel.map_or_else(processors, usize::from),
        jobs: arguments.jobs,
        variables: arguments.variables,
        shell: arguments.shell,
        file: arguments.file,
        payload: arguments.payload,
        artifacts_in: arguments.artifacts_in,
        artifacts_out: arguments.artifacts_out,
        result: arguments.result,
    })
}

/// More jobs at once than there are processors take no less time, and more than four nobody can follow.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(4))
}
