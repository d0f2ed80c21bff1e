//! `get_sources`: git, in the helper, with the job token in the environment only.
//!
//! The token reaches git through a credential helper that reads `$CI_JOB_TOKEN`; it is in no URL, no file and no argument,
//! and serves submodules and LFS on the same host as well. Sources of a work tree are copied in by the driver beforehand.

use super::super::remote::Remote;
use super::user::hook;
use super::{Body, Context, quoted};

/// Where a job's sources come from.
#[derive(Clone, Debug)]
pub(in crate::local) enum Sources {
    /// The repository that the payload names.
    Repository,
    /// Copied in by the driver; the sentence says what was copied.
    WorkTree { told: String },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Clone,
    Fetch,
    Empty,
    None,
}

impl Strategy {
    fn of(context: &Context<'_>) -> Self {
        match context.variables.get("GIT_STRATEGY") {
            Some("clone") => Strategy::Clone,
            Some("empty") => Strategy::Empty,
            Some("none") => Strategy::None,
            // What a job did to a submodule's own configuration would be obeyed by git here: such a job starts afresh.
            Some("fetch") if submodules(context).is_none() => Strategy::Fetch,
            _ if context.job.allow_git_fetch && submodules(context).is_none() => Strategy::Fetch,
            _ => Strategy::Clone,
        }
    }
}

/// Whether the sources of a work tree are wanted at all.
pub(in crate::local) fn wants_work_tree(variables: &super::Variables) -> bool {
    !matches!(variables.get("GIT_STRATEGY"), Some("empty" | "none"))
}

pub(in crate::local) fn get_sources(context: &Context<'_>, sources: &Sources) -> String {
    let mut body = Body::helper(context);
    let (project, temporary) = (
        quoted(context.project_dir),
        quoted(&context.temporary_dir()),
    );
    body.line(&format!("mkdir -p {project} {temporary}"));
    body.line(&format!(": >>{}", quoted(&context.environment_file())));
    hook(&mut body, context, "pre_get_sources_script");
    body.line(&format!("cd {project}"));
    match (Strategy::of(context), sources) {
        (Strategy::None, Sources::Repository | Sources::WorkTree { .. }) => {
            body.announce("Skipping Git repository setup")
        }
        (Strategy::Empty, Sources::Repository | Sources::WorkTree { .. }) => {
            body.announce("Skipping Git repository setup and creating an empty build directory");
            clear(&mut body);
        }
        (Strategy::Clone | Strategy::Fetch, Sources::WorkTree { told }) => body.announce(told),
        (Strategy::Clone, Sources::Repository) => {
            clear(&mut body);
            checkout(&mut body, context);
        }
        (Strategy::Fetch, Sources::Repository) => {
            // Left by a killed git, or written by an earlier job for this one to run.
            body.line("rm -rf .git/index.lock .git/shallow.lock .git/HEAD.lock .git/config.lock .git/config .git/hooks");
            checkout(&mut body, context);
        }
    }
    hook(&mut body, context, "post_get_sources_script");
    body.wrapped()
}

/// Before the second attempt: what the first one left may be what makes it fail.
pub(in crate::local) fn clear_worktree(context: &Context<'_>) -> String {
    let mut body = Body::helper(context);
    body.line(&format!("cd {} || exit 0", quoted(context.project_dir)));
    clear(&mut body);
    body.wrapped()
}

fn clear(body: &mut Body) {
    body.line("find . -mindepth 1 -maxdepth 1 -exec rm -rf {} +");
}

fn checkout(body: &mut Body, context: &Context<'_>) {
    let git = &context.job.git_info;
    let remote = Remote::of(&git.repo_url);
    let depth = context
        .variables
        .get("GIT_DEPTH")
        .and_then(|text| text.parse().ok())
        .unwrap_or(git.depth);
    let depth_flag = if depth > 0 {
        format!(" --depth {depth}")
    } else {
        String::new()
    };
    configure(body, context, &remote);

    match depth {
        0 => body.announce("Fetching changes..."),
        _ => body.announce(&format!(
            "Fetching changes with git depth set to {depth}..."
        )),
    }
    body.line("git init --quiet");
    body.line(&format!(
        "git remote add origin {0} 2>/dev/null || git remote set-url origin {0}",
        quoted(&remote.url)
    ));
    let flags = words(
        context
            .variables
            .get("GIT_FETCH_EXTRA_FLAGS")
            .unwrap_or("--prune --quiet"),
    );
    let refspecs: Vec<String> = git.refspecs.iter().map(|refspec| quoted(refspec)).collect();
    body.line(&format!(
        "git fetch origin{depth_flag} {flags} {}",
        refspecs.join(" ")
    ));
    if context
        .variables
        .get("GIT_CHECKOUT")
        .is_some_and(|wanted| wanted == "false" || wanted == "0")
    {
        body.announce("Skipping Git checkout");
        return;
    }
    body.announce(&format!(
        "Checking out {} as detached HEAD (ref is {})...",
        &git.sha.get(..8).unwrap_or(&git.sha),
        git.r#ref
    ));
    body.line(&format!(
        "git checkout --force --quiet --detach {}",
        quoted(&git.sha)
    ));
    match context.variables.get("GIT_CLEAN_FLAGS").unwrap_or("-ffdx") {
        "none" => {}
        flags => body.line(&format!("git clean {}", words(flags))),
    }
    match submodules(context) {
        Some(recursive) => update_submodules(body, context, recursive, &depth_flag),
        None => body.announce("Skipping Git submodules setup"),
    }
    lfs(body, context);
}

/// What git shall know, in the environment: it reaches submodules and LFS, and leaves no file behind.
fn configure(body: &mut Body, context: &Context<'_>, remote: &Remote) {
    let mut settings: Vec<(String, String)> = vec![
        ("safe.directory".to_owned(), "*".to_owned()),
        ("init.defaultBranch".to_owned(), "main".to_owned()),
        ("gc.auto".to_owned(), "0".to_owned()),
    ];
    if let Some(host) = &remote.host {
        let helper = "!f() { if [ \"$1\" = get ]; then printf 'username=gitlab-ci-token\\npassword=%s\\n' \"$CI_JOB_TOKEN\"; fi; }; f";
        settings.push((format!("credential.{host}.helper"), String::new()));
        settings.push((format!("credential.{host}.helper"), helper.to_owned()));
        if context.variables.is_true("GIT_SUBMODULE_FORCE_HTTPS")
            && let Some(name) = host.split("://").nth(1)
        {
            for written in [format!("git@{name}:"), format!("ssh://git@{name}/")] {
                settings.push((format!("url.{host}/.insteadOf"), written));
            }
        }
        if context.variables.get("CI_JOB_TOKEN").is_none()
            && let Some(token) = &remote.password
        {
            body.line(&format!("export CI_JOB_TOKEN={}", quoted(token)));
        }
    }
    body.line(&format!(
        "export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT={}",
        settings.len()
    ));
    for (n, (key, value)) in settings.iter().enumerate() {
        body.line(&format!(
            "export GIT_CONFIG_KEY_{n}={} GIT_CONFIG_VALUE_{n}={}",
            quoted(key),
            quoted(value)
        ));
    }
    if context.variables.get("GIT_LFS_SKIP_SMUDGE").is_none() {
        // One `git lfs pull` at the end instead of a request for each file.
        body.line("export GIT_LFS_SKIP_SMUDGE=1");
    }
}

/// `Some(true)`: submodules of submodules too.
fn submodules(context: &Context<'_>) -> Option<bool> {
    match context.variables.get("GIT_SUBMODULE_STRATEGY") {
        Some("normal") => Some(false),
        Some("recursive") => Some(true),
        _ => None,
    }
}

fn update_submodules(body: &mut Body, context: &Context<'_>, recursive: bool, depth_flag: &str) {
    body.announce(if recursive {
        "Updating/initializing submodules recursively..."
    } else {
        "Updating/initializing submodules..."
    });
    let own_depth = context
        .variables
        .get("GIT_SUBMODULE_DEPTH")
        .and_then(|text| text.parse::<u64>().ok());
    let depth = own_depth.map_or(depth_flag.to_owned(), |depth| format!(" --depth {depth}"));
    let flags = words(
        context
            .variables
            .get("GIT_SUBMODULE_UPDATE_FLAGS")
            .unwrap_or_default(),
    );
    let paths = words(
        context
            .variables
            .get("GIT_SUBMODULE_PATHS")
            .unwrap_or_default(),
    );
    let recursive = if recursive { " --recursive" } else { "" };
    body.line(&format!(
        "git submodule update --init{recursive}{depth} {flags} -- {paths}"
    ));
}

fn lfs(body: &mut Body, context: &Context<'_>) {
    if context
        .variables
        .get("GIT_LFS_SKIP_SMUDGE")
        .is_some_and(|skip| skip == "1" || skip == "true")
    {
        return;
    }
    let used = "git ls-files -z ':(glob)**/.gitattributes' | xargs -0 -r grep -qs filter=lfs";
    body.line(&format!("if {used}; then git lfs pull; fi"));
    if submodules(context).is_some() {
        let each = quoted(&format!("if {used}; then git lfs pull; fi"));
        body.line(&format!("git submodule --quiet foreach --recursive {each}"));
    }
}

/// Options that a variable holds, each quoted.
fn words(text: &str) -> String {
    text.split_whitespace()
        .map(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}
