// SPDX-License-Identifier: GPL-2.0

//! Runs test vectors through the wrappers of `kernel::crypto`.
//!
//! A vector is written to `/dev/crypto_vectors`, in one `write()`; then the file, read from its
//! beginning, says what came of it: `passed`, `failed: WHY` or `not applicable: WHY`. What is no
//! vector gives `EINVAL`.
//!
//! A vector is a run of fields, each its length in 32 bits (little-endian) and its bytes. The first
//! says what to do, the second what has to come of it, and the rest is described where it is read.
//! Vectors that the wrappers do not take are not passed over: what is refused has to be refused
//! with the error that the wrapper's documentation names.

#![forbid(unsafe_code)]

mod aead;
mod agreement;
mod hkdf;
mod mac;
mod rsa;
mod sig;
mod skcipher;
mod vector;

use kernel::{
    fs::{
        File,
        Kiocb, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    miscdevice::{
        MiscDevice,
        MiscDeviceOptions,
        MiscDeviceRegistration, //
    },
    new_mutex,
    prelude::*,
    str::CString,
    sync::Mutex, //
};
use vector::{
    Outcome,
    Vector, //
};

module! {
    type: CryptoVectors,
    name: "crypto_vectors",
    authors: ["The rust-tls developers"],
    description: "Test vectors for kernel::crypto",
    license: "GPL",
}

/// The most bytes in a vector.
const MAX_SIZE: usize = 1 << 20;

#[pin_data]
struct CryptoVectors {
    #[pin]
    _device: MiscDeviceRegistration<Device>,
}

impl kernel::InPlaceModule for CryptoVectors {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _device <- MiscDeviceRegistration::register(MiscDeviceOptions {
                name: c"crypto_vectors",
            }),
        })
    }
}

/// An open file of the device: what came of the vector that was written last.
#[pin_data]
struct Device {
    #[pin]
    outcome: Mutex<CString>,
}

#[vtable]
impl MiscDevice for Device {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        let none = CString::try_from_fmt(fmt!("no vector yet"))?;

        KBox::pin_init(pin_init!(Self { outcome <- new_mutex!(none) }), GFP_KERNEL)
    }

    fn write_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterSource<'_>) -> Result<usize> {
        if iov.len() > MAX_SIZE {
            return Err(EFBIG);
        }
        let mut bytes = KVVec::new();
        let len = iov.copy_from_iter_vec(&mut bytes, GFP_KERNEL)?;
        let outcome = CString::try_from_fmt(fmt!("{}", run(&bytes)?))?;

        *kiocb.file().outcome.lock() = outcome;
        *kiocb.ki_pos_mut() = 0;
        Ok(len)
    }

    fn read_iter(mut kiocb: Kiocb<'_, Self::Ptr>, iov: &mut IovIterDest<'_>) -> Result<usize> {
        let device = kiocb.file();
        let outcome = device.outcome.lock();

        iov.simple_read_from_buffer(kiocb.ki_pos_mut(), outcome.to_bytes())
    }
}

fn run(bytes: &[u8]) -> Result<Outcome> {
    let mut vector = Vector::new(bytes)?;
    let run = match vector.operation {
        b"aead" => aead::run,
        b"ecdh" => agreement::ecdh,
        b"ecdsa" => sig::ecdsa,
        b"hkdf" => hkdf::run,
        b"mac" => mac::run,
        b"ml-dsa" => sig::ml_dsa,
        b"rsa-pkcs1" => rsa::pkcs1,
        b"rsa-pss" => rsa::pss,
        b"skcipher" => skcipher::run,
        b"x25519" => agreement::x25519,
        _ => return Err(EINVAL),
    };

    run(&mut vector)
}
