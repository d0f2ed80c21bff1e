//! What is made of the command line's definitions: completions of shells, and the manual.

use std::process::{Command, Stdio};

use super::shown;
use crate::support::job::PROGRAM;

#[test]
fn a_shell_completes_what_the_help_names() {
    let bash = shown(&["completions", "bash"]);
    let asked = format!(
        "{bash}\nCOMP_WORDS=(baws-ci runner dr) COMP_CWORD=2\n$(complete -p baws-ci | sed 's/.*-F \\([^ ]*\\) .*/\\1/') baws-ci dr runner\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let mut command = Command::new("bash");
    let done = command.args(["-c", &asked]).stdin(Stdio::null()).output();
    let done = done.expect("bash is there");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "drain\n");
    for (shell, words) in [("zsh", "#compdef baws-ci"), ("fish", "complete -c baws-ci")] {
        assert!(shown(&["completions", shell]).contains(words), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command_and_none_for_what_is_hidden() {
    let room = tempfile::tempdir().expect("the temporary directory takes files");
    let dir = room.path().join("man");
    let mut command = Command::new(PROGRAM);
    let done = command.arg("manual").arg(&dir).output();
    assert!(done.expect("the program runs").status.success());
    let pages = std::fs::read_dir(&dir).expect("it was made").flatten();
    let pages: Vec<String> = pages
        .map(|page| page.file_name().to_string_lossy().into_owned())
        .collect();
    for page in ["baws-ci.1", "baws-ci-deploy.1", "baws-ci-runner-register.1"] {
        assert!(pages.iter().any(|one| one == page), "{page}: {pages:?}");
    }
    assert!(
        !pages
            .iter()
            .any(|page| page.contains("start") && page.contains("executor")),
        "{pages:?}"
    );
    let text = std::fs::read_to_string(dir.join("baws-ci-deploy.1")).expect("it was made");
    assert!(
        text.starts_with(".ie") && text.contains(".SH OPTIONS"),
        "{text}"
    );
}
