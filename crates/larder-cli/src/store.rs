//! Which store a command works on, and how it is opened.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use clap::Args;
use larder::{Backend, Erased, Info, Limits, Namespace, Ttl};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::exit::Failure;
use crate::file::named;
use crate::literal::Otp;
use crate::output::say;
use crate::path;
use crate::server;
use crate::value::ETF;

/// The options that choose a store.
#[derive(Args, Debug)]
pub(crate) struct StoreArgs {
    /// The store: `disk:FILE`, a path to the file, or `redis://HOST`
    ///
    /// Else LARDER_STORE, else `$XDG_DATA_HOME/larder/store.larder`. Options stand in its query, as in
    /// `disk:./sessions.larder?ttl=30m&namespace=myapp` or `redis://localhost/1?layout=pow`. A URL with a password is refused here, where every process of
    /// the machine could read it: put it into LARDER_STORE or a file.
    #[arg(long, value_name = "URL", global = true, conflicts_with = "store_file", help_heading = "Store")]
    pub(crate) store: Option<String>,
    /// A file whose first line is the URL of the store, for URLs with a password
    #[arg(long, value_name = "FILE", global = true, help_heading = "Store")]
    pub(crate) store_file: Option<PathBuf>,
    /// The namespace: text, or an Elixir literal as `=:myapp` [default: cache]
    ///
    /// It beats the URL's `?namespace=`, which beats LARDER_NAMESPACE.
    #[arg(long, value_name = "TEXT|=TERM", global = true, help_heading = "Store")]
    pub(crate) namespace: Option<String>,
}

/// Whether a command may bring a store into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It writes: a file that is not there is created, and that is said.
    Create,
    /// It changes what is there.
    Change,
    /// It looks at what is there, beside a process that writes as well.
    Look,
}

/// A store that has been chosen and not been opened.
#[derive(Clone)]
pub(crate) struct Place {
    url: String,
    /// The file, where it is an embedded one.
    file: Option<PathBuf>,
    /// Whether nobody named it.
    default: bool,
    ttl: Option<Ttl>,
    namespace: Namespace,
    limits: Limits,
    etf: Option<Otp>,
}

/// An open store.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) backend: Erased,
    pub(crate) namespace: Namespace,
    /// Whose way of writing atoms its values follow, where its layout fixes that they are terms of Erlang's.
    pub(crate) etf: Option<Otp>,
}

impl Opened {
    /// What the backend is and can.
    pub(crate) async fn info(&self) -> Result<Info, Failure> {
        Ok(self.backend.info().await?)
    }

    /// The same as the library's store of plain bytes.
    pub(crate) fn store(&self) -> larder::Store<bytes::Bytes> {
        larder::Store::with_codec(self.backend.clone(), larder::Raw).with_namespace(self.namespace.clone())
    }
}

impl Place {
    /// The store that the options name, else the environment, else the default one.
    pub(crate) fn choose(args: &StoreArgs) -> Result<Self, Failure> {
        let said = Self::said(
            args.store.as_deref(),
            args.store_file.as_deref(),
            "LARDER_STORE or into a file for --store-file",
        )?;
        let place = match said {
            Some(place) => place,
            None => match environment("LARDER_STORE")? {
                Some(text) => Self::named(&text)?,
                None => Self::default_one()?,
            },
        };
        place.within(args.namespace.as_deref(), "--namespace")
    }

    /// The store of a URL or of a file whose first line is one; where else a URL with a password may stand.
    pub(crate) fn said(url: Option<&str>, file: Option<&Path>, instead: &str) -> Result<Option<Self>, Failure> {
        match (url, file) {
            (Some(url), _) => {
                refuse_password(url, instead)?;
                Self::named(url).map(Some)
            }
            (None, Some(file)) => Self::named(&first_line(file)?).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The same in the namespace that an option names, if it does.
    pub(crate) fn within(mut self, namespace: Option<&str>, option: &str) -> Result<Self, Failure> {
        if let Some(text) = namespace {
            self.namespace = path::namespace(text).map_err(|failure| failure.at(option))?;
        }
        Ok(self)
    }

    fn named(text: &str) -> Result<Self, Failure> {
        if !text.contains(':') && (text.contains('/') || text.ends_with(".larder")) || text.starts_with(['/', '.']) {
            return Self::of_file(PathBuf::from(text), false);
        }
        let (scheme, rest) = text.split_once(':').ok_or_else(|| {
            Failure::usage("a store is named by a URL, as `disk:./sessions.larder`, or by a path with a `/` in it")
        })?;
        if scheme.eq_ignore_ascii_case("memory") {
            return Err(Failure::usage(
                "`memory:` lives and ends with its process, so a command has nothing to find there; use `disk:FILE`",
            ));
        }
        let file = rest.split('?').next().unwrap_or(rest);
        let option = |name| server::option(text, name);
        let ttl = option("ttl").map(|text| text.parse()).transpose();
        let namespace = option("namespace").map(Namespace::new).transpose();
        let mut limits = Limits::default();
        if let Some(bytes) = option("max_value").and_then(|text| size(&text)) {
            limits.value_bytes = bytes;
        }
        let is_disk = scheme.eq_ignore_ascii_case("disk");
        Ok(Self {
            url: text.to_owned(),
            file: is_disk.then(|| percent_decode_str(file).decode_utf8_lossy().into_owned().into()),
            default: false,
            ttl: ttl.map_err(|error: larder::Error| Failure::from(error).at("`?ttl=` of the store's URL"))?,
            namespace: match namespace.map_err(|error| Failure::from(error).at("`?namespace=` of the store's URL"))? {
                Some(namespace) => namespace,
                None => environment_namespace()?,
            },
            limits,
            etf: server::etf(text).filter(|_| server::is_one(scheme)),
        })
    }

    fn of_file(file: PathBuf, default: bool) -> Result<Self, Failure> {
        // What would end the place of a URL, or begin an escape.
        const SIGNS: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');
        let text = file.to_str().ok_or_else(|| Failure::usage("the path of the store is not UTF-8"))?;
        let url = format!("disk:{}", utf8_percent_encode(text, SIGNS));
        let (namespace, limits) = (environment_namespace()?, Limits::default());
        Ok(Self { url, file: Some(file), default, ttl: None, namespace, limits, etf: None })
    }

    fn default_one() -> Result<Self, Failure> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let data = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
        let data = data.ok_or_else(|| {
            Failure::usage(
                "no store is named and neither XDG_DATA_HOME nor HOME says where the default one lies: use --store",
            )
        })?;
        Self::of_file(data.join("larder").join("store.larder"), true)
    }

    /// The namespace it is used in.
    pub(crate) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Where it is, whatever its options, and without what signs a user in: what can be shown and compared.
    pub(crate) fn whereabouts(&self) -> String {
        if let Some(file) = &self.file {
            return format!("disk:{}", whole_path(file).to_string_lossy());
        }
        server::whereabouts(&self.url)
    }

    /// Whose way of writing atoms its values follow, where its layout fixes that they are terms of Erlang's.
    pub(crate) fn etf(&self) -> Option<Otp> {
        self.etf
    }

    /// Refuses a value that the layout cannot hold.
    pub(crate) fn check_value(&self, value: &[u8]) -> Result<(), Failure> {
        check_value(self.etf, value).map_err(Failure::usage)
    }

    /// Whether both are one store, by whatever names.
    pub(crate) fn is_store_of(&self, other: &Self) -> bool {
        #[cfg(unix)]
        if let (Some(one), Some(other)) = (&self.file, &other.file) {
            use std::os::unix::fs::MetadataExt;
            let inode = |file: &Path| file.metadata().map(|about| (about.dev(), about.ino())).ok();
            if inode(one).is_some_and(|one| inode(other) == Some(one)) {
                return true;
            }
        }
        self.whereabouts() == other.whereabouts()
    }

    /// Whether its URL says that a write is answered before it is sure to stay.
    pub(crate) fn is_relaxed(&self) -> bool {
        self.url.split(['?', '&']).skip(1).any(|option| option == "durability=relaxed")
    }

    /// The limits that hold before it is open.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The same with an option of its URL added.
    pub(crate) fn with_option(mut self, option: &str) -> Self {
        let name = option.split('=').next().unwrap_or(option);
        if self.url.split(['?', '&']).skip(1).any(|other| other.split('=').next() == Some(name)) {
            return self; // What the user wrote there holds.
        }
        let sign = if self.url.contains('?') { '&' } else { '?' };
        self.url.push(sign);
        self.url.push_str(option);
        self
    }

    /// The ttl of what is written: the option's, else the URL's, else LARDER_TTL; else none.
    pub(crate) fn ttl_or_none(&self, option: Option<Ttl>) -> Result<Option<Ttl>, Failure> {
        if let Some(ttl) = option.or(self.ttl) {
            return Ok(Some(ttl));
        }
        let Some(text) = environment("LARDER_TTL")? else { return Ok(None) };
        text.parse().map(Some).map_err(|error: larder::Error| Failure::from(error).at("LARDER_TTL"))
    }

    /// The ttl of what is written, which somebody must have named.
    pub(crate) fn ttl(&self, option: Option<Ttl>) -> Result<Ttl, Failure> {
        self.ttl_or_none(option)?.ok_or_else(|| {
            Failure::usage(
                "how long the record lives is not said: give --ttl 30m, LARDER_TTL, or `?ttl=` in the store's URL; for \
                 ever is --ttl never",
            )
        })
    }

    /// Opens it.
    pub(crate) async fn open(&self, access: Access) -> Result<Opened, Failure> {
        let mut created = None;
        if let Some(file) = &self.file {
            let name = named(file);
            if !file.try_exists().map_err(|error| Failure::io(&name, &error))? {
                if access != Access::Create {
                    let other = if self.default { "; --store or LARDER_STORE name another" } else { "" };
                    return Err(Failure::usage(format!(
                        "there is no store at {name}: `put`, `import` and `copy --to` create one{other}"
                    )));
                }
                if let Some(folder) = file.parent().filter(|_| self.default) {
                    create_folder(folder)?;
                }
                created = Some(name);
            }
        }
        let opened = self.open_as(access).await?;
        if let Some(name) = created {
            say(&format!("created {name}"));
        }
        Ok(Opened { backend: opened.backend().clone(), namespace: self.namespace.clone(), etf: self.etf })
    }

    async fn open_as(&self, access: Access) -> larder::Result<larder::Opened> {
        let existing = self.clone().with_option("create=false");
        match access {
            // Whoever waits at a terminal wants to know why, and not only that there is no connection yet.
            _ if self.file.is_none() => larder::open(&self.clone().with_option("connect=now").url).await,
            Access::Create => larder::open(&self.url).await,
            Access::Change => larder::open(&existing.url).await,
            Access::Look => match larder::open(&self.clone().with_option("read_only=true").url).await {
                // As after a crash, which only a writer can repair.
                Err(error) if error.is_retryable() => larder::open(&existing.url).await,
                opened => opened,
            },
        }
    }
}

/// A path from the root on, links followed as far as it leads to something.
fn whole_path(file: &Path) -> PathBuf {
    if let Ok(whole) = file.canonicalize() {
        return whole;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
    }
}

/// A size as a store's URL says it. What is malformed is the library's to refuse, when it opens the store.
fn size(text: &str) -> Option<usize> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, 1));
    number.parse::<usize>().ok()?.checked_mul(unit)
}

/// redb panics on some damaged files. The library catches that and tells of the damage; what the panic would say on
/// standard error besides helps nobody.
pub(crate) fn tell_of_damage_once() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|location| location.file().contains("redb")) {
            usual(panic);
        }
    }));
}

/// Creates the folder of the default store, which nobody else may look into.
fn create_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| Failure::io(&named(folder), &error))
}

fn environment_namespace() -> Result<Namespace, Failure> {
    match environment("LARDER_NAMESPACE")? {
        Some(text) => path::namespace(&text).map_err(|failure| failure.at("LARDER_NAMESPACE")),
        None => Ok(Namespace::default()),
    }
}

/// A variable of the environment; an empty one is none.
fn environment(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Failure::usage(format!("{name} is not UTF-8"))),
    }
}

fn first_line(file: &Path) -> Result<String, Failure> {
    let name = named(file);
    let text = std::fs::read_to_string(file).map_err(|error| Failure::io(&name, &error))?;
    match text.lines().next().map(str::trim) {
        Some(url) if !url.is_empty() => Ok(url.to_owned()),
        _ => Err(Failure::usage(format!("{name}: its first line is empty; it should be the URL of a store"))),
    }
}

fn refuse_password(url: &str, instead: &str) -> Result<(), Failure> {
    if !server::has_password(url) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "this URL holds a password, and every process of the machine can read the arguments of another: put the URL into \
         {instead}"
    )))
}

/// Says why a layout cannot hold a value: every Pow that read it would crash.
pub(crate) fn check_value(layout: Option<Otp>, value: &[u8]) -> Result<(), &'static str> {
    match layout {
        Some(_) if value.first() != Some(&ETF) => Err(
            "Pow's layouts hold values in Erlang's external term format alone (--codec etf; `value_term` in a line)",
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_the_same_by_any_name_and_its_whereabouts_hold_no_secret() {
        let place = |text| Place::named(text).unwrap();
        let one = place("redis://user:s3cret@host:6379/0?layout=pow");
        assert_eq!(one.whereabouts(), "redis://host:6379/0?layout=pow");
        assert!(one.is_store_of(&place("REDIS://host:6379/?layout=pow&otp=25")));
        assert!(!one.is_store_of(&place("redis://host:6379/1?layout=pow")));
        assert!(!one.is_store_of(&place("redis://host:6379/0")), "another layout has other keys");
        assert!(place("disk:./nothing.larder?ttl=1h").is_store_of(&place("./src/../nothing.larder")));
        assert!(!place("./nothing.larder").is_store_of(&place("./other.larder")));
    }
}
