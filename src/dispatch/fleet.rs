//! `template publish`, `sync`, `diff` and `check` from the command line: what they have in common is a GitLab.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use super::gitlab::{TEMPLATES, gitlab};
use crate::cli::{CheckArgs, DiffArgs, FleetArgs, PublishArgs, SyncArgs};
use crate::error::{Error, Result};
use crate::output::{Output, columns};
use crate::settings::Settings;
use crate::template::{
    self, Check, Declined, Depth, Edition, Mode, Outcome, Pace, Places, Publication, Request,
    Survey, Version,
};

pub(super) fn publish(
    arguments: &PublishArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let settings = Settings::load(config)?;
    let edition = match &arguments.templates {
        Some(directory) => Edition::of_directory(directory)?,
        None => Edition::shipped()?,
    };
    if let Some(account) = &arguments.account
        && (account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(
            Error::usage(format!("`--account {account}` is no account of AWS"))
                .hint("it has twelve digits"),
        );
    }
    super::runtime()?.block_on(async {
        let gitlab = gitlab(&arguments.gitlab, &settings, output).await?;
        let project = templates_project(arguments.project.as_deref(), &settings);
        let publication = Publication {
            project: &project,
            edition: &edition,
            beside: arguments.from.as_deref(),
            places: Places {
                gitlab_host: arguments.hostname.clone().unwrap_or_else(|| gitlab.host()),
                account: arguments.account.clone(),
            },
            dry_run: arguments.dry_run,
        };
        let published = template::publish(&publication, &gitlab).await?;
        match arguments.json {
            true => output.data(format!("{}\n", published.as_json(&publication))),
            false => output.data(published.text(&publication)),
        }
        Ok(())
    })
}

pub(super) fn sync(arguments: &SyncArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let settings = Settings::load(config)?;
    let request = Request {
        canaries: arguments.canaries.clone(),
        pace: match arguments.all_at_once {
            true => Pace::AllAtOnce,
            false => Pace::Waves,
        },
        most: arguments.most,
        declined: match arguments.again {
            true => Declined::AskAgain,
            false => Declined::Respect,
        },
        mode: match arguments.dry_run {
            true => Mode::DryRun,
            false => Mode::Apply,
        },
        ..request(
            &arguments.fleet,
            arguments.templates.templates.as_deref(),
            arguments.to.as_deref(),
            &settings,
        )?
    };
    super::runtime()?.block_on(async {
        let gitlab = gitlab(&arguments.gitlab, &settings, output).await?;
        let told = RefCell::new(BTreeSet::new());
        let tell = |one: &Outcome| {
            output.status(line(one));
            told.borrow_mut().insert(one.project.clone());
        };
        let synced = template::sync(&request, &gitlab, &tell).await?;
        if arguments.json {
            output.data(format!("{}\n", synced.as_json()));
        } else {
            for one in synced.all.iter().filter(|_| arguments.dry_run) {
                output.data(&one.diff);
            }
            output.data(table(&synced.all));
            let told = told.borrow();
            for one in synced.all.iter().filter(|one| !told.contains(&one.project)) {
                for note in &one.notes {
                    output.status(format!("{}: {note}", one.project));
                }
            }
        }
        let verdict = synced.verdict()?;
        output.status(verdict);
        Ok(())
    })
}

pub(super) fn diff(arguments: &DiffArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let settings = Settings::load(config)?;
    let request = request(
        &arguments.fleet,
        arguments.templates.templates.as_deref(),
        arguments.to.as_deref(),
        &settings,
    )?;
    super::runtime()?.block_on(async {
        let gitlab = gitlab(&arguments.gitlab, &settings, output).await?;
        let synced = template::sync(&request, &gitlab, &|_| {}).await?;
        if arguments.json {
            output.data(format!("{}\n", synced.as_json()));
            return Ok(());
        }
        for one in &synced.all {
            output.data(&one.diff);
            for note in &one.notes {
                output.status(format!("{}: {note}", one.project));
            }
        }
        Ok(())
    })
}

pub(super) fn check(arguments: &CheckArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let except = arguments
        .except
        .iter()
        .map(|word| template::drift_kind(word));
    let except = except.collect::<Result<Vec<_>>>()?;
    if arguments.groups.is_empty() && arguments.repositories.is_empty() {
        let newest = arguments.newest.as_deref().map(version).transpose()?;
        return template::check(
            &Check {
                directory: &arguments.directory,
                newest,
                except,
                json: arguments.json,
            },
            output,
        );
    }
    let settings = Settings::load(config)?;
    let survey = Survey {
        groups: arguments.groups.clone(),
        repositories: arguments.repositories.clone(),
        templates: templates_project(arguments.templates.templates.as_deref(), &settings),
        depth: match arguments.full || arguments.html.is_some() {
            true => Depth::Full,
            false => Depth::Files,
        },
        except,
    };
    super::runtime()?.block_on(async {
        let gitlab = gitlab(&arguments.gitlab, &settings, output).await?;
        let report = template::survey(&survey, &gitlab).await?;
        if let Some(path) = &arguments.html {
            std::fs::write(path, template::page(&report)).map_err(|error| {
                Error::precondition(format!("cannot write `{}`", path.display())).caused_by(error)
            })?;
        }
        match arguments.json {
            true => output.data(format!("{}\n", template::report_as_json(&report))),
            false => {
                output.data(template::report_as_text(&report));
                for row in &report.rows {
                    if let Some(note) = &row.note {
                        output.status(format!("{}: {note}", row.project));
                    }
                }
            }
        }
        template::judged(&report)
    })
}

fn request(
    fleet: &FleetArgs,
    templates: Option<&str>,
    to: Option<&str>,
    settings: &Settings,
) -> Result<Request> {
    Ok(Request {
        groups: fleet.groups.clone(),
        repositories: fleet.repositories.clone(),
        to: to.map(version).transpose()?,
        templates: templates_project(templates, settings),
        canaries: Vec::new(),
        pace: Pace::AllAtOnce,
        most: None,
        declined: Declined::AskAgain,
        mode: Mode::DryRun,
    })
}

fn templates_project(flag: Option<&str>, settings: &Settings) -> String {
    let own = settings.gitlab.templates.as_deref();
    flag.or(own).unwrap_or(TEMPLATES).to_owned()
}

fn version(text: &str) -> Result<Version> {
    text.parse().map_err(|why: String| Error::usage(why))
}

/// What became of one, when it did.
fn line(one: &Outcome) -> String {
    let url = one.url.as_deref().unwrap_or_default();
    let mut text = format!("{}: {} {url}", one.project, one.verdict)
        .trim_end()
        .to_owned();
    for note in &one.notes {
        text.push_str(&format!("\n  {note}"));
    }
    text
}

fn table(all: &[Outcome]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let title = ["REPOSITORY", "HAS", "", "MERGE REQUEST"].map(str::to_owned);
    let rows = all.iter().map(|one| {
        [
            one.project.clone(),
            one.from
                .map(|version| version.to_string())
                .unwrap_or_default(),
            one.verdict.to_owned(),
            one.url.clone().unwrap_or_default(),
        ]
    });
    let rows: Vec<_> = std::iter::once(title).chain(rows).collect();
    columns(&rows)
}
