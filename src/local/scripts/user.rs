//! What the job's author wrote: steps and hooks, each line shown in green, then run.

use super::{Body, Context, quoted};

/// A step's lines in the project's directory. `before_script` and `script` come as one step.
pub(in crate::local) fn step(context: &Context<'_>, lines: &[String]) -> String {
    let mut body = Body::user(context);
    body.line(&format!("cd {}", quoted(context.project_dir)));
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        body.announce(&format!("$ {}", shown(line)));
        body.line(line);
    }
    body.wrapped()
}

/// The lines of a hook, in the helper, as a part of another script.
pub(super) fn hook(body: &mut Body, context: &Context<'_>, name: &str) {
    for line in context
        .job
        .hooks
        .iter()
        .filter(|hook| hook.name == name)
        .flat_map(|hook| &hook.script)
    {
        body.announce(&format!("$ {}", shown(line)));
        body.line(line);
    }
}

/// The first line of an entry; of a longer one GitLab says that the rest is left out.
fn shown(entry: &str) -> String {
    let entry = entry.trim_end_matches(['\n', '\r']);
    match entry.split_once('\n') {
        Some((first, _)) => format!(
            "{} # collapsed multi-line command",
            first.trim_end_matches('\r')
        ),
        None => entry.to_owned(),
    }
}
