//! Key exchange: X25519, and P-256 for servers without it.

use p256::elliptic_curve::sec1::ToSec1Point;
use rustls::{
    Error, NamedGroup, PeerMisbehaved,
    crypto::{ActiveKeyExchange, GetRandomFailed, SharedSecret, SupportedKxGroup},
};
use x25519_dalek::{PublicKey, StaticSecret};

pub static ALL: &[&dyn SupportedKxGroup] = &[&X25519, &P256];

const INVALID: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| GetRandomFailed)?;
    Ok(bytes)
}

#[derive(Debug)]
struct X25519;

struct X25519Share {
    secret: StaticSecret,
    public: PublicKey,
}

impl SupportedKxGroup for X25519 {
    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = StaticSecret::from(random()?);
        let public = PublicKey::from(&secret);
        Ok(Box::new(X25519Share { secret, public }))
    }
}

impl ActiveKeyExchange for X25519Share {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer: [u8; 32] = peer.try_into().map_err(|_| INVALID)?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer));
        // Refuse a shared secret of zeros (RFC 8446 §7.4.2).
        if !shared.was_contributory() {
            return Err(INVALID);
        }
        Ok(SharedSecret::from(shared.as_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

#[derive(Debug)]
struct P256;

struct P256Share {
    secret: p256::SecretKey,
    public: Box<[u8]>,
}

impl SupportedKxGroup for P256 {
    fn name(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }

    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        loop {
            // One number in 2³² is not below the curve's order.
            if let Ok(secret) = p256::SecretKey::from_slice(&random()?) {
                let public = secret.public_key().to_sec1_point(false).as_bytes().into();
                return Ok(Box::new(P256Share { secret, public }));
            }
        }
    }
}

impl ActiveKeyExchange for P256Share {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // Refuses points that are not on the curve.
        let peer = p256::PublicKey::from_sec1_bytes(peer).map_err(|_| INVALID)?;
        let shared = p256::ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), peer.as_affine());
        Ok(SharedSecret::from(shared.raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}
