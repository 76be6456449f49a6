// SPDX-License-Identifier: GPL-2.0

//! Algorithms for the cryptographic API that are written in Rust.
//!
//! C headers: [`include/crypto/algapi.h`](srctree/include/crypto/algapi.h) and those in
//! [`include/crypto/internal/`](srctree/include/crypto/internal)
//!
//! An *algorithm* is registered under a name. Whoever asks for that name gets a *transformation*
//! (`tfm`), an object with a context of its own, which is where a key is kept. In Rust the context
//! is a type, and what the type can do are traits:
//!
//! - [`Algorithm`] has the names, and makes the context of a new transformation. The context is
//!   dropped with the transformation.
//! - A trait for each type of algorithm has its operations: [`Aead`], [`Akcipher`], [`Kpp`],
//!   [`Shash`], [`Sig`], [`Skcipher`]. Setting a key takes `&mut self`, everything else `&self`.
//!
//! [`module_crypto_algorithms!`](crate::module_crypto_algorithms) declares a module that registers
//! algorithms; code with more to do keeps a [`Registration`] of each.
//!
//! ```text
//!  register::<T>() -> drop()                  once for each algorithm
//!      T::new() -> drop()                     once for each transformation of it
//!          set key (&mut self)
//!              operations (&self)             at once on any number of CPUs
//! ```
//!
//! With `CONFIG_CRYPTO_SELFTESTS` the API puts what is registered to the test, if it has vectors
//! for the name, before anybody gets it.
//!
//! # What may be relied on
//!
//! - C relies on the sizes that belong to the name of an algorithm, and checks few of them. So it
//!   takes `unsafe` to implement [`Algorithm`], which vouches for them, and for nothing else. The
//!   traits with the operations are safe: whatever those compute, no memory is corrupted.
//! - The API asks of everyone who shares a transformation that no key is set while an operation
//!   runs. C cannot be held to it by the compiler, but a caller that does not keep to it breaks
//!   every algorithm there is, since none takes a lock: `&mut self` for setting the key says the
//!   same thing in Rust.
//! - No operation outlives its transformation, no transformation its algorithm, and none of them
//!   the module that they are in.
//! - No algorithm gets to see operands that are shared: not with user space, which may map the
//!   pages of a scatterlist, not with one another, as source and destination may overlap in C. They
//!   are copied, piece by piece where they may be long.
//! - The memory of contexts, and the copies made of operands, are wiped.

use crate::{
    alloc::Flags,
    bindings,
    crypto::SecretVec,
    error::to_result,
    ffi::{
        c_char,
        c_int,
        c_uint,
        c_void, //
    },
    prelude::*,
    str::CStr,
    sync::{
        Arc,
        Completion, //
    },
    types::Opaque, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

pub mod aead;
pub mod akcipher;
mod bounce;
pub mod kpp;
pub mod shash;
pub mod sig;
pub mod skcipher;
mod walk;

pub use aead::Aead;
pub use akcipher::Akcipher;
pub use kpp::Kpp;
pub use shash::Shash;
pub use sig::Sig;
pub use skcipher::Skcipher;

/// What all types of algorithms have in common.
///
/// A value is the context of a transformation. It is made before the first key is set, it stays
/// where it was made, and it is dropped with the transformation.
///
/// # Safety
///
/// C knows an algorithm by its name. Who asks for `"sha256"` has 32 bytes for the digest, and does
/// not ask how many there will be. Who does ask believes what is said: templates compute with it,
/// and have buffers for the largest algorithm that they know. So the implementor promises, for
/// every trait with operations that the type implements:
///
/// - Its sizes are those on which the users of [`NAME`](Algorithm::NAME), or of
///   [`DRIVER_NAME`](Algorithm::DRIVER_NAME), count, be they templates, drivers or anything else:
///   those of the algorithm's standard, in the form that they have in C. That goes for digests,
///   states where they are exported, blocks, initialisation vectors, nonces, tags, keys, signatures
///   and other results, be they constants or what methods return. Each trait says under *Sizes*
///   which there are.
/// - What a method returns as a size is right for every key, and while there is none. Nothing but
///   setting a key changes it.
/// - An operation that succeeds makes as many bytes as those users take for granted.
///
/// Where nobody in C counts on anything for a name, any sizes will do that can be registered. A
/// name that begins like a known one is not such a name: some templates look no further than
/// `"cbc("` or `"ecdsa"`.
///
/// Sizes for which C has no room, whatever the name is, are refused by the compiler or when the
/// algorithm is registered. Nothing checks what belongs to a name.
///
/// # Examples
///
/// ```
/// use kernel::{
///     crypto::{algorithm::Algorithm, Secret},
///     prelude::*,
/// };
///
/// struct Sealed {
///     key: Option<Secret<32>>,
/// }
///
/// // SAFETY: There is no trait with operations, and so there are no sizes.
/// unsafe impl Algorithm for Sealed {
///     const NAME: &'static CStr = c"sealed";
///     const DRIVER_NAME: &'static CStr = c"sealed-rust";
///     const PRIORITY: u16 = 200;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Self { key: None })
///     }
/// }
/// ```
pub unsafe trait Algorithm: Sized + Send + Sync + 'static {
    /// The name of the algorithm (`cra_name`), such as `"sha256"`.
    ///
    /// Several implementations may share it. It has at most 127 bytes, and is not empty.
    const NAME: &'static CStr;

    /// The name of this implementation (`cra_driver_name`), such as `"sha256-rust"`.
    ///
    /// It has at most 127 bytes, is not empty, and no other implementation has it.
    const DRIVER_NAME: &'static CStr;

    /// Which implementation of the same algorithm is preferred: the one with the highest priority
    /// (`cra_priority`). Those in C that use no special instructions have 100.
    const PRIORITY: u16;

    /// Makes the context of a new transformation.
    ///
    /// It is called in process context and may sleep. With an error there is no transformation, and
    /// whoever asked for it gets that error. `EAGAIN` has a meaning to the API: it takes the whole
    /// algorithm out of use.
    fn new() -> impl Init<Self, Error>;
}

/// Returns a name in the form in which `struct crypto_alg` has it.
const fn name(name: &CStr) -> [c_char; bindings::CRYPTO_MAX_ALG_NAME as usize] {
    let bytes = name.to_bytes();
    let mut array = [0; bindings::CRYPTO_MAX_ALG_NAME as usize];
    let mut i = 0;

    // This is evaluated by the compiler: a name that is refused is an error of it.
    assert!(
        !bytes.is_empty() && bytes.len() < array.len(),
        "the name is empty or too long"
    );
    while i < bytes.len() {
        array[i] = bytes[i];
        i += 1;
    }
    array
}

/// Constants of an algorithm, computed by the compiler.
struct Constants<T>(PhantomData<T>);

impl<T: Algorithm> Constants<T> {
    const NAME: [c_char; bindings::CRYPTO_MAX_ALG_NAME as usize] = name(T::NAME);
    const DRIVER_NAME: [c_char; bindings::CRYPTO_MAX_ALG_NAME as usize] = name(T::DRIVER_NAME);

    /// How much memory to ask for, so that a `T` fits in wherever it begins.
    ///
    /// What the API allocates is aligned as `struct crypto_tfm` is, at least.
    const CONTEXT_SIZE: c_uint = {
        let padding = align_of::<T>().saturating_sub(align_of::<bindings::crypto_tfm>());
        let size = size_of::<T>() + padding;

        // No transformation of that size could be allocated anyway.
        assert!(size <= c_int::MAX as usize, "the context is too large");
        size as c_uint
    };
}

/// Returns what [`Algorithm`] says of `T`, the rest left at zero.
fn base<T: Algorithm>(module: &'static ThisModule) -> bindings::crypto_alg {
    bindings::crypto_alg {
        cra_name: Constants::<T>::NAME,
        cra_driver_name: Constants::<T>::DRIVER_NAME,
        cra_priority: T::PRIORITY.into(),
        cra_ctxsize: Constants::<T>::CONTEXT_SIZE,
        cra_module: module.as_ptr(),
        ..pin_init::zeroed()
    }
}

/// Returns where in a transformation the context is.
///
/// # Safety
///
/// `tfm` is a valid transformation of an algorithm with the [`base`] of `T`.
#[inline]
unsafe fn place<T: Algorithm>(tfm: *mut bindings::crypto_tfm) -> *mut T {
    // SAFETY: `tfm` is valid by the safety requirements.
    let start = unsafe { bindings::crypto_tfm_ctx(tfm) };

    // `CONTEXT_SIZE` has room for what is skipped here.
    start
        .wrapping_byte_add(start.addr().wrapping_neg() & (align_of::<T>() - 1))
        .cast()
}

/// Returns the context of a transformation, for what does not change it.
///
/// # Safety
///
/// As for [`place`]. It is called between `init` and `exit` of the transformation, and no key is
/// set during `'a`.
#[inline]
unsafe fn context<'a, T: Algorithm>(tfm: *mut bindings::crypto_tfm) -> &'a T {
    // SAFETY: There is a context, made by `init()`, and nothing changes it.
    unsafe { &*place(tfm) }
}

/// Returns the context of a transformation, to set a key.
///
/// # Safety
///
/// As for [`place`]. It is called between `init` and `exit` of the transformation, which is not
/// used for anything else during `'a`.
#[inline]
unsafe fn context_mut<'a, T: Algorithm>(tfm: *mut bindings::crypto_tfm) -> &'a mut T {
    // SAFETY: There is a context, made by `init()`, and nothing else uses it.
    unsafe { &mut *place(tfm) }
}

/// Sets a key, with `set`, that C handed over.
///
/// # Safety
///
/// - As for [`place`]. It is called between `init` and `exit` of the transformation, which is not
///   used for anything else meanwhile.
/// - `key` is valid for reads of `len` bytes during the call, or `len` is zero.
unsafe fn set_key<T: Algorithm>(
    tfm: *mut bindings::crypto_tfm,
    key: *const c_void,
    len: c_uint,
    set: impl FnOnce(&mut T, &[u8]) -> Result,
) -> c_int {
    // SAFETY: By the safety requirements.
    let (context, key) = unsafe { (context_mut(tfm), bytes(key, len)) };

    status(set(context, key))
}

/// Returns a size, which `get` reads, for C.
///
/// # Safety
///
/// As for [`context`], until this returns.
unsafe fn get_size<T: Algorithm>(
    tfm: *mut bindings::crypto_tfm,
    get: impl FnOnce(&T) -> usize,
) -> c_uint {
    // SAFETY: By the safety requirements.
    size(get(unsafe { context(tfm) }))
}

/// Makes the context of a new transformation.
///
/// # Safety
///
/// As for [`place`], and this is the `init` of `tfm`: it is called once, before anything else.
unsafe fn init<T: Algorithm>(tfm: *mut bindings::crypto_tfm) -> c_int {
    // SAFETY: The place is that of a `T` in the memory of the transformation, which nobody else
    // uses, and it is not read if this fails: the API frees the transformation then, and calls
    // nothing else for it.
    status(unsafe { T::new().__init(place(tfm)) })
}

/// Drops the context of a transformation.
///
/// # Safety
///
/// As for [`place`], and this is the `exit` of `tfm`: it is called once, after everything else,
/// and only if [`init`] succeeded.
unsafe fn exit<T: Algorithm>(tfm: *mut bindings::crypto_tfm) {
    // SAFETY: The context was made by `init()` and is not used again. What is left of it is wiped
    // by the API, which frees it with `kfree_sensitive()`.
    unsafe { place::<T>(tfm).drop_in_place() }
}

/// Returns the bytes that C handed over.
///
/// # Safety
///
/// `data` is valid for reads of `len` bytes, which nobody writes during `'a`, or `len` is zero.
#[inline]
unsafe fn bytes<'a>(data: *const c_void, len: c_uint) -> &'a [u8] {
    if len == 0 {
        // There may be no pointer at all.
        return &[];
    }

    // SAFETY: By the safety requirements.
    unsafe { core::slice::from_raw_parts(data.cast(), len as usize) }
}

/// Returns how memory may be allocated for an operation whose request has `flags`.
fn alloc_flags(flags: u32) -> Flags {
    if flags & bindings::CRYPTO_TFM_REQ_MAY_SLEEP != 0 {
        GFP_KERNEL
    } else {
        GFP_ATOMIC
    }
}

/// Copies an operand of `len` bytes out of a scatterlist.
///
/// # Errors
///
/// - `EINVAL`: there are not so many bytes.
/// - `ENOMEM`: no memory.
///
/// # Safety
///
/// `src` is a scatterlist that may be read, or null.
unsafe fn copy_in(src: *mut bindings::scatterlist, len: usize, flags: Flags) -> Result<SecretVec> {
    let mut operand = SecretVec::zeroed(len, flags)?;
    let buf = operand.as_mut_bytes().as_mut_ptr();

    // SAFETY: By the safety requirements, and there is room for `len` bytes. A list that is null
    // has no entries.
    let copied = unsafe {
        let entries = bindings::sg_nents(src).unsigned_abs();

        bindings::sg_copy_to_buffer(src, entries, buf.cast(), len)
    };
    if copied != len {
        return Err(EINVAL);
    }
    Ok(operand)
}

/// Copies a result into a scatterlist.
///
/// # Errors
///
/// `EINVAL`: there is less room.
///
/// # Safety
///
/// `dst` is a scatterlist that may be written, or null.
unsafe fn copy_out(result: &[u8], dst: *mut bindings::scatterlist) -> Result {
    // SAFETY: By the safety requirements. A list that is null has no entries.
    let copied = unsafe {
        let entries = bindings::sg_nents(dst).unsigned_abs();

        bindings::sg_copy_from_buffer(dst, entries, result.as_ptr().cast(), result.len())
    };
    if copied != result.len() {
        return Err(EINVAL);
    }
    Ok(())
}

/// Returns the error number for C.
///
/// To C, some of them would say that the operation goes on and will be completed later, which
/// nothing ever does here: `EINPROGRESS`, `EBUSY` and, to who reads or writes a socket of AF_ALG,
/// `EIOCBQUEUED`. The others from `ERESTARTSYS` up are the kernel's own, too, and each means
/// something to a part of it that has nothing to do with an algorithm.
fn errno(e: Error) -> c_int {
    let e = match e {
        ERESTARTSYS | ERESTARTNOINTR | ERESTARTNOHAND | ERESTART_RESTARTBLOCK => EINTR,
        ENOTSUPP => EOPNOTSUPP,
        EINPROGRESS | EBUSY => EIO,
        e if e.to_errno() <= ERESTARTSYS.to_errno() => EIO,
        e => e,
    };

    e.to_errno()
}

/// Returns the result for C of what has none but that it succeeded.
fn status(result: Result) -> c_int {
    result.map_or_else(errno, |()| 0)
}

/// Returns a size for C, which has no more than [`c_int::MAX`].
fn size(bytes: usize) -> c_uint {
    c_int::try_from(bytes).unwrap_or(c_int::MAX).unsigned_abs()
}

/// The description of an algorithm in C, such as `struct kpp_alg`.
///
/// # Safety
///
/// - `BASE` is the offset of the `struct crypto_alg` in it.
/// - `register` is the function that registers it, and `crypto_unregister_alg()` for the
///   `struct crypto_alg` is what undoes that.
/// - `destroy` is [`release`] for it. It must be in the kernel itself, not in a module.
unsafe trait Description: Sized {
    const BASE: usize;

    /// # Safety
    ///
    /// `alg` is valid, stays where it is until it is unregistered, and describes an algorithm whose
    /// functions and sizes are what C expects of them.
    unsafe fn register(alg: *mut Self) -> c_int;

    /// # Safety
    ///
    /// As for [`release`].
    unsafe extern "C" fn destroy(base: *mut bindings::crypto_alg);
}

/// Implements [`Description`] for a `struct` whose `struct crypto_alg` is at the given field.
macro_rules! impl_description {
    ($alg:ident, $($base:ident).+, $register:ident) => {
        // SAFETY: The offset is that of the field, and the function the one for the type; all
        // functions that unregister do it by `crypto_unregister_alg()`. The type is no generic one
        // and `destroy` is not inlined, hence it is part of the kernel crate.
        unsafe impl super::Description for bindings::$alg {
            const BASE: usize = core::mem::offset_of!(bindings::$alg, $($base).+);

            unsafe fn register(alg: *mut Self) -> crate::ffi::c_int {
                // SAFETY: By the safety requirements of this function.
                unsafe { bindings::$register(alg) }
            }

            #[inline(never)]
            unsafe extern "C" fn destroy(base: *mut bindings::crypto_alg) {
                // SAFETY: By the safety requirements of this function.
                unsafe { super::release::<Self>(base) }
            }
        }
    };
}
use impl_description;

/// A registered algorithm. C has it until there is no transformation of it left.
struct Entry<A> {
    alg: Opaque<A>,
    // Completed when the entry is gone, which is after every decrement of its reference count.
    gone: Arc<Completion>,
}

/// Frees an [`Entry`].
///
/// It does not sleep, as it may be called in an RCU read-side critical section.
///
/// # Safety
///
/// `base` is the `struct crypto_alg` in the entry of an `A` that was registered and came from
/// [`KBox::into_raw`], and nobody uses it any more.
unsafe fn release<A: Description>(base: *mut bindings::crypto_alg) {
    let alg = base.wrapping_byte_sub(A::BASE).cast::<Opaque<A>>();

    // SAFETY: By the safety requirements there is an entry around `alg`, and it came from a box
    // that is nobody else's.
    let entry = unsafe { KBox::from_raw(crate::container_of!(alg, Entry<A>, alg)) };
    let gone = entry.gone.clone();

    drop(entry);
    // Who waits may go on to free the module, which the caller has yet to put. `crypto_mod_put()`
    // calls this and `module_put()` in one RCU read-side critical section, and `free_module()`
    // waits for it to end.
    gone.complete_all();
}

/// An algorithm that is registered, until this is dropped.
///
/// Dropping it takes the algorithm out of the API: nobody gets a new transformation of it. Those
/// that there are can be used on; what they need stays, and is freed after the last of them.
///
/// If the algorithm is that of a loadable module, dropping waits for the last of them, because the
/// module may be gone soon. A module that is unloaded does not wait, since a module whose algorithm
/// is in use cannot be unloaded; one that fails to initialise may, if only for the self-tests of
/// the API. A registration must not be dropped by the owner of a transformation that would have to
/// be freed first.
///
/// Registering and dropping may sleep.
///
/// # Invariants
///
/// `alg` is registered, was allocated as part of an `Entry`, and is not unregistered by anything
/// but dropping `self`.
///
/// # Examples
///
/// See [`kpp::register`] and its siblings, which create registrations.
pub struct Registration {
    alg: NonNull<bindings::crypto_alg>,
    gone: Arc<Completion>,
    wait: bool,
}

// SAFETY: An algorithm may be unregistered by any thread.
unsafe impl Send for Registration {}

// SAFETY: There is nothing that could be done with a shared reference.
unsafe impl Sync for Registration {}

impl Registration {
    /// Registers an algorithm.
    ///
    /// # Safety
    ///
    /// `alg` describes an algorithm whose functions and sizes are what C expects of them. The
    /// functions are in `module`, or in what stays at least as long.
    unsafe fn new<A: Description>(alg: A, module: &'static ThisModule) -> Result<Self> {
        let gone = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
        let entry = KBox::into_raw(KBox::new(
            Entry {
                alg: Opaque::new(alg),
                gone: gone.clone(),
            },
            GFP_KERNEL,
        )?);

        // SAFETY: `entry` is valid.
        let alg = Opaque::cast_into(unsafe { &raw const (*entry).alg });

        // SAFETY: `alg` is valid, and is not moved or freed before `release()`. The rest is by the
        // safety requirements of this function.
        if let Err(e) = to_result(unsafe { A::register(alg) }) {
            // SAFETY: The entry came from a box. An algorithm that could not be registered has no
            // other users, and as there was no `cra_destroy` yet, nothing freed it.
            drop(unsafe { KBox::from_raw(entry) });
            return Err(e);
        }

        let base = alg
            .wrapping_byte_add(A::BASE)
            .cast::<bindings::crypto_alg>();

        // SAFETY: The field is read when there are no more users, of which the registration itself
        // is one, and when it is unregistered, which is left to `self`. So it is not at present.
        unsafe { (*base).cra_destroy = Some(A::destroy) };

        // INVARIANT: It was just registered, as part of an entry.
        Ok(Self {
            alg: NonNull::new(base).ok_or(EINVAL)?,
            gone,
            // Code that is built in stays. There could be no waiting for it either: the self-tests
            // of what is registered early in boot run much later.
            wait: !module.as_ptr().is_null(),
        })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: By the type invariants the algorithm is registered, and this is the only thing
        // that undoes it.
        unsafe { bindings::crypto_unregister_alg(self.alg.as_ptr()) };

        if self.wait {
            // After this nothing calls functions of the module for the algorithm. Who dropped a
            // reference to the algorithm, the last one or another, may not yet have put the module,
            // but is in an RCU read-side critical section until that is done: see
            // `crypto_mod_put()`. Whoever frees the module waits for a grace period first.
            self.gone.wait_for_completion();
        }
    }
}

/// Declares a module that registers algorithms while it is loaded.
///
/// Each is given as the type of algorithm, which is the name of a module of
/// [`kernel::crypto::algorithm`](crate::crypto::algorithm), and the Rust type that implements it.
/// The other fields are those of [`module!`](crate::prelude::module). For the API to load the
/// module when an algorithm is asked for, the names of the algorithms have to be among its
/// aliases, with `crypto-` before them.
///
/// If one cannot be registered, none is, and the module is not loaded.
///
/// # Examples
///
/// ```
/// # mod module_crypto_algorithms_sample {
/// use kernel::{
///     crypto::algorithm::{Algorithm, Kpp},
///     prelude::*,
/// };
///
/// kernel::module_crypto_algorithms! {
///     algorithms: [kpp: Addition],
///     name: "rust_addition",
///     authors: ["Rust for Linux Contributors"],
///     description: "Key agreement by addition",
///     license: "GPL",
///     alias: ["crypto-addition", "crypto-addition-rust"],
/// }
///
/// /// A group that shows how it is done, and has no secrets: the bytes, with addition.
/// struct Addition {
///     private: u8,
/// }
///
/// // SAFETY: Nobody in C counts on any size for this name.
/// unsafe impl Algorithm for Addition {
///     const NAME: &'static CStr = c"addition";
///     const DRIVER_NAME: &'static CStr = c"addition-rust";
///     const PRIORITY: u16 = 1;
///
///     fn new() -> impl Init<Self, Error> {
///         Ok(Addition { private: 0 })
///     }
/// }
///
/// #[vtable]
/// impl Kpp for Addition {
///     fn set_secret(&mut self, secret: &[u8]) -> Result {
///         self.private = *secret.first().ok_or(EINVAL)?;
///         Ok(())
///     }
///
///     fn max_size(&self) -> usize {
///         1
///     }
///
///     fn generate_public_key(&self, public: &mut [u8]) -> Result<usize> {
///         *public.first_mut().ok_or(EINVAL)? = self.private;
///         Ok(1)
///     }
///
///     fn compute_shared_secret(&self, peer: &[u8], secret: &mut [u8]) -> Result<usize> {
///         let peer = peer.first().ok_or(EINVAL)?;
///
///         *secret.first_mut().ok_or(EINVAL)? = self.private.wrapping_add(*peer);
///         Ok(1)
///     }
/// }
/// # }
/// ```
#[macro_export]
macro_rules! module_crypto_algorithms {
    (algorithms: [$($kind:ident: $alg:ty),+ $(,)?], $($f:tt)*) => {
        struct Module {
            _algorithms: [
                $crate::crypto::algorithm::Registration;
                [$(stringify!($kind)),+].len()
            ],
        }

        $crate::prelude::module! {
            type: Module,
            $($f)*
        }

        impl $crate::Module for Module {
            fn init(_module: &'static $crate::ThisModule) -> $crate::error::Result<Self> {
                Ok(Self {
                    _algorithms: [$($crate::crypto::algorithm::$kind::register::<$alg>()?),+],
                })
            }
        }
    };
}
