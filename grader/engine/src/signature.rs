//! Signatures of reports: Ed25519, over the bytes of the file, with keys in PEM.
//!
//! The secret key lies where no worker could see it. It is checked before the first one starts, so that a
//! wrong file costs no grading, and read again once the last one is gone.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use ed25519_compact::{KeyPair, Noise, PublicKey, SecretKey, Seed, Signature};

/// Why a report is not signed, or not believed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SignatureError {
    #[error("failed to read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("failed to read a key in {path}: it holds no {kind} key")]
    #[diagnostic(help("`grader new-key FILE` makes a pair: FILE signs, FILE.pub verifies"))]
    Key { path: PathBuf, kind: &'static str },
    #[error("failed to verify {report}: it is not what was signed with this key")]
    #[diagnostic(help("either the report has been changed, or another key signed it"))]
    Forged { report: PathBuf },
}

/// Writes a new secret key, for its owner's eyes, and the public key beside it.
///
/// # Errors
/// When a file cannot be written, or is there already: a lost key cannot be made again.
pub fn new_key(file: &Path) -> Result<(), SignatureError> {
    let pair = KeyPair::from_seed(Seed::generate());
    create(file, &pair.sk.to_pem(), 0o600)?;
    create(&beside(file, ".pub"), &pair.pk.to_pem(), 0o644)
}

/// Checks that a report can be signed with this key.
///
/// # Errors
/// When it cannot be read, or is no secret key.
pub fn check(key: &Path) -> Result<(), SignatureError> {
    secret_key(key).map(drop)
}

fn secret_key(path: &Path) -> Result<SecretKey, SignatureError> {
    let no_key = |_| SignatureError::Key { path: path.to_owned(), kind: "secret" };
    SecretKey::from_pem(&text(path)?).map_err(no_key)
}

/// Writes the signature of a report beside it.
///
/// # Errors
/// When the key or the report cannot be read, or the signature not written.
pub fn sign(report: &Path, key: &Path) -> Result<(), SignatureError> {
    let signature = secret_key(key)?.sign(bytes(report)?, Some(Noise::generate()));
    let path = beside(report, ".sig");
    fs::write(&path, *signature).map_err(|source| SignatureError::Write { path, source })
}

/// Checks a report against the signature beside it.
///
/// # Errors
/// When it is not what was signed with this key, or a file cannot be read.
pub fn verify(report: &Path, key: &Path) -> Result<(), SignatureError> {
    let no_key = |_| SignatureError::Key { path: key.to_owned(), kind: "public" };
    let key = PublicKey::from_pem(&text(key)?).map_err(no_key)?;
    let signature = Signature::from_slice(&bytes(&beside(report, ".sig"))?);
    let written = bytes(report)?;
    let verified = signature.and_then(|signature| key.verify(written, &signature));
    verified.map_err(|_| SignatureError::Forged { report: report.to_owned() })
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}

fn create(path: &Path, text: &str, mode: u32) -> Result<(), SignatureError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| SignatureError::Write { path: path.to_owned(), source })
}

fn bytes(path: &Path) -> Result<Vec<u8>, SignatureError> {
    fs::read(path).map_err(|source| SignatureError::Read { path: path.to_owned(), source })
}

fn text(path: &Path) -> Result<String, SignatureError> {
    let text = fs::read_to_string(path);
    text.map_err(|source| SignatureError::Read { path: path.to_owned(), source })
}
