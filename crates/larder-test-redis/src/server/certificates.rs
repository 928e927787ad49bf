//! Certificates for servers that speak TLS, and those that a client has to refuse.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// The files of an authority, of the server's certificate, and of a foreign authority that signed nothing here.
#[derive(Debug)]
pub struct Certificates {
    ca: PathBuf,
    foreign_ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificates {
    /// The authority that signed the server's certificate.
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// Another authority: who trusts only this one has to refuse the server.
    pub fn foreign_ca(&self) -> &Path {
        &self.foreign_ca
    }

    /// Makes the files. With `wrong_name` the certificate is for another host than the one that is reached.
    pub(super) fn make(folder: &Path, wrong_name: bool) -> Self {
        let names: &[&str] = if wrong_name { &["redis.invalid"] } else { &["localhost", "127.0.0.1"] };
        let authority = authority("Larder's test authority");
        let key = KeyPair::generate().expect("a pair of keys can be made");
        let params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let signed = params.expect("the names are valid").signed_by(&key, &authority).expect("it can be signed");
        let file = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).expect("the server's folder can be written to");
            path
        };
        Self {
            ca: file("ca.pem", authority.pem()),
            foreign_ca: file("foreign_ca.pem", self::authority("A foreign authority").pem()),
            certificate: file("server.pem", signed.pem()),
            key: file("server.key", key.serialize_pem()),
        }
    }

    /// The lines of redis.conf.
    pub(super) fn config(&self) -> String {
        format!(
            "tls-cert-file \"{}\"\ntls-key-file \"{}\"\ntls-ca-cert-file \"{}\"\ntls-auth-clients no\n",
            self.certificate.display(),
            self.key.display(),
            self.ca.display()
        )
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a pair of keys can be made");
    CertifiedIssuer::self_signed(params, key).expect("an authority can sign itself")
}
