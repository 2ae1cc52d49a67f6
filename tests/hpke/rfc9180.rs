//! The vectors of RFC 9180, in all four modes. Counts are printed: `-- --nocapture`.

use serde_json::Value;
use sprag::sprag_core::CryptoBackend;
use sprag::wrap::hpke::{Aead, DhKem, PrivateKey, Psk, PublicKey, Receiver, Sender, Setup};

use crate::given::Given;
use crate::hex::{fixed, unhex};
use crate::support::on_every_backend;

#[test]
fn the_vectors_of_rfc_9180_are_met() {
    on_every_backend!(vectors);
}

fn vectors<B: CryptoBackend>() {
    let file = include_str!("../../core/vectors/hpke/rfc9180_x25519.json");
    let vectors: Vec<Value> = serde_json::from_str(file).unwrap();
    let (mut met, mut seals, mut exports, mut other_kdf, mut aes128) = (0, 0, 0, 0, 0);
    for vector in &vectors {
        match (number(vector, "kdf_id"), number(vector, "aead_id")) {
            (1, 1) => aes128 += 1,
            (1, 2) => seals += vector_is_met::<B>(vector, Aead::Aes256Gcm),
            (1, 3) => seals += vector_is_met::<B>(vector, Aead::ChaCha20Poly1305),
            (1, 0xffff) => seals += vector_is_met::<B>(vector, Aead::ExportOnly),
            _ => other_kdf += 1,
        }
        if number(vector, "kdf_id") == 1 && number(vector, "aead_id") != 1 {
            met += 1;
            exports += list(vector, "exports").len();
        }
    }
    println!(
        "{}: {met} vectors met with {seals} seals and {exports} exports; does not apply: {aes128} \
         with AES-128-GCM, {other_kdf} with HKDF-SHA512",
        B::NAME
    );
    assert_eq!((met, seals, exports), (12, 96, 36));
    assert_eq!(met + other_kdf + aes128, vectors.len());
}

fn vector_is_met<B: CryptoBackend>(vector: &Value, aead: Aead) -> usize {
    let (info, psk, psk_id) = (
        hex(vector, "info"),
        hex(vector, "psk"),
        hex(vector, "psk_id"),
    );
    let mut setup = Setup::new(aead, &info);
    let mode = number(vector, "mode");
    if mode & 1 == 1 {
        setup = setup.with_psk(Psk::new(&psk, &psk_id).unwrap());
    }
    let recipient = key::<B>(vector, "ikmR", "skRm", "pkRm");
    let mut rng = Given(hex(vector, "ikmE"));
    let ((enc, sender), receiver) = if mode & 2 == 2 {
        let from = key::<B>(vector, "ikmS", "skSm", "pkSm");
        let sent = setup
            .sender_from(&from, &recipient.public(), &mut rng)
            .unwrap();
        let receiver = setup
            .receiver_from(&from.public(), &recipient, &sent.0)
            .unwrap();
        (sent, receiver)
    } else {
        let sent = setup
            .sender::<B, DhKem, _>(&recipient.public(), &mut rng)
            .unwrap();
        let receiver = setup.receiver::<B, DhKem>(&recipient, &sent.0).unwrap();
        (sent, receiver)
    };
    assert_eq!(enc, hex(vector, "enc"));
    for export in list(vector, "exports") {
        let mut values = [(); 2].map(|()| vec![0; number(export, "L") as usize]);
        let context = hex(export, "exporter_context");
        sender.export(&context, &mut values[0]).unwrap();
        receiver.export(&context, &mut values[1]).unwrap();
        let wanted = hex(export, "exported_value");
        assert_eq!(values, [wanted.clone(), wanted]);
    }
    seals_are_met(list(vector, "encryptions"), sender, receiver)
}

/// The vectors leave out most numbers between 4 and 256.
fn seals_are_met<B: CryptoBackend>(
    seals: &[Value],
    mut sender: Sender<B>,
    mut receiver: Receiver<B>,
) -> usize {
    let mut sequence = 0;
    for seal in seals {
        while sequence < number(seal, "seq") {
            let between = sender.seal(b"", b"").unwrap();
            receiver.open(b"", &between).unwrap();
            sequence += 1;
        }
        let (aad, plaintext) = (hex(seal, "aad"), hex(seal, "pt"));
        let sealed = sender.seal(&aad, &plaintext).unwrap();
        assert_eq!(sealed, hex(seal, "ct"), "number {sequence}");
        assert_eq!(*receiver.open(&aad, &sealed).unwrap(), plaintext);
        sequence += 1;
    }
    seals.len()
}

fn key<B: CryptoBackend>(vector: &Value, ikm: &str, sk: &str, pk: &str) -> PrivateKey<B> {
    let key = PrivateKey::derive(&hex(vector, ikm)).unwrap();
    assert_eq!(key.to_bytes().expose()[..], hex(vector, sk));
    let public = fixed(text(vector, pk));
    assert_eq!(key.public(), PublicKey::from_bytes(&public).unwrap());
    key
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("")
}

fn hex(value: &Value, field: &str) -> Vec<u8> {
    unhex(text(value, field))
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().expect(field)
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().expect(field)
}
