//! `bootstrap-repo` from the command line.

use std::path::Path;

use super::gitlab::{TEMPLATES, gitlab, region};
use crate::audit::{Action, Deed, Status, Tables, Trail};
use crate::aws::{Aws, SESSION};
use crate::backstage::Backstage;
use crate::bootstrap::{
    self, Adopt, Flags, Means, Mode, Report, Revision, Stopped, Wanted, as_json, error_as_json,
};
use crate::cli::{BootstrapArgs, RevisionArg};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::settings::Settings;
use crate::template::{Edition, Source, edition_of};

pub(super) fn bootstrap(
    arguments: &BootstrapArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let ended = super::runtime().map_err(Stopped::from).and_then(|runtime| {
        let settings = Settings::load(config)?;
        runtime.block_on(made(arguments, &settings, output))
    });
    ended.map_err(|stopped| {
        if arguments.json && !stopped.told {
            let schema = "baws-ci/bootstrap/1";
            let value = serde_json::json!({"schema": schema, "error": error_as_json(&stopped)});
            output.data(format!("{value}\n"));
        }
        stopped.error
    })
}

async fn made(
    arguments: &BootstrapArgs,
    settings: &Settings,
    output: &Output,
) -> Result<(), Stopped> {
    let wanted = bootstrap::order(&flags(arguments, settings)?)?;
    let gitlab = gitlab(&arguments.gitlab, settings, output).await?;
    let source = match &arguments.templates_version {
        None => Source::Shipped,
        Some(version) => Source::Published(version.clone()),
    };
    let edition: Edition = edition_of(&source, &gitlab, &wanted.templates.project).await?;
    let aws = match &wanted.access_token {
        Some(token) => Some(Aws::connect(&settings.aws, None, &token.region).await),
        None => None,
    };
    let backstage = match &wanted.register {
        Some(register) => Some(Backstage::connect(&register.url, &register.token)?),
        None => None,
    };
    let means = Means {
        gitlab: &gitlab,
        aws: aws.as_ref(),
        backstage: backstage.as_ref(),
        edition: &edition,
        adopt: match arguments.adopt {
            true => Adopt::Yes,
            false => Adopt::No,
        },
    };
    let mode = match arguments.dry_run {
        true => Mode::DryRun,
        false => Mode::Apply,
    };
    let ended = audited(&wanted, &means, mode, settings, aws.as_ref(), output).await;
    match ended {
        Ok(report) => {
            match arguments.json {
                true => output.data(format!("{}\n", as_json(&report, &wanted, mode))),
                false => output.data(bootstrap::tell(&report, &wanted, mode)),
            }
            Ok(())
        }
        Err((report, mut stopped)) => {
            if arguments.json {
                let value = bootstrap::stopped_as_json(&report, &wanted, mode, &stopped);
                output.data(format!("{value}\n"));
                stopped.told = true;
            }
            if !report.steps.is_empty() && mode == Mode::Apply {
                stopped.error = stopped.error.hint(format!(
                    "{} steps are done and stand; run it again, and it goes on from there",
                    report.steps.len()
                ));
            }
            Err(stopped)
        }
    }
}

/// The work, with a row before it and one for its end where this host audits.
async fn audited(
    wanted: &Wanted,
    means: &Means<'_>,
    mode: Mode,
    settings: &Settings,
    aws: Option<&Aws>,
    output: &Output,
) -> Result<Report, (Report, Stopped)> {
    let word = *output;
    let tell = move |step: &bootstrap::Step| word.status(bootstrap::line(step));
    let work = bootstrap::run(wanted, means, mode, &tell);
    if !settings.audit.is_on() || mode == Mode::DryRun {
        return work.await;
    }
    let refused = |error: Error| {
        (
            Report::empty(wanted, means),
            Stopped::new("audit_failed", error),
        )
    };
    let warn = |text: String| word.warning(text);
    let tables = Tables::of(&settings.audit, &settings.aws, SESSION.to_owned());
    let state = super::image::callers_state().map_err(refused)?;
    let trail = Trail::of(tables, &state);
    let deed = deed(wanted, settings, aws).await.map_err(refused)?;
    let open = trail
        .begin(deed, settings.audit.deploy, &warn)
        .await
        .map_err(refused)?;
    let ended = work.await;
    if let Some(open) = open {
        let (status, message) = match &ended {
            Ok(report) => (Status::Success, format!("{} steps", report.steps.len())),
            Err((_, stopped)) => (
                Status::Failed,
                format!("{}: {}", stopped.code, stopped.error.message()),
            ),
        };
        if let Err(error) = trail.end(open, status, &message).await {
            warn(super::audited::told(&error));
        }
    }
    ended
}

async fn deed(wanted: &Wanted, settings: &Settings, aws: Option<&Aws>) -> Result<Deed> {
    let region = match &wanted.access_token {
        Some(token) => token.region.clone(),
        None => match settings.audit.region.clone() {
            Some(region) => region,
            None => region(None)?,
        },
    };
    let caller = match aws {
        Some(aws) => aws.caller().await?,
        None => {
            Aws::connect(&settings.aws, None, &region)
                .await
                .caller()
                .await?
        }
    };
    Ok(Deed {
        action: Action::BootstrapRepository,
        account: caller.account,
        region,
        user: crate::env::user_name().unwrap_or_else(|| "unknown".to_owned()),
        origin: "baws-ci".to_owned(),
        component: wanted.name.clone(),
        subject: wanted.path(),
        role: settings.aws.role_arn.clone().unwrap_or_default(),
        request: format!("bootstrap-repo {} as {}", wanted.path(), wanted.kind),
    })
}

fn flags(arguments: &BootstrapArgs, settings: &Settings) -> Result<Flags> {
    Ok(Flags {
        project: arguments.project.clone(),
        kind: arguments.kind.clone(),
        from: arguments.from.clone(),
        owner: arguments.owner.clone(),
        description: arguments.description.clone(),
        visibility: arguments.visibility.clone(),
        templates: arguments.templates.clone(),
        usual_templates: settings
            .gitlab
            .templates
            .clone()
            .unwrap_or_else(|| TEMPLATES.to_owned()),
        component: arguments.component,
        revision: arguments.revision.map(|revision| match revision {
            RevisionArg::First => Revision::First,
            RevisionArg::Second => Revision::Second,
        }),
        inputs: super::template::pairs(&arguments.inputs)?,
        environments: arguments.environments.clone(),
        region: region(arguments.region.as_deref()).ok(),
    })
}
