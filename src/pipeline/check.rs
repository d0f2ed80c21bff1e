//! What must hold between jobs: stages are declared, needs exist, come earlier and do not run in circles.

use super::fault::{Fault, Faults};
use super::{Job, Pipeline};
use crate::nearest::nearest;

pub(super) fn check(pipeline: &Pipeline, faults: &mut Faults) {
    for job in &pipeline.jobs {
        if !pipeline.stages.contains(&job.stage) {
            let declared = pipeline.stages.join(", ");
            faults.add(
                Fault::new(format!(
                    "`{}` is in the stage `{}`, which is not declared",
                    job.name, job.stage
                ))
                .hint(format!("the stages are {declared}; add it to `stages`")),
            );
        }
        for need in job.needs.iter().flatten() {
            if !(need.optional && pipeline.job(&need.job).is_none()) {
                target(pipeline, job, "needs", &need.job, faults);
            }
        }
        for dependency in job.dependencies.iter().flatten() {
            target(pipeline, job, "dependencies", dependency, faults);
            if let Some(needs) = &job.needs
                && !needs.iter().any(|need| need.job == *dependency)
            {
                faults.add(Fault::new(format!(
                    "`dependencies` of `{}` names `{dependency}`, which is not in its `needs`",
                    job.name
                )));
            }
        }
    }
    if let Some(circle) = circle(pipeline) {
        faults.add(Fault::new(format!("`needs` run in a circle: {circle}")));
    }
}

fn target(pipeline: &Pipeline, job: &Job, keyword: &str, name: &str, faults: &mut Faults) {
    let Some(other) = pipeline.job(name) else {
        let fault = Fault::new(format!(
            "`{keyword}` of `{}` names `{name}`, which is no job",
            job.name
        ));
        faults.add(
            match nearest(name, pipeline.jobs.iter().map(|job| job.name.as_str())) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault,
            },
        );
        return;
    };
    let (here, there) = (pipeline.stage_index(job), pipeline.stage_index(other));
    if there > here {
        faults.add(Fault::new(format!(
            "`{keyword}` of `{}` names `{name}`, which is in a later stage",
            job.name
        )));
    } else if there == here && keyword == "dependencies" && job.needs.is_none() {
        faults.add(
            Fault::new(format!(
                "`dependencies` of `{}` names `{name}`, which is in the same stage",
                job.name
            ))
            .hint("jobs of one stage start together; use `needs` to wait for one of them"),
        );
    }
}

/// The first circle of needs, as `a → b → a`.
fn circle(pipeline: &Pipeline) -> Option<String> {
    let mut done: Vec<&str> = Vec::new();
    for job in &pipeline.jobs {
        let mut path = Vec::new();
        if let Some(at) = visit(pipeline, &job.name, &mut path, &mut done) {
            path.push(path[at]);
            return Some(
                path[at..]
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(" → "),
            );
        }
    }
    None
}

/// Where in `path` the circle begins, if following the needs of `name` leads into one.
fn visit<'a>(
    pipeline: &'a Pipeline,
    name: &str,
    path: &mut Vec<&'a str>,
    done: &mut Vec<&'a str>,
) -> Option<usize> {
    if let Some(at) = path.iter().position(|seen| *seen == name) {
        return Some(at);
    }
    let job = pipeline
        .job(name)
        .filter(|job| !done.contains(&job.name.as_str()))?;
    path.push(&job.name);
    for need in job.needs.iter().flatten() {
        if let Some(at) = visit(pipeline, &need.job, path, done) {
            return Some(at);
        }
    }
    path.pop();
    done.push(&job.name);
    None
}
