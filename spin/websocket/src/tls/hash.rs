//! SHA-2 and HMAC for rustls.

use std::marker::PhantomData;

use hmac::{EagerHash, KeyInit, Mac};
use rustls::crypto::{
    hash::{Context, Hash, HashAlgorithm, Output},
    hmac::{Hmac, Key, Tag},
};
use sha2::{Digest, Sha256, Sha384};

/// A hash, and HMAC with it.
pub struct Sha<D>(HashAlgorithm, PhantomData<fn() -> D>);

pub static SHA256: Sha<Sha256> = Sha(HashAlgorithm::SHA256, PhantomData);
pub static SHA384: Sha<Sha384> = Sha(HashAlgorithm::SHA384, PhantomData);

struct Hashing<D>(D);
struct Keyed<M>(M);

impl<D: Digest + Clone + Send + Sync + 'static> Hash for Sha<D> {
    fn start(&self) -> Box<dyn Context> {
        Box::new(Hashing(D::new()))
    }

    fn hash(&self, data: &[u8]) -> Output {
        Output::new(&D::digest(data))
    }

    fn output_len(&self) -> usize {
        <D as Digest>::output_size()
    }

    fn algorithm(&self) -> HashAlgorithm {
        self.0
    }
}

impl<D: Digest + Clone + Send + Sync + 'static> Context for Hashing<D> {
    fn fork_finish(&self) -> Output {
        Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn Context> {
        Box::new(Hashing(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> Output {
        Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

impl<D> Hmac for Sha<D>
where
    D: Digest + EagerHash,
    hmac::Hmac<D>: Mac + KeyInit + Clone + Send + Sync + 'static,
{
    fn with_key(&self, key: &[u8]) -> Box<dyn Key> {
        Box::new(Keyed(<hmac::Hmac<D> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length")))
    }

    fn hash_output_len(&self) -> usize {
        <D as Digest>::output_size()
    }
}

impl<M: Mac + Clone + Send + Sync> Key for Keyed<M> {
    fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> Tag {
        let mut mac = self.0.clone();
        mac.update(first);
        middle.iter().for_each(|part| mac.update(part));
        mac.update(last);
        Tag::new(&mac.finalize().into_bytes())
    }

    fn tag_len(&self) -> usize {
        M::output_size()
    }
}
