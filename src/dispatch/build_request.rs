//! From the flags of `baws-ci build` to a request, with everything read that the caller names: Dockerfile, secrets,
//! variables, the context's list. What a flag names is read here, on the caller's side, and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::image::stdin;
use super::push_options::options;
use crate::cli::BuildArgs;
use crate::env::{self, Var};
use crate::error::{Error, Result};
use crate::image::{
    self, Bases, Blob, BuildRequest, BuilderChoice, Cache, Dockerfile, Files, Ignore, IgnoreFile,
    Skip, TarContext, list,
};

/// As large as a Dockerfile may be, and one byte.
const LARGEST_DOCKERFILE: u64 = (2 << 20) + 1;
/// Source: BuildKit, `session/secrets/secretsprovider/store.go`.
const LARGEST_SECRET: u64 = 500 * 1024;

/// The request, the context's files, and what is worth knowing of them.
pub(super) fn of(arguments: &BuildArgs) -> Result<(BuildRequest, Files, Option<String>)> {
    let begun = Instant::now();
    check(arguments)?;
    let (dockerfile, files) = context(arguments)?;
    let remark = files.remark(begun);
    let pushing = options(&arguments.gate, &arguments.compression)?;
    let mut labels = match arguments.no_labels {
        true => BTreeMap::new(),
        false => image::of_environment(),
    };
    labels.extend(pairs(
        "--label",
        &arguments.labels,
        |_| Some(String::new()),
    )?);
    let request = BuildRequest {
        dockerfile_name: dockerfile
            .path
            .file_name()
            .map_or("Dockerfile".to_owned(), |name| {
                name.to_string_lossy().into_owned()
            }),
        dockerfile: Blob(dockerfile.text),
        tags: image::with_tags(&arguments.tag, &arguments.tags.tags)?,
        build_args: pairs("--build-arg", &arguments.build_args, env::callers)?,
        target: arguments.target.clone(),
        platform: arguments.platform.clone(),
        labels,
        secrets: secrets(&arguments.secrets)?,
        cache: match arguments.no_cache {
            true => Cache::Ignore,
            false => Cache::Use,
        },
        bases: match arguments.pull {
            true => Bases::Always,
            false => Bases::IfMissing,
        },
        cache_from: arguments.cache_from.clone(),
        extra_hosts: arguments.add_hosts.clone(),
        shm_size: arguments.shm_size.clone(),
        ulimits: arguments.ulimits.clone(),
        network: arguments.network.clone(),
        builder: builder(&arguments.builder)?,
        push: arguments.push.then_some(pushing),
        context: Some(files.digest()),
        // Who builds by the calendar wants what is new in the world, not in the commit.
        skip: match arguments.no_skip || Var::CiPipelineSource.text().as_deref() == Some("schedule")
        {
            true => Skip::Never,
            false => Skip::WhenSame,
        },
        max_age_secs: age(&arguments.max_age)?,
    };
    Ok((request, files, remark))
}

/// What cannot come to anything, said before anything is done.
fn check(arguments: &BuildArgs) -> Result<()> {
    if arguments.output.dotenv.is_some() && !arguments.push {
        return Err(Error::usage(
            "there would be nothing to write to the dotenv file: the image is not pushed",
        )
        .hint("add `--push`; or take the image's id from stdout"));
    }
    if let Some(several) = arguments
        .platform
        .as_ref()
        .filter(|text| text.contains(','))
    {
        return Err(Error::usage(format!(
            "cannot build for several platforms at once (`--platform {several}`)"
        ))
        .hint("build once for each, on runners of that platform, with a tag of its own"));
    }
    Ok(())
}

/// A whole number of seconds, minutes, hours or days.
fn age(text: &str) -> Result<u64> {
    let wrong = || {
        Error::usage(format!("`--max-age {text}` is no age"))
            .hint("write it as `30m`, `12h` or `7d`; `0` takes no image instead of a build")
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match &text[digits.len()..] {
        "" if number == 0 => 1,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

pub(super) fn builder(text: &str) -> Result<BuilderChoice> {
    match text {
        "auto" => Ok(BuilderChoice::Auto),
        "buildkit" => Ok(BuilderChoice::Buildkit),
        "classic" => Ok(BuilderChoice::Classic),
        other => Err(Error::usage(format!("`{other}` is no builder"))
            .hint("write `auto`, `buildkit` or `classic`")),
    }
}

fn context(arguments: &BuildArgs) -> Result<(Dockerfile, Files)> {
    let from_stdin = |path: &Path| path == Path::new("-");
    let named = arguments.file.as_deref();
    let dockerfile_on_stdin = named.is_some_and(from_stdin);
    if from_stdin(&arguments.context) {
        if dockerfile_on_stdin {
            return Err(
                Error::usage("both the Dockerfile and the context are to come on stdin")
                    .hint("give one of them as a file"),
            );
        }
        let tar = TarContext::read(std::io::stdin().lock(), &std::env::temp_dir())?;
        // As in Docker: with a tar, -f names a file within it.
        let path = named.unwrap_or(Path::new("Dockerfile"));
        let name = path.strip_prefix("./").unwrap_or(path);
        let text = tar.file(name.as_os_str().as_encoded_bytes())?;
        let dockerfile = Dockerfile {
            path: path.to_owned(),
            text: text.ok_or_else(|| {
                Error::precondition(format!(
                    "there is no Dockerfile `{}` in the tar",
                    path.display()
                ))
                .hint("name it with `-f`, as it is called within the tar")
            })?,
        };
        return Ok((dockerfile, Files::in_tar(tar)?));
    }
    let dockerfile = match dockerfile_on_stdin {
        true => Dockerfile {
            path: "Dockerfile".into(),
            text: stdin(LARGEST_DOCKERFILE).map_err(|error| {
                Error::usage("cannot read the Dockerfile on stdin").caused_by(error)
            })?,
        },
        false => Dockerfile::find(&arguments.context, named)?,
    };
    let ignore = match dockerfile_on_stdin {
        true => IgnoreFile::find(&arguments.context, &arguments.context.join("Dockerfile"))?,
        false => IgnoreFile::find(&arguments.context, &dockerfile.path)?,
    };
    let ignore = ignore.map_or_else(Ignore::nothing, |file| file.ignore);
    let listing = list(&arguments.context, &ignore)?;
    Ok((dockerfile, Files::in_directory(listing)?))
}

/// `KEY=VALUE`, or `KEY` alone with what `missing` says; a key for which it says nothing is left out, as Docker does.
fn pairs(
    flag: &str,
    texts: &[String],
    missing: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    for text in texts {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text.as_str(), missing(text)),
        };
        if key.is_empty() {
            return Err(Error::usage(format!("`{flag} {text}` has no name"))
                .hint(format!("write `{flag} NAME=VALUE`")));
        }
        if let Some(value) = value {
            pairs.insert(key.to_owned(), value);
        }
    }
    Ok(pairs)
}

/// `id=ID[,src=FILE|,env=VARIABLE]`. Source: Docker buildx reference, `--secret`.
fn secrets(texts: &[String]) -> Result<BTreeMap<String, Blob>> {
    let mut secrets = BTreeMap::new();
    for text in texts {
        let wrong = |why: &str| {
            Error::usage(format!("`--secret` cannot be used: {why}"))
                .hint("write `--secret id=NAME,src=FILE` or `--secret id=NAME,env=VARIABLE`")
        };
        let (mut id, mut file, mut variable) = (None, None, None);
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("id", value)) => id = Some(value),
                Some(("src" | "source", value)) => file = Some(value),
                Some(("env", value)) => variable = Some(value),
                Some(("type", "file" | "env")) => {}
                _ => return Err(wrong(&format!("`{part}` is not understood"))),
            }
        }
        let id = id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| wrong("it has no id"))?;
        let value = match (file, variable) {
            (Some(path), None) => {
                let mut bytes = Vec::new();
                let read = std::fs::File::open(path).and_then(|file| {
                    std::io::Read::read_to_end(
                        &mut std::io::Read::take(file, LARGEST_SECRET + 1),
                        &mut bytes,
                    )
                });
                read.map_err(|error| {
                    Error::usage(format!("cannot read the secret `{id}` from `{path}`"))
                        .caused_by(error)
                })?;
                bytes
            }
            (None, variable) => {
                let name = variable.unwrap_or(id);
                let value = env::callers(name).ok_or_else(|| {
                    Error::usage(format!(
                        "the secret `{id}` is to come from the variable `{name}`, which is not set"
                    ))
                    .hint("in a job: is the variable protected, and this ref not?")
                })?;
                value.into_bytes()
            }
            (Some(_), Some(_)) => return Err(wrong("it names both a file and a variable")),
        };
        if value.len() as u64 > LARGEST_SECRET {
            return Err(Error::usage(format!(
                "the secret `{id}` is larger than 500 KiB"
            )));
        }
        secrets.insert(id.to_owned(), Blob(value));
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_without_a_value_come_from_the_environment_or_are_left_out() {
        let texts = ["A=1", "B=", "C", "D=x=y"].map(str::to_owned);
        let found = pairs("--build-arg", &texts, |_| None).unwrap();
        let found: Vec<_> = found.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(found, ["A=1", "B=", "D=x=y"]);
        assert!(pairs("--label", &["=x".to_owned()], |_| None).is_err());
    }

    #[test]
    fn ages_have_a_unit() {
        assert_eq!(age("7d").unwrap(), 604_800);
        assert_eq!(age("90m").unwrap(), 5400);
        assert_eq!(age("0").unwrap(), 0);
        for text in ["", "7", "d", "-1d", "1w", "99999999999999999d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_are_read_here_and_odd_ones_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        std::fs::write(&path, "s3cret").unwrap();
        let found = secrets(&[format!("id=tok,src={}", path.display())]).unwrap();
        assert_eq!(found["tok"].0, b"s3cret");
        for text in [
            "src=/x",
            "id=a,foo=b",
            "id=a,src=/nowhere",
            "id=a,env=SURELY_NOT_SET_1",
        ] {
            assert!(secrets(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
