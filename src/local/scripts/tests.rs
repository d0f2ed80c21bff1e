//! The scripts as programs: run by the shells of this machine, in a directory of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::super::variables::{Status, Surroundings, Variables};
use super::*;

mod git;

struct Bench {
    directory: PathBuf,
    project: String,
    job: JobResponse,
}

impl Bench {
    fn new(name: &str, job: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("baws-ci-scripts-{name}-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("p")).unwrap();
        std::fs::create_dir_all(directory.join("p.tmp")).unwrap();
        let project = directory.join("p").to_str().unwrap().to_owned();
        Bench {
            directory,
            project,
            job: serde_json::from_str(job).unwrap(),
        }
    }

    fn run(&self, shell: &[&str], script: impl Fn(&Context<'_>) -> String) -> Output {
        let at = Surroundings {
            builds_dir: "/b".into(),
            project_dir: self.project.clone(),
            slot: 0,
            status: Status::Running,
        };
        let variables = Variables::new(&self.job, &at);
        let cache = self.directory.join("cache");
        let context = Context {
            job: &self.job,
            variables: &variables,
            project_dir: &self.project,
            cache_dir: cache.to_str().unwrap(),
            colour: Colour::Ansi,
        };
        let file = self.directory.join("script");
        std::fs::write(&file, script(&context)).unwrap();
        Command::new(shell[0])
            .args(&shell[1..])
            .arg(file)
            .output()
            .unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = Path::new(&self.project).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn packed(&self, index: usize) -> Vec<String> {
        let Ok(file) =
            std::fs::File::open(self.directory.join(format!("p.tmp/artifacts-{index}.tar")))
        else {
            return Vec::new();
        };
        let mut archive = tar::Archive::new(file);
        let files = archive
            .entries()
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| !entry.header().entry_type().is_dir());
        let names = files.map(|entry| entry.path().unwrap().display().to_string());
        let mut names: Vec<String> = names
            .map(|name| name.trim_start_matches("./").to_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.directory).unwrap();
    }
}

fn lines(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| (*entry).to_owned()).collect()
}

const SHELLS: [&[&str]; 2] = [&["bash"], &["busybox", "ash"]];

#[test]
fn a_script_shows_each_line_runs_it_and_stops_at_the_first_that_fails() {
    let bench = Bench::new(
        "user",
        r#"{"id":1,"variables":[{"key":"WHO","value":"a 'b' $$c"}]}"#,
    );
    let script = lines(&[
        "echo \"$WHO\"",
        "cat <<X\nin\nX",
        "read line || echo no input",
        "(exit 3)",
        "echo never",
    ]);
    for shell in SHELLS {
        let done = bench.run(shell, |context| step(context, &script));
        let text = String::from_utf8(done.stdout)
            .unwrap()
            .replace("\u{1b}[32;1m", "")
            .replace("\u{1b}[0;m", "");
        let wanted = "$ echo \"$WHO\"\na 'b' $c\n$ cat <<X # collapsed multi-line command\nin\n\
                      $ read line || echo no input\nno input\n$ (exit 3)\n";
        assert_eq!(
            (text.as_str(), done.status.code()),
            (wanted, Some(3)),
            "{shell:?}"
        );
    }
}

#[test]
fn lines_of_gitlab_env_reach_the_next_stage_as_written() {
    let bench = Bench::new(
        "env",
        r#"{"id":1,"variables":[{"key":"CERT","value":"pem","file":true}]}"#,
    );
    for shell in SHELLS {
        let first = lines(&["cat $CERT", "echo 'A=two  \"words\" $(x)' >>$GITLAB_ENV"]);
        assert!(
            bench
                .run(shell, |context| step(context, &first))
                .status
                .success()
        );
        let done = bench.run(shell, |context| {
            step(context, &lines(&["printf '<%s>' \"$A\""]))
        });
        assert!(
            String::from_utf8(done.stdout)
                .unwrap()
                .ends_with("<two  \"words\" $(x)>"),
            "{shell:?}"
        );
    }
    assert!(bench.run(SHELLS[0], cleanup).status.success());
    assert_eq!(
        std::fs::read_dir(bench.directory.join("p.tmp"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn artifacts_are_what_the_patterns_say_and_unpack_to_the_same() {
    let job = r#"{"id":1,"artifacts":[
        {"paths":["dist/","**/*.{txt,log}","no such"],"exclude":["dist/**/*.map"]},
        {"paths":["nothing","/etc/passwd","../x"]},
        {"paths":["a b/*"],"when":"on_failure"}]}"#;
    let bench = Bench::new("artifacts", job);
    for path in [
        "dist/a.js",
        "dist/deep/b.map",
        "dist/.hidden",
        "top.txt",
        "x/y/z.log",
        "a b/c d",
        "other",
    ] {
        bench.write(path, path);
    }
    let done = bench.run(SHELLS[0], |context| {
        upload(context, Course::Success).unwrap()
    });
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(
        bench.packed(0),
        ["dist/.hidden", "dist/a.js", "top.txt", "x/y/z.log"]
    );
    assert_eq!((bench.packed(1).len(), bench.packed(2).len()), (0, 0));
    let warnings = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        warnings.contains("no such: no matching files")
            && warnings.contains("/etc/passwd is outside the project"),
        "{warnings}"
    );

    bench.run(SHELLS[0], |context| {
        upload(context, Course::Failure).unwrap()
    });
    assert_eq!(bench.packed(2), ["a b/c d"]);

    std::fs::rename(
        bench.directory.join("p.tmp/artifacts-2.tar"),
        bench.directory.join("p.tmp").join(incoming(9)),
    )
    .unwrap();
    std::fs::remove_dir_all(Path::new(&bench.project).join("a b")).unwrap();
    let done = bench.run(SHELLS[0], |context| download(context, &[(9, "before")]));
    assert!(done.status.success());
    assert_eq!(
        std::fs::read_to_string(Path::new(&bench.project).join("a b/c d")).unwrap(),
        "a b/c d"
    );
    let again = bench.run(SHELLS[0], |context| download(context, &[(9, "before")]));
    assert_eq!(again.status.code(), Some(1));
}

#[test]
fn a_cache_comes_back_under_its_key() {
    let bench = Bench::new(
        "cache",
        r#"{"id":1,"cache":[{"key":"k-$CI_SERVER","paths":["lib"]},{"key":"p","policy":"pull","paths":["x"]}]}"#,
    );
    bench.write("lib/a", "1");
    assert!(
        bench
            .run(SHELLS[0], |context| archive(context, Course::Success)
                .unwrap())
            .status
            .success()
    );
    std::fs::remove_dir_all(Path::new(&bench.project).join("lib")).unwrap();
    assert!(
        bench
            .run(SHELLS[0], |context| restore(context).unwrap())
            .status
            .success()
    );
    assert!(
        Path::new(&bench.project).join("lib/a").exists()
            && bench.directory.join("cache/0/k-yes/cache.tar").exists()
    );
}
