//! Blobs: whether one is there, mounting one, and the ends of an upload. Read next: `carry`, which sends one.

use reqwest::header::LOCATION;
use reqwest::{Method, Response, Url};

use super::auth::Scope;
use super::failure::Doing;
use super::manifest::header;
use super::payload::Payload;
use super::send::{About, Ask, Target, answer_within};
use super::{Failure, Reason, Registry, redirect};

/// What became of asking to have a blob of another repository here too.
pub(crate) enum Mounting {
    Mounted,
    /// It has to be sent; the registry has begun an upload for it.
    NotMounted {
        upload: Url,
    },
}

impl Registry {
    pub(super) async fn has_blob(&self, repository: &str, digest: &str) -> Result<bool, Failure> {
        let doing = self.blob_doing("look at", repository, digest);
        let answer = self.ask(&self.look(repository, digest), &doing).await?;
        Ok(answer.status() != 404)
    }

    pub(super) fn look(&self, repository: &str, digest: &str) -> Ask<'static> {
        let name = self.address.repository(repository);
        Ask {
            method: Method::HEAD,
            to: Target::Path(format!("{name}/blobs/{digest}")),
            about: About::Blob,
            scope: Scope::Push(name),
            headers: Vec::new(),
            body: None,
            // A registry may send us to the blob's store even for this: it is there.
            also: &[302, 303, 307, 404],
        }
    }

    /// Asks the registry to have the blob in this repository as it has it in `from`.
    pub(crate) async fn mount_blob(
        &self,
        repository: &str,
        digest: &str,
        from: &str,
    ) -> Result<Mounting, Failure> {
        let (name, from) = (
            self.address.repository(repository),
            self.address.repository(from),
        );
        let mut query = Url::parse("https://query.invalid/").expect("it is a URL");
        query
            .query_pairs_mut()
            .append_pair("mount", digest)
            .append_pair("from", &from);
        let path = format!(
            "{name}/blobs/uploads/?{}",
            query.query().unwrap_or_default()
        );
        let doing = self.blob_doing("mount", repository, digest);
        let answer = self
            .ask(&begin(path, Scope::Mount(name, from)), &doing)
            .await?;
        if answer.status() == 201 {
            return Ok(Mounting::Mounted);
        }
        Ok(Mounting::NotMounted {
            upload: self.location(&answer, &doing)?,
        })
    }

    pub(super) async fn begin_upload(&self, name: &str, doing: &Doing) -> Result<Url, Failure> {
        let ask = begin(
            format!("{name}/blobs/uploads/"),
            Scope::Push(name.to_owned()),
        );
        let answer = self.ask(&ask, doing).await?;
        self.location(&answer, doing)
    }

    /// Ends an upload: what was sent has this digest.
    pub(super) async fn close_upload(
        &self,
        name: &str,
        at: Url,
        digest: &str,
        doing: &Doing,
    ) -> Result<(), Failure> {
        let mut end = at;
        end.query_pairs_mut().append_pair("digest", digest);
        let ask = Ask {
            method: Method::PUT,
            to: Target::Url(end),
            about: About::Blob,
            scope: Scope::Push(name.to_owned()),
            headers: Vec::new(),
            body: Some(Payload::default()),
            also: &[],
        };
        self.ask(&ask, doing).await.map(drop)
    }

    /// Where the upload goes on. It may be relative, and some registries behind a proxy forget their own TLS.
    pub(super) fn location(&self, answer: &Response, doing: &Doing) -> Result<Url, Failure> {
        let wrong = |text: &str| Failure::new(self, doing, Reason::Other, text);
        let text = header(answer, LOCATION.as_str())
            .ok_or_else(|| wrong("the registry tells no place for the upload"))?;
        let mut url = answer
            .url()
            .join(&text)
            .map_err(|_| wrong("the registry's place for the upload is no URL"))?;
        if url.scheme() == "http"
            && url.port().is_none()
            && url.host_str() == answer.url().host_str()
        {
            let _ = url.set_scheme(answer.url().scheme());
            let _ = url.set_port(answer.url().port());
        }
        redirect::client_for(self, &url).map_err(|why| wrong(&why))?;
        Ok(url)
    }

    /// The blob's bytes, from wherever the registry keeps them.
    pub(super) async fn open_blob(
        &self,
        name: &str,
        digest: &str,
        doing: &Doing,
    ) -> Result<Response, Failure> {
        let ask = Ask {
            method: Method::GET,
            to: Target::Path(format!("{name}/blobs/{digest}")),
            about: About::Blob,
            scope: Scope::Pull(name.to_owned()),
            headers: Vec::new(),
            body: None,
            also: &[301, 302, 303, 307, 308],
        };
        let mut answer = self.ask(&ask, doing).await?;
        for _ in 0..redirect::MOST {
            if !redirect::is_redirect(answer.status()) {
                return Ok(answer);
            }
            let wrong = |text: &str| Failure::new(self, doing, Reason::Other, text);
            let text = header(&answer, LOCATION.as_str())
                .ok_or_else(|| wrong("the registry sends us nowhere"))?;
            let url = answer
                .url()
                .join(&text)
                .map_err(|_| wrong("the registry sends us to what is no URL"))?;
            let client = redirect::client_for(self, &url).map_err(|why| wrong(&why))?;
            // Without the login, which is the registry's and not the store's: the URL itself is the key there.
            answer = answer_within(self, doing, client.get(url).send()).await?;
            if !answer.status().is_success() && !redirect::is_redirect(answer.status()) {
                return Err(Failure::of_answer(self, doing, answer).await);
            }
        }
        Err(Failure::new(
            self,
            doing,
            Reason::Other,
            "the registry sends us in circles",
        ))
    }

    pub(super) fn blob_doing(&self, verb: &str, repository: &str, digest: &str) -> Doing {
        Doing {
            what: format!(
                "{verb} the layer `{digest}` in `{}/{repository}`",
                self.host()
            ),
            repository: repository.to_owned(),
        }
    }
}

fn begin(path: String, scope: Scope) -> Ask<'static> {
    Ask {
        method: Method::POST,
        to: Target::Path(path),
        about: About::Blob,
        scope,
        headers: Vec::new(),
        body: Some(Payload::default()),
        also: &[],
    }
}
