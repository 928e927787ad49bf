//! How a [`Redis`] is opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::backends::{Size, Url};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::term::Otp;

use super::clock::ServerClock;
use super::connection::{Address, Connection, Options, Password, Place, Tls};
use super::rebuild::Rebuilds;
use super::{Layout, Redis};

/// How a [`Redis`] is opened; made by [`Redis::at`] and [`Redis::on_socket`].
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// use larder::Opened;
/// use larder::backends::redis::{Layout, Redis};
/// use larder::term::Otp;
///
/// let redis = Redis::at("redis.example.com", 6379).password("secret").layout(Layout::Pow(Otp::Otp26)).build()?;
/// let store = Opened::from(redis).store::<String>();
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Builder {
    address: Address,
    options: Options,
    layout: Layout,
    limits: Limits,
}

impl Redis {
    /// The server at this host, a name or an IP address, and port.
    pub fn at(host: impl Into<String>, port: u16) -> Builder {
        Builder::new(Place::Tcp(host.into(), port))
    }

    /// The server behind this Unix socket.
    pub fn on_socket(path: impl Into<PathBuf>) -> Builder {
        Builder::new(Place::Unix(path.into()))
    }
}

impl Builder {
    fn new(place: Place) -> Self {
        Self::of(Address { place, user: None, password: None, database: 0, tls: None })
    }

    fn of(address: Address) -> Self {
        Self { address, options: Options::default(), layout: Layout::Native, limits: Limits::default() }
    }

    /// Signs in with this password as the server's default user, or as [`Builder::user`].
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.address.password = Some(Password::new(password));
        self
    }

    /// Signs in as this user of the server's ACL.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.address.user = Some(name.into());
        self
    }

    /// Uses the database of this number; 0 unless set.
    pub fn database(mut self, number: u32) -> Self {
        self.address.database = number;
        self
    }

    /// Speaks TLS, and trusts what the system trusts.
    pub fn tls(mut self) -> Self {
        self.secured();
        self
    }

    /// Speaks TLS, and trusts the certificates in this PEM file and no others.
    pub fn trust(mut self, file: impl Into<PathBuf>) -> Self {
        self.secured().ca = Some(file.into());
        self
    }

    /// Speaks TLS, and proves who we are with these certificates and this key in PEM.
    pub fn identity(mut self, certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.secured().identity = Some((certificates.into(), key.into()));
        self
    }

    /// Speaks TLS, and wants the server's certificate to bear this name instead of the host's.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.secured().name = Some(name.into());
        self
    }

    fn secured(&mut self) -> &mut Tls {
        self.address.tls.get_or_insert_default()
    }

    /// Names records this way; [`Layout::Native`] unless set.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Sets the limits of keys, patterns and values.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Ends every call after this time, whatever happens: waiting, sending, and the reply. 2 s unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Gives up a step of connecting after this time. 1 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// Lets calls wait this long for a lost connection before they fail at once. 500 ms unless set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// Refuses a call as [`ErrorKind::Overloaded`] where so many are under way. One that was given up, by its deadline or by
    /// whoever made it, counts until the server has answered it or its connection has ended. 10,000 unless set.
    pub fn queue(mut self, calls: usize) -> Self {
        self.options.queue = calls;
        self
    }

    /// Sets whether replies are released only when the batch that they belong to is proved complete, so that one that a
    /// faulty proxy drops or repeats reaches nobody. On unless set.
    pub fn fence(mut self, on: bool) -> Self {
        self.options.fence = on;
        self
    }

    /// Makes the store, which connects when it is first used.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a user without a password, or TLS over a Unix socket.
    pub fn build(self) -> Result<Redis> {
        if self.address.user.is_some() && self.address.password.is_none() {
            return Err(Error::new(
                ErrorKind::Config,
                "a user of the server's ACL signs in with a password: set it too",
            ));
        }
        if self.address.tls.is_some() && matches!(self.address.place, Place::Unix(_)) {
            return Err(Error::new(ErrorKind::Config, "there is no TLS over a Unix socket, and no need of it"));
        }
        Ok(Redis {
            connection: Connection::new(self.address, self.options),
            layout: self.layout,
            limits: self.limits,
            clock: ServerClock::default(),
            watch: Arc::default(),
            rebuilds: Rebuilds::default(),
        })
    }

    /// Makes the store, and fails where the server cannot be reached now.
    ///
    /// # Errors
    /// As [`Builder::build`], and those of the connection.
    pub async fn connect(self) -> Result<Redis> {
        let redis = self.build()?;
        redis.connection.connect().await?;
        Ok(redis)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("layout", &self.layout).finish_non_exhaustive()
    }
}

pub(crate) async fn open(mut url: Url) -> Result<Redis> {
    let mut builder = Builder::of(Address::from_url(&mut url)?);
    builder.options = Options::from_url(&mut url)?;
    let otp = url.take_choice("otp", &[("25", Otp::Otp25), ("26", Otp::Otp26)])?;
    let written = otp.unwrap_or(Otp::Otp26);
    let choices =
        [("native", Layout::Native), ("pow", Layout::Pow(written)), ("pow-indexed", Layout::PowIndexed(written))];
    builder.layout = url.take_choice("layout", &choices)?.unwrap_or(Layout::Native);
    if builder.layout == Layout::Native && otp.is_some() {
        return Err(Error::new(ErrorKind::Config, "the option `otp` belongs to `layout=pow` and `layout=pow-indexed`"));
    }
    if let Some(Size(bytes)) = url.take_parsed("max_value")? {
        builder.limits.value_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    url.finish()?;
    let now = builder.options.connect_now;
    if now { builder.connect().await } else { builder.build() }
}
