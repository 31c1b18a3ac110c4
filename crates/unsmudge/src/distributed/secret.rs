//! Who knows the secret proves it without saying it: HMAC-SHA256 (RFC 2104) of numbers that are used
//! once.

use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::hint::black_box;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Bytes of a proof, and of a number that is used once.
pub(super) const N_BYTES: usize = 32;

const BLOCK: usize = 64;

/// HMAC-SHA256 of `parts`, one after the other.
pub(super) fn proof(secret: &[u8], parts: &[&[u8]]) -> [u8; N_BYTES] {
    let mut key = [0; BLOCK];
    if secret.len() > BLOCK {
        key[..N_BYTES].copy_from_slice(&Sha256::digest(secret));
    } else {
        key[..secret.len()].copy_from_slice(secret);
    }
    let mut inner = Sha256::new_with_prefix(key.map(|byte| byte ^ 0x36));
    parts.iter().for_each(|part| inner.update(part));
    let mut outer = Sha256::new_with_prefix(key.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// Whether two proofs are the same, in a time that does not depend on where they differ.
pub(super) fn are_equal(one: &[u8; N_BYTES], other: &[u8; N_BYTES]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    differences == 0
}

/// A number that no connection had before: of the system's random keys of hash tables, the time,
/// the process and a counter.
pub(super) fn nonce() -> [u8; N_BYTES] {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hash = Sha256::new();
    for _ in 0..4 {
        hash.update(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    hash.update(time.as_nanos().to_le_bytes());
    hash.update(process::id().to_le_bytes());
    hash.update(COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_are_those_of_rfc_4231() {
        let hexadecimal = |byte: u8| format!("{byte:02x}");
        let of = |secret: &[u8], parts: &[&[u8]]| proof(secret, parts).map(hexadecimal).concat();
        assert_eq!(
            of(b"Jefe", &[b"what do ya want ", b"for nothing?"]),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            of(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn one_bit_makes_another_proof_and_no_number_comes_twice() {
        let one = proof(b"secret", &[b"a"]);
        let mut other = one;
        other[31] ^= 1;
        assert!(are_equal(&one, &one.clone()) && !are_equal(&one, &other));
        let numbers: std::collections::BTreeSet<_> = (0..1000).map(|_| nonce()).collect();
        assert_eq!(numbers.len(), 1000);
    }
}
