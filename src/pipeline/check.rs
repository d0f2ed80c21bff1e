//! What must hold between jobs: stages are declared, needs exist, come earlier and do not run in circles, environments stop.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::yaml::Place;

use super::fault::{Fault, Faults, Rule};
use super::{Job, Pipeline};

pub(super) fn check(pipeline: &Pipeline, faults: &mut Faults) {
    // The jobs that `parallel` makes of one say the same.
    let mut seen = HashSet::new();
    let written: Vec<&Job> = pipeline
        .jobs
        .iter()
        .filter(|job| seen.insert(job.written_name()))
        .collect();
    let names: HashMap<&str, usize> = pipeline
        .jobs
        .iter()
        .flat_map(|job| {
            [
                (job.name.as_str(), pipeline.stage_index(job)),
                (job.written_name(), pipeline.stage_index(job)),
            ]
        })
        .collect();
    for job in &written {
        if !pipeline.stages.contains(&job.stage) {
            let declared = pipeline.stages.join(", ");
            faults.add(
                Fault::new(
                    Rule::Name,
                    job.stage_at,
                    format!(
                        "`{}` is in the stage `{}`, which is not declared",
                        job.written_name(),
                        job.stage
                    ),
                )
                .hint(format!("the stages are {declared}; add it to `stages`")),
            );
        }
        targets(pipeline, job, &names, faults);
        stop(pipeline, job, faults);
    }
    if let Some((at, circle)) = circle(&written) {
        faults.add(Fault::new(
            Rule::Needs,
            at,
            format!("`needs` run in a circle: {circle}"),
        ));
    }
}

/// What a job needs, or depends on, is there and not later.
fn targets(pipeline: &Pipeline, job: &Job, names: &HashMap<&str, usize>, faults: &mut Faults) {
    let of_rules = job
        .rules
        .iter()
        .flatten()
        .filter_map(|rule| rule.needs.as_ref())
        .flatten();
    for need in job.needs.iter().flatten().chain(of_rules) {
        if !need.optional || names.contains_key(need.job.as_str()) {
            target(pipeline, job, ("needs", &need.job, need.at), names, faults);
        }
        if need.job == job.written_name() && need.matrix.is_none() {
            faults.add(Fault::new(
                Rule::Needs,
                need.at,
                format!("`{}` needs itself", need.job),
            ));
        }
    }
    let mut known = HashSet::new();
    for need in job
        .needs
        .iter()
        .flatten()
        .filter(|need| need.matrix.is_none())
    {
        if !known.insert(&need.job) {
            faults.add(Fault::new(
                Rule::Needs,
                need.at,
                format!("`{}` needs `{}` twice", job.written_name(), need.job),
            ));
        }
    }
    for dependency in job.dependencies.iter().flatten() {
        target(
            pipeline,
            job,
            ("dependencies", dependency, job.dependencies_at),
            names,
            faults,
        );
        if let Some(needs) = &job.needs
            && !needs.iter().any(|need| need.job == *dependency)
        {
            faults.add(Fault::new(
                Rule::Needs,
                job.dependencies_at,
                format!(
                    "`dependencies` of `{}` names `{dependency}`, which is not in its `needs`",
                    job.written_name()
                ),
            ));
        }
    }
}

fn target(
    pipeline: &Pipeline,
    job: &Job,
    (keyword, name, at): (&str, &str, Place),
    names: &HashMap<&str, usize>,
    faults: &mut Faults,
) {
    let of = job.written_name();
    let Some(there) = names.get(name).copied() else {
        let fault = Fault::new(
            Rule::Name,
            at,
            format!("`{keyword}` of `{of}` names `{name}`, which is no job"),
        );
        faults.add(fault.near(name, names.keys().copied().filter(|known| *known != of)));
        return;
    };
    let here = pipeline.stage_index(job);
    // A stage that is not declared is told as such, or is in a file that is not here.
    if here.max(there) >= pipeline.stages.len() {
        return;
    }
    if there > here {
        faults.add(Fault::new(
            Rule::Needs,
            at,
            format!("`{keyword}` of `{of}` names `{name}`, which is in a later stage"),
        ));
    } else if there == here && keyword == "dependencies" && job.needs.is_none() {
        faults.add(
            Fault::new(
                Rule::Needs,
                at,
                format!("`dependencies` of `{of}` names `{name}`, which is in the same stage"),
            )
            .hint("jobs of one stage start together; use `needs` to wait for one of them"),
        );
    }
}

/// `on_stop` leads to a job that stops the same environment.
///
/// Source: GitLab, `lib/gitlab/ci/yaml_processor.rb`, `validate_job_environment!`.
fn stop(pipeline: &Pipeline, job: &Job, faults: &mut Faults) {
    let Some(environment) = &job.environment else {
        return;
    };
    let Some(name) = &environment.on_stop else {
        return;
    };
    let at = environment.on_stop_at;
    let of = job.written_name();
    let Some(other) = pipeline.jobs_called(name).first().copied() else {
        let jobs = pipeline.jobs.iter().map(|job| job.name.as_str());
        faults.add(
            Fault::new(
                Rule::Name,
                at,
                format!("`on_stop` of `{of}` names `{name}`, which is no job"),
            )
            .near(name, jobs),
        );
        return;
    };
    let wrong = |text: String| Fault::new(Rule::Environment, at, text);
    match &other.environment {
        None => faults.add(wrong(format!(
            "`on_stop` of `{of}` names `{name}`, which has no `environment`"
        ))),
        Some(its) if its.name != environment.name => faults.add(wrong(format!(
            "`on_stop` of `{of}` names `{name}`, which is of another environment: `{}`, not `{}`",
            its.name, environment.name
        ))),
        Some(its) if its.action != "stop" => {
            faults.add(wrong(format!(
                "`on_stop` of `{of}` names `{name}`, whose `environment:action` is not `stop`"
            )));
        }
        Some(_) => {}
    }
}

/// The first circle of needs, as `a → b → a`, and where it begins.
fn circle(jobs: &[&Job]) -> Option<(Place, String)> {
    let by_name: BTreeMap<&str, &Job> = jobs.iter().map(|job| (job.written_name(), *job)).collect();
    let mut done: HashSet<&str> = HashSet::new();
    for job in jobs {
        // Depth first, without recursion: needs may form a chain as long as the pipeline.
        let mut path: Vec<(&Job, usize)> = vec![(job, 0)];
        while let Some((at, next)) = path.pop() {
            let need = at.needs.iter().flatten().nth(next);
            let Some(need) = need else {
                done.insert(at.written_name());
                continue;
            };
            path.push((at, next + 1));
            let Some(other) = by_name
                .get(need.job.as_str())
                .filter(|other| !done.contains(other.written_name()))
            else {
                continue;
            };
            let start = path
                .iter()
                .position(|(job, _)| job.written_name() == other.written_name());
            match start {
                // A job that needs itself is told as such.
                Some(start) if start + 1 == path.len() => {}
                Some(start) => {
                    let mut names: Vec<String> = path[start..]
                        .iter()
                        .map(|(job, _)| format!("`{}`", job.written_name()))
                        .collect();
                    names.push(format!("`{}`", other.written_name()));
                    return Some((path[start].0.at, names.join(" → ")));
                }
                None => path.push((other, 0)),
            }
        }
    }
    None
}
