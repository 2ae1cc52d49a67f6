//! What must be true of AES-256-GCM and of ChaCha20-Poly1305.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::material::{array, bytes, gives, hex, hex_array, same, works, zeros};
use super::{Check, Outcome};
use crate::primitives::{Aead, Hmac, OpenJob, PrimitiveError, SealJob};

/// What distinguishes the two AEADs to the checks.
pub(super) trait Cipher {
    const PRIMITIVE: &'static str;
    /// Key, nonce, associated data, plaintext, ciphertext and tag in one.
    const KNOWN: &'static [[&'static str; 5]];
    /// SHA-256 over every sealed message of [`LENGTHS`], computed with OpenSSL.
    const DIGEST_OF_LENGTHS: &'static str;
}

/// Test cases 13 to 16 of the GCM specification that NIST SP 800-38D is based on.
pub(super) struct Aes256Gcm;

impl Cipher for Aes256Gcm {
    const PRIMITIVE: &'static str = "AES-256-GCM";
    const KNOWN: &'static [[&'static str; 5]] = &[
        [
            ZERO_KEY,
            ZERO_NONCE,
            "",
            "",
            "530f8afbc74536b9a963b4f1c4cb738b",
        ],
        [
            ZERO_KEY,
            ZERO_NONCE,
            "",
            "00000000000000000000000000000000",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        ],
        [
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf\
             0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b0\
             8b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c",
        ],
        [
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf\
             0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b0\
             8b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        ],
    ];
    const DIGEST_OF_LENGTHS: &'static str =
        "5ba1f61ca1678951340ad7027bed6abc13b4bb355b9a2309764e023874ed84d0";
}

/// RFC 8439 section 2.8.2.
pub(super) struct ChaCha20Poly1305;

impl Cipher for ChaCha20Poly1305 {
    const PRIMITIVE: &'static str = "ChaCha20-Poly1305";
    const KNOWN: &'static [[&'static str; 5]] = &[[
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "070000004041424344454647",
        "50515253c0c1c2c3c4c5c6c7",
        "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a2049662049\
         20636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c20\
         73756e73637265656e20776f756c642062652069742e",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92\
         728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b\
         4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
    ]];
    const DIGEST_OF_LENGTHS: &'static str =
        "f226319a727a29633b333b1cc6da5710fa82b8969b9ef83dcd7a3c2e1b6d1d57";
}

const ZERO_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const ZERO_NONCE: &str = "000000000000000000000000";

/// Message lengths around the block and chunk boundaries of every implementation known.
const LENGTHS: [usize; 40] = [
    0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 192, 193, 255, 256, 257, 319,
    320, 383, 384, 511, 512, 513, 575, 576, 767, 768, 1023, 1024, 1025, 4095, 4096, 4097, 16383,
    16384, 16385,
];

/// The checks of an [`Aead`].
pub(super) fn checks<A: Aead, C: Cipher, H: Hmac>() -> Vec<Check> {
    let check = |name, run| Check {
        primitive: C::PRIMITIVE,
        name,
        run,
    };
    vec![
        check(
            "the examples of its specification are met",
            known_answers::<A, C>,
        ),
        check(
            "messages of many lengths are sealed as they should be",
            lengths::<A, C, H>,
        ),
        check("seal_once is seal and open_once is open", once::<A>),
        check(
            "from one buffer into another is a copy and in place",
            into::<A>,
        ),
        check("every changed bit of the tag is refused", changed_tag::<A>),
        check("a failed open leaves zeros", failed_open::<A>),
        check("a batch is a loop, failing items included", batch::<A>),
    ]
}

fn known_answers<A: Aead, C: Cipher>() -> Outcome {
    for [key, nonce, aad, plaintext, sealed] in C::KNOWN {
        let message = Message {
            key: hex_array(key),
            nonce: hex_array(nonce),
            aad: hex(aad),
            plaintext: hex(plaintext),
        };
        let (ciphertext, tag) = message.seal::<A>()?;
        same(
            "the ciphertext and tag",
            &[&ciphertext[..], &tag].concat(),
            &hex(sealed),
        )?;
        same(
            "the plaintext",
            &message.open::<A>(&ciphertext, &tag)?,
            &message.plaintext,
        )?;
    }
    Ok(())
}

fn lengths<A: Aead, C: Cipher, H: Hmac>() -> Outcome {
    let mut all = Vec::new();
    for len in LENGTHS {
        let message = Message::of(len);
        let (ciphertext, tag) = message.seal::<A>()?;
        same(
            "the plaintext",
            &message.open::<A>(&ciphertext, &tag)?,
            &message.plaintext,
        )?;
        all.extend(ciphertext);
        all.extend(tag);
    }
    same(
        "the digest of all sealed",
        &H::sha256(&[&all]),
        &hex(C::DIGEST_OF_LENGTHS),
    )
}

fn once<A: Aead>() -> Outcome {
    let key = works("a key", A::key(&Message::of(0).key))?;
    for len in LENGTHS {
        let message = Message::of(len);
        let (ciphertext, tag) = message.seal::<A>()?;
        let mut buffer = message.plaintext.clone();
        let sealed = A::seal(&key, &message.nonce, &message.aad, &mut buffer);
        same("the ciphertext", &buffer, &ciphertext)?;
        same("the tag", &works("seal", sealed)?, &tag)?;
        let opened = A::open(&key, &message.nonce, &message.aad, &mut buffer, &tag);
        works("open", opened)?;
        same("the plaintext", &buffer, &message.plaintext)?;
    }
    Ok(())
}

fn into<A: Aead>() -> Outcome {
    let key = works("a key", A::key(&Message::of(0).key))?;
    for len in LENGTHS {
        let message = Message::of(len);
        let (nonce, aad) = (&message.nonce, &message.aad);
        let (ciphertext, tag) = message.seal::<A>()?;
        let mut buffer = vec![0xa5; len];
        let sealed = A::seal_into(&key, nonce, aad, &message.plaintext, &mut buffer);
        same("the ciphertext", &buffer, &ciphertext)?;
        same("the tag", &works("seal_into", sealed)?, &tag)?;
        buffer.fill(0xa5);
        let opened = A::open_into(&key, nonce, aad, &ciphertext, &mut buffer, &tag);
        works("open_into", opened)?;
        same("the plaintext", &buffer, &message.plaintext)?;

        let refused = Err(PrimitiveError::InvalidLength);
        let mut buffer = vec![0xa5; len + 1];
        let sealed = A::seal_into(&key, nonce, aad, &message.plaintext, &mut buffer);
        gives("a longer buffer", &sealed.map(drop), &refused)?;
        let opened = A::open_into(&key, nonce, aad, &ciphertext, &mut buffer, &tag);
        gives("a longer buffer", &opened, &refused)?;
        same("the longer buffer", &buffer, &vec![0xa5; len + 1])?;
    }
    Ok(())
}

fn changed_tag<A: Aead>() -> Outcome {
    let message = Message::of(40);
    let (ciphertext, tag) = message.seal::<A>()?;
    for bit in 0..128 {
        let mut changed = tag;
        changed[bit / 8] ^= 1 << (bit % 8);
        message.refused::<A>(
            &format!("bit {bit} of the tag changed"),
            &ciphertext,
            &changed,
        )?;
    }
    Ok(())
}

fn failed_open<A: Aead>() -> Outcome {
    for len in LENGTHS {
        let message = Message::of(len);
        let (ciphertext, tag) = message.seal::<A>()?;
        let mut changed_tag = tag;
        changed_tag[len % 16] ^= 0x10;
        message.refused::<A>("a changed tag", &ciphertext, &changed_tag)?;
        for position in [0, len / 2, len.saturating_sub(1)] {
            let mut changed = ciphertext.clone();
            if let Some(byte) = changed.get_mut(position) {
                *byte ^= 1;
                message.refused::<A>("a changed ciphertext", &changed, &tag)?;
            }
        }
        let mut other = Message::of(len);
        other.nonce[11] ^= 1;
        other.refused::<A>("another nonce", &ciphertext, &tag)?;
        let mut other = Message::of(len);
        other.key[31] ^= 1;
        other.refused::<A>("another key", &ciphertext, &tag)?;
        let mut other = Message::of(len);
        other.aad.push(0);
        other.refused::<A>("longer associated data", &ciphertext, &tag)?;
    }
    Ok(())
}

fn batch<A: Aead>() -> Outcome {
    let messages: Vec<Message> = LENGTHS
        .iter()
        .enumerate()
        .map(|(i, len)| {
            let mut message = Message::of(*len);
            message.key = array(u8::try_from(i).unwrap_or(0));
            message
        })
        .collect();
    for count in [0, 1, 2, 3, 4, 5, 7, 8, 9, LENGTHS.len()] {
        let mut buffers: Vec<Vec<u8>> = messages
            .iter()
            .take(count)
            .map(|message| message.plaintext.clone())
            .collect();
        let tags = seal_batch::<A>(&messages, &mut buffers)?;
        for ((message, buffer), tag) in messages.iter().zip(&buffers).zip(&tags) {
            let (ciphertext, expected) = message.seal::<A>()?;
            same("a ciphertext of the batch", buffer, &ciphertext)?;
            same("a tag of the batch", tag, &expected)?;
        }
        open_batch::<A>(&messages, &mut buffers, &tags)?;
    }
    Ok(())
}

fn seal_batch<A: Aead>(
    messages: &[Message],
    buffers: &mut [Vec<u8>],
) -> Result<Vec<[u8; 16]>, String> {
    let mut jobs: Vec<SealJob<'_>> = messages
        .iter()
        .zip(buffers)
        .map(|(message, buffer)| SealJob {
            key: &message.key,
            nonce: &message.nonce,
            aad: &message.aad,
            buffer,
            outcome: Err(PrimitiveError::Library),
        })
        .collect();
    A::seal_batch(&mut jobs);
    jobs.iter()
        .map(|job| works("an item of the batch", job.outcome))
        .collect()
}

/// Opens with every third tag changed.
fn open_batch<A: Aead>(
    messages: &[Message],
    buffers: &mut [Vec<u8>],
    tags: &[[u8; 16]],
) -> Outcome {
    let mut tags = tags.to_vec();
    for tag in tags.iter_mut().skip(1).step_by(3) {
        tag[3] ^= 4;
    }
    let mut jobs: Vec<OpenJob<'_>> = messages
        .iter()
        .zip(buffers)
        .zip(&tags)
        .map(|((message, buffer), tag)| OpenJob {
            key: &message.key,
            nonce: &message.nonce,
            aad: &message.aad,
            buffer,
            tag,
            outcome: Err(PrimitiveError::Library),
        })
        .collect();
    A::open_batch(&mut jobs);
    for (i, (job, message)) in jobs.iter().zip(messages).enumerate() {
        if i % 3 == 1 {
            let refused = Err(PrimitiveError::AuthenticationFailed);
            gives("a changed item of the batch", &job.outcome, &refused)?;
            zeros("its buffer", job.buffer)?;
        } else {
            works("an item of the batch", job.outcome)?;
            same("a plaintext of the batch", job.buffer, &message.plaintext)?;
        }
    }
    Ok(())
}

struct Message {
    key: [u8; 32],
    nonce: [u8; 12],
    aad: Vec<u8>,
    plaintext: Vec<u8>,
}

impl Message {
    /// The message of that length behind [`Cipher::DIGEST_OF_LENGTHS`].
    #[allow(clippy::cast_possible_truncation)]
    fn of(len: usize) -> Self {
        Self {
            key: array(1),
            nonce: array(len as u8),
            aad: bytes(3, len % 41),
            plaintext: bytes(4, len),
        }
    }

    fn seal<A: Aead>(&self) -> Result<(Vec<u8>, [u8; 16]), String> {
        let mut buffer = self.plaintext.clone();
        let sealed = A::seal_once(&self.key, &self.nonce, &self.aad, &mut buffer);
        Ok((buffer, works("seal_once", sealed)?))
    }

    fn open<A: Aead>(&self, ciphertext: &[u8], tag: &[u8; 16]) -> Result<Vec<u8>, String> {
        let mut buffer = ciphertext.to_vec();
        let opened = A::open_once(&self.key, &self.nonce, &self.aad, &mut buffer, tag);
        works("open_once", opened)?;
        Ok(buffer)
    }

    /// Requires every way of opening to refuse and to leave zeros.
    fn refused<A: Aead>(&self, what: &str, ciphertext: &[u8], tag: &[u8; 16]) -> Outcome {
        let refused = Err(PrimitiveError::AuthenticationFailed);
        let mut buffer = ciphertext.to_vec();
        let opened = A::open_once(&self.key, &self.nonce, &self.aad, &mut buffer, tag);
        gives(what, &opened, &refused)?;
        zeros("the buffer", &buffer)?;
        let key = works("a key", A::key(&self.key))?;
        let mut buffer = ciphertext.to_vec();
        let opened = A::open(&key, &self.nonce, &self.aad, &mut buffer, tag);
        gives(what, &opened, &refused)?;
        zeros("the buffer", &buffer)?;
        buffer.fill(0xa5);
        let opened = A::open_into(&key, &self.nonce, &self.aad, ciphertext, &mut buffer, tag);
        gives(what, &opened, &refused)?;
        zeros("the buffer", &buffer)
    }
}
