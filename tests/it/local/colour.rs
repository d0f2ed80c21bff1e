//! Colour where a person sees it, and nowhere else; and the shell on a terminal.

use super::Project;
use super::terminal::Typed;

const PIPELINE: &str = "
good: {script: [\"printf '\\\\033[35mof the job\\\\033[0m\\\\n'\"], artifacts: {paths: [gone]}}
bad: {script: exit 3, after_script: [exit 1]}
";

#[test]
fn without_a_terminal_only_the_jobs_own_colours_are_there() {
    let project = Project::new(PIPELINE);
    let ended = project.local(&[]).exited_with(5);
    let rest = ended.out().replace("\u{1b}[35mof the job\u{1b}[0m\n", "");
    assert!(
        !rest.contains('\u{1b}') && rest.len() < ended.out().len(),
        "{rest:?}"
    );
    assert!(!ended.err().contains('\u{1b}'), "{ended}");
}

#[test]
fn on_a_terminal_there_is_colour() {
    let project = Project::new(PIPELINE);
    let (shown, code) = project.on_a_terminal(&[], &[], None);
    assert_eq!(code, Some(5), "{shown}");
    for text in [
        "\u{1b}[36;1mExecuting the job script\u{1b}[0;m",
        "\u{1b}[32;1m$ exit 3\u{1b}[0;m",
        "\u{1b}[0;33mWARNING: gone: no matching files\u{1b}[0;m",
        "\u{1b}[31;1mERROR: Job failed: exit code 3\u{1b}[0;m",
        "\u{1b}[31;1merror:\u{1b}[0;m the job `bad` failed",
    ] {
        assert!(shown.contains(text), "should show {text:?}: {shown:?}");
    }
}

#[test]
fn no_color_is_respected_on_a_terminal() {
    let project = Project::new(PIPELINE);
    let (shown, code) = project.on_a_terminal(&[], &[("NO_COLOR", "1")], None);
    assert_eq!(code, Some(5), "{shown}");
    let rest = shown.replace("\u{1b}[35mof the job\u{1b}[0m", "");
    assert!(
        !rest.contains('\u{1b}') && rest.len() < shown.len(),
        "{rest:?}"
    );
}

#[test]
fn a_shell_opens_in_the_container_of_a_failed_job() {
    let project = Project::new("bad: {script: ['echo found >left', exit 3]}\n");
    let typed = Typed {
        after: "/shop # ",
        text: "echo \"it was $(cat left)\"\nexit\n",
    };
    let (shown, code) = project.on_a_terminal(&["--shell"], &[("NO_COLOR", "1")], Some(typed));
    assert_eq!(code, Some(5), "{shown}");
    assert!(
        shown.contains("A shell in the container of the failed job; `exit` goes on."),
        "{shown}"
    );
    assert!(shown.contains("it was found"), "{shown}");
}
