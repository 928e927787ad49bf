//! Proves the server's name, and ours where it asks, before anything is said.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, ClientConfig, RootCertStore};

use super::Tls;
use crate::error::{Error, ErrorKind, Result};

/// Does the handshake of TLS. Files are read anew each time, since they are renewed while we run.
pub(super) async fn secured<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    host: &str,
    tls: &Tls,
) -> Result<TlsStream<S>> {
    let name = tls.name.as_deref().unwrap_or(host).to_owned();
    let name = ServerName::try_from(name).map_err(|error| {
        config("the host of the `rediss:` URL is not a name that a certificate can bear: set `tls_name`")
            .caused_by(error)
    })?;
    let tls = tls.clone();
    let client = tokio::task::spawn_blocking(move || client(&tls)).await;
    let client = client.unwrap_or_else(|error| Err(config("certificates could not be read").caused_by(error)))?;
    TlsConnector::from(Arc::new(client)).connect(name, socket).await.map_err(|error| {
        refusal(&error)
            .unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "the server ended the TLS handshake"))
            .caused_by(error)
    })
}

fn client(tls: &Tls) -> Result<ClientConfig> {
    // The provider is named here, so that it is of no matter which one the process has installed, if any.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| config("TLS cannot be set up").caused_by(error))?
        .with_root_certificates(trusted(tls)?);
    let Some((certificates, key)) = &tls.identity else { return Ok(config.with_no_client_auth()) };
    let certificates = read(certificates, "cert")?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        self::config("the file of the option `key` holds no key in PEM that can be read").caused_by(error)
    })?;
    config
        .with_client_auth_cert(certificates, key)
        .map_err(|error| self::config("the options `cert` and `key` do not belong together").caused_by(error))
}

fn trusted(tls: &Tls) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let certificates = match &tls.ca {
        Some(file) => read(file, "ca")?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (added, _) = roots.add_parsable_certificates(certificates);
    match added {
        0 => Err(config("there is no certificate to trust: name a file of them with the option `ca`")),
        _ => Ok(roots),
    }
}

fn read(file: &Path, option: &str) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(|error| {
        config(format!("the file of the option `{option}` holds no certificates in PEM that can be read"))
            .caused_by(error)
    })
}

/// What an error of TLS means, if it is one.
pub(super) fn refusal(error: &io::Error) -> Option<Error> {
    let message = match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(wrong) => match wrong {
            CertificateError::UnknownIssuer => {
                "the server's certificate is signed by nobody we trust: name its authority with the option `ca`"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate bears another name: connect by that name, or set it with `tls_name`"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the server's certificate has expired: renew it"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet: look at the clocks"
            }
            _ => "the server's certificate is refused",
        },
        rustls::Error::InvalidMessage(_) => {
            "the server does not speak TLS on that port: use `redis://`, or its TLS port"
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a certificate of ours: name it with the options `cert` and `key`"
        }
        rustls::Error::AlertReceived(_) => {
            "the server refused the TLS handshake: look at the options `cert` and `key`, and at its protocol versions"
        }
        _ => "the TLS handshake failed",
    };
    Some(config(message))
}

fn config(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Config, message)
}
