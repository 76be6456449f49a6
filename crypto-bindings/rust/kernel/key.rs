// SPDX-License-Identifier: GPL-2.0

//! Keys of the kernel's key retention service.
//!
//! C headers: [`include/linux/key.h`](srctree/include/linux/key.h),
//! [`include/keys/user-type.h`](srctree/include/keys/user-type.h)
//!
//! Reference: <https://docs.kernel.org/security/keys/core.html>

use crate::{
    bindings,
    crypto::SecretVec,
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
};
use core::{
    ptr::NonNull,
    slice, //
};

/// A key of type `user`, whose payload is some bytes that user space gave.
///
/// # Invariants
///
/// `key` points to a valid key of type `user`, and owns a reference to it.
pub struct Key {
    key: NonNull<bindings::key>,
}

// SAFETY: A reference to a key may be released by any thread.
unsafe impl Send for Key {}

// SAFETY: A key's payload is read with the key's semaphore held.
unsafe impl Sync for Key {}

impl Key {
    /// Finds the key with the given serial number, with the rights of the current task.
    ///
    /// The task must have permission to read it. The special numbers, such as -3 for the session
    /// keyring (`KEY_SPEC_SESSION_KEYRING`), stand for keyrings, which are not of type `user`.
    ///
    /// Waits until the key has been constructed, if it is being so; must be called from process
    /// context.
    ///
    /// Returns [`ENOKEY`] if there is none, [`EACCES`] if the task may not read it, [`EINVAL`] if
    /// it is not of type `user`, [`EKEYREVOKED`], [`EKEYEXPIRED`], or the error with which it was
    /// rejected.
    ///
    /// C: `lookup_user_key()`
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::key::Key;
    ///
    /// const KEY_SPEC_PROCESS_KEYRING: i32 = -2;
    ///
    /// // A keyring has no payload to read, and there may be none.
    /// assert!(Key::lookup_user(KEY_SPEC_PROCESS_KEYRING).is_err());
    /// ```
    pub fn lookup_user(serial: i32) -> Result<Self> {
        // SAFETY: Any number may be looked up.
        let key = from_err_ptr(unsafe {
            bindings::lookup_user_key(serial, 0, bindings::key_need_perm_KEY_NEED_READ)
        })?;

        // SAFETY: `lookup_user_key()` returned a valid reference.
        let key = NonNull::new(unsafe { bindings::key_ref_to_ptr(key) }).ok_or(ENOKEY)?;

        // SAFETY: The key is valid, as we own a reference. Its type never changes, and all members
        // of the union have it at the same place.
        let key_type = unsafe { (*key.as_ptr()).__bindgen_anon_3.index_key.type_ };
        if key_type != &raw mut bindings::key_type_user {
            // SAFETY: `lookup_user_key()` gave us this reference, which nobody else uses.
            unsafe { bindings::key_put(key.as_ptr()) };
            return Err(EINVAL);
        }

        // INVARIANT: The type was just checked; `lookup_user_key()` gave us a reference.
        Ok(Self { key })
    }

    /// Returns the key's serial number.
    pub fn serial(&self) -> i32 {
        // SAFETY: The key is valid by the type invariants; its number never changes.
        unsafe { (*self.key.as_ptr()).serial }
    }

    /// Returns a copy of the key's payload.
    ///
    /// Returns [`EKEYREVOKED`] or [`EKEYEXPIRED`] if that happened to the key since it was found,
    /// [`ENOKEY`] if it was invalidated, or [`ENOMEM`].
    ///
    /// C: `key_validate()`, `user_key_payload_locked()`
    ///
    /// # Examples
    ///
    /// ```
    /// use kernel::{crypto::SecretVec, key::Key};
    ///
    /// /// Reads the secret with the serial number that user space configured.
    /// fn secret(serial: i32) -> Result<SecretVec> {
    ///     Key::lookup_user(serial)?.read()
    /// }
    ///
    /// // No key has the number 0.
    /// assert!(secret(0).is_err());
    /// ```
    pub fn read(&self) -> Result<SecretVec> {
        let key = self.key.as_ptr();

        // SAFETY: The key, and so its semaphore, is valid by the type invariants.
        unsafe { bindings::down_read(&raw mut (*key).sem) };
        // SAFETY: We hold the semaphore.
        let payload = unsafe { self.read_locked() };
        // SAFETY: We took the semaphore above.
        unsafe { bindings::up_read(&raw mut (*key).sem) };

        payload
    }

    /// Returns a copy of the key's payload.
    ///
    /// # Safety
    ///
    /// The key's semaphore must be held.
    unsafe fn read_locked(&self) -> Result<SecretVec> {
        let key = self.key.as_ptr();

        // SAFETY: The key is valid by the type invariants.
        to_result(unsafe { bindings::key_validate(key) })?;

        // SAFETY: The key is valid, of type `user`, and its semaphore is held.
        let payload = unsafe { bindings::user_key_payload_locked(key) };
        if payload.is_null() {
            // Revoking a key takes its payload.
            return Err(EKEYREVOKED);
        }

        // SAFETY: The payload of a valid key of type `user` is this structure followed by
        // `datalen` bytes; it is replaced only with the semaphore held for writing, and never
        // changed.
        let data = unsafe {
            slice::from_raw_parts(
                (*payload).data.as_ptr().cast::<u8>(),
                usize::from((*payload).datalen),
            )
        };
        SecretVec::from_slice(data, GFP_KERNEL)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: By the type invariants we own a reference, which we do not use any more.
        unsafe { bindings::key_put(self.key.as_ptr()) };
    }
}

#[cfg(CONFIG_RUST_KEY_KUNIT_TEST)]
#[macros::kunit_tests(rust_key)]
mod tests {
    use super::*;
    use crate::str::CStr;

    /// A keyring, which is unlinked and freed with this.
    struct Keyring(*mut bindings::key);

    impl Keyring {
        fn new() -> Result<Self> {
            // SAFETY: The description is a string, and the current task's credentials are valid
            // while it runs this.
            Ok(Self(from_err_ptr(unsafe {
                bindings::keyring_alloc(
                    c"rust_key:test".as_char_ptr(),
                    bindings::kuid_t { val: 0 },
                    bindings::kgid_t { val: 0 },
                    (*bindings::get_current()).cred,
                    bindings::KEY_USR_ALL,
                    bindings::KEY_ALLOC_NOT_IN_QUOTA as c_ulong,
                    core::ptr::null_mut(),
                    core::ptr::null_mut(),
                )
            })?))
        }

        /// Adds a key, and returns a reference to it.
        fn add(&self, key_type: &CStr, payload: &[u8], perm: u32) -> Result<*mut bindings::key> {
            // SAFETY: A key pointer is a reference without possession; the strings and the payload
            // are valid for reads.
            let key = from_err_ptr(unsafe {
                bindings::key_create_or_update(
                    self.0.cast(),
                    key_type.as_char_ptr(),
                    c"rust_key:test".as_char_ptr(),
                    payload.as_ptr().cast(),
                    payload.len(),
                    perm,
                    bindings::KEY_ALLOC_NOT_IN_QUOTA as c_ulong,
                )
            })?;

            // SAFETY: `key_create_or_update()` returned a valid reference.
            Ok(unsafe { bindings::key_ref_to_ptr(key) })
        }
    }

    impl Drop for Keyring {
        fn drop(&mut self) {
            // SAFETY: `keyring_alloc()` gave us this reference.
            unsafe { bindings::key_put(self.0) };
        }
    }

    /// Returns the number of `key`, and drops the reference; the keyring has its own.
    fn serial(key: *mut bindings::key) -> i32 {
        // SAFETY: The caller got the reference from `Keyring::add()`.
        unsafe {
            let serial = (*key).serial;
            bindings::key_put(key);
            serial
        }
    }

    #[test]
    fn payload() -> Result {
        let keyring = Keyring::new()?;

        for payload in [&b"x"[..], &[0x5a; 1000]] {
            let serial = serial(keyring.add(c"user", payload, bindings::KEY_USR_ALL)?);
            let key = Key::lookup_user(serial)?;

            assert_eq!(key.serial(), serial);
            assert_eq!(key.read()?.as_bytes(), payload);
        }
        Ok(())
    }

    #[test]
    fn refused() -> Result {
        let keyring = Keyring::new()?;
        let logon = serial(keyring.add(c"logon", b"x", bindings::KEY_USR_ALL)?);
        assert_eq!(Key::lookup_user(logon).err(), Some(EINVAL));

        // SAFETY: The keyring is valid.
        let number = unsafe { (*keyring.0).serial };
        assert_eq!(Key::lookup_user(number).err(), Some(EINVAL));

        let unreadable = serial(keyring.add(c"user", b"x", bindings::KEY_USR_VIEW)?);
        assert_eq!(Key::lookup_user(unreadable).err(), Some(EACCES));

        assert_eq!(Key::lookup_user(0).err(), Some(EINVAL));
        assert_eq!(Key::lookup_user(i32::MIN).err(), Some(EINVAL));
        assert_eq!(Key::lookup_user(i32::MAX).err(), Some(ENOKEY));
        Ok(())
    }

    #[test]
    fn revoked() -> Result {
        let keyring = Keyring::new()?;
        let serial = serial(keyring.add(c"user", b"x", bindings::KEY_USR_ALL)?);
        let key = Key::lookup_user(serial)?;

        // SAFETY: The key is valid.
        unsafe { bindings::key_revoke(key.key.as_ptr()) };
        assert_eq!(key.read().err(), Some(EKEYREVOKED));
        assert_eq!(Key::lookup_user(serial).err(), Some(EKEYREVOKED));
        Ok(())
    }
}
