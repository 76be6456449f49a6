// SPDX-License-Identifier: GPL-2.0

//! Scatterlists over the bytes of slices, wherever they lie.
//!
//! Some parts of the cryptographic API take scatterlists, that is pages, while Rust code has
//! slices, that is virtual addresses. A slice may lie in the linear map, but as well in `vmalloc()`
//! memory, on a stack that is mapped there, or in the data of the kernel or of a module.
//! `sg_set_buf()` must not be used with any but the first, and there is no way to forbid the others
//! to the callers of a safe function. An [`SgList`] takes them all:
//!
//! - a slice in the linear map becomes one entry;
//! - one in `vmalloc()` memory or in a module becomes an entry a page;
//! - any other, such as data of the kernel on an architecture whose linear map has no place for it,
//!   is copied to the heap and back. With `SPARSEMEM` but no `SPARSEMEM_VMEMMAP`, as some 32-bit
//!   kernels have it, so is one of the second kind.
//!
//! A list is of up to a few slices, each of which is given as a [`Part`]: one that may be written,
//! or one that is only read. What is handed a list with one of the latter must be known to write
//! nothing there, since the C types make no difference.
//!
//! This is for algorithms that run on the CPU and reach the bytes through the kernel's own mapping
//! of the pages. For DMA see [`crate::scatterlist`].
//!
//! C header: [`include/linux/scatterlist.h`](srctree/include/linux/scatterlist.h)

use crate::{
    alloc::Flags,
    bindings,
    crypto::secret::SecretVec,
    error::to_result,
    ffi,
    page::PAGE_SIZE,
    prelude::*,
    types::Opaque, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};

/// How many entries an [`SgStorage`] has room for.
///
/// Enough for a TLS record of the largest size and its associated data in `vmalloc()` memory with
/// pages of 4 KiB: nothing is allocated for it.
const INLINE_ENTRIES: usize = 8;

/// Whether the address of a page and its number are computed from each other, whatever they are.
///
/// Otherwise they are looked up in sections, and the page is asked which section it is of. Neither
/// is there for each number that a mapping may have.
const PAGES_ARE_COMPUTED: bool = cfg!(any(CONFIG_FLATMEM, CONFIG_SPARSEMEM_VMEMMAP));

/// Room for the entries of a short [`SgList`], meant to be put on the stack.
pub(crate) struct SgStorage(Opaque<[bindings::scatterlist; INLINE_ENTRIES]>);

impl SgStorage {
    /// Creates the room. This costs nothing, as it is not initialised.
    #[inline]
    pub(crate) const fn new() -> Self {
        Self(Opaque::uninit())
    }

    /// Makes a list of the bytes of `parts`, if each is no more than one entry, as they mostly are.
    ///
    /// It is of use as long as the storage is, and the bytes are; those of parts that may be
    /// written may be written through it. For any parts there is [`SgList`]. The bytes have to be
    /// at most [`i32::MAX`].
    #[inline]
    pub(crate) fn linear<const N: usize>(
        &mut self,
        parts: [&Part<'_>; N],
    ) -> Option<*mut bindings::scatterlist> {
        const { assert!(N <= INLINE_ENTRIES) };

        let head = self.0.get().cast::<bindings::scatterlist>();
        // There are no empty entries.
        let entries = parts.iter().filter(|part| part.len != 0).count();
        if entries == 0 {
            return None;
        }
        if let [part] = parts[..] {
            // CAST: The callers see to the length.
            //
            // SAFETY: There is room for one entry at `head`. For the rest see below.
            let set = unsafe {
                let start = part.start.as_ptr().cast();

                bindings::sg_init_linear(head, start, part.len as ffi::c_uint)
            };
            return set.then_some(head);
        }
        // CAST: It is small.
        //
        // SAFETY: There is room for so many entries at `head`.
        unsafe { bindings::sg_init_table(head, entries as ffi::c_uint) };

        let mut entry = head;
        for part in parts {
            if part.len == 0 {
                continue;
            }
            // CAST: The callers see to the length.
            //
            // SAFETY: `entry` is one of those that were just initialised, of which there is one for
            // each part that is not empty. By the type invariants of `Part` these are the bytes of
            // one object. One that begins in the linear map lies there as a whole, and is
            // contiguous.
            let set = unsafe {
                let start = part.start.as_ptr().cast();

                bindings::sg_set_linear(entry, start, part.len as ffi::c_uint)
            };
            if !set {
                return None;
            }
            entry = entry.wrapping_add(1);
        }
        Some(head)
    }
}

/// A contiguous part of a slice within one page, or within the linear map.
struct Piece {
    page: *mut bindings::page,
    offset: usize,
    len: usize,
}

/// Returns the `len` bytes at `start` as one piece, if there are any, and in the linear map.
///
/// # Safety
///
/// `start` is valid for reads of `len` bytes, all of one allocated object.
#[inline]
unsafe fn single_piece(start: *const u8, len: usize) -> Option<Piece> {
    if len == 0 {
        return None;
    }
    // SAFETY: This looks at the address alone, which may be any.
    let page = unsafe { bindings::linear_page(start.cast()) };
    if page.is_null() {
        return None;
    }

    Some(Piece {
        page,
        offset: start.addr() % PAGE_SIZE,
        // An object that begins in the linear map lies there as a whole, and is contiguous.
        len,
    })
}

/// Calls `f` with the pieces of the `len` bytes at `start`, none of which is empty.
///
/// # Errors
///
/// `EFAULT` if there are bytes without a page that the kernel maps, or if it cannot be told whether
/// there are; `f` may have been called by then.
///
/// # Safety
///
/// `start` is valid for reads of `len` bytes, all of one allocated object.
unsafe fn for_each_piece(start: *const u8, len: usize, mut f: impl FnMut(Piece)) -> Result {
    if len == 0 {
        return Ok(());
    }

    // SAFETY: By the safety requirements of this function.
    if let Some(piece) = unsafe { single_piece(start, len) } {
        f(piece);
        return Ok(());
    }
    // SAFETY: This looks at the address alone.
    let mapped = unsafe { bindings::is_vmalloc_or_module_addr(start.cast()) } != 0;
    if !mapped || !PAGES_ARE_COMPUTED {
        return Err(EFAULT);
    }

    let mut done = 0;
    while done < len {
        let at = start.wrapping_add(done);
        let offset = at.addr() % PAGE_SIZE;
        let n = (PAGE_SIZE - offset).min(len - done);

        // SAFETY: The address is in the range that this function is for. The mapping stays as it is
        // during the call, because the bytes at `at` are valid. As `PAGES_ARE_COMPUTED`, what it
        // leads to need not have a `struct page`.
        let page = unsafe { bindings::vmalloc_to_page(at.cast()) };

        // A mapping may be of memory that has no `struct page`, or that the linear map leaves out,
        // which is marked as reserved (so is some that it has; there is little of it).
        //
        // SAFETY: As `PAGES_ARE_COMPUTED`, `page_to_pfn()` computes the number from the address of
        // the page, and looks at nothing. `pfn_valid()` takes any number. A page with a valid one
        // has a `struct page` to look at.
        let usable = !page.is_null()
            && unsafe {
                bindings::pfn_valid(bindings::page_to_pfn(page)) && !bindings::page_reserved(page)
            };
        if !usable {
            return Err(EFAULT);
        }

        f(Piece {
            page,
            offset,
            len: n,
        });
        done += n;
    }
    Ok(())
}

/// Counts the pieces of the `len` bytes at `start`.
///
/// # Safety
///
/// As for [`for_each_piece`].
unsafe fn count_pieces(start: *const u8, len: usize) -> Result<usize> {
    let mut n = 0;

    // SAFETY: By the safety requirements of this function.
    unsafe { for_each_piece(start, len, |_| n += 1) }?;
    Ok(n)
}

/// Returns the sum of the lengths, as that of a list.
///
/// # Errors
///
/// - `EINVAL` if it is zero.
/// - `EOVERFLOW` if it is more than [`i32::MAX`].
pub(crate) fn total_len<const N: usize>(lens: [usize; N]) -> Result<ffi::c_uint> {
    let mut sum = 0usize;

    for len in lens {
        sum = sum.checked_add(len).ok_or(EOVERFLOW)?;
    }
    match i32::try_from(sum) {
        Ok(0) => Err(EINVAL),
        // CAST: It is not negative.
        Ok(len) => Ok(len as ffi::c_uint),
        Err(_) => Err(EOVERFLOW),
    }
}

/// A table on the heap, for lists that do not fit in an [`SgStorage`].
///
/// # Invariants
///
/// The table was filled by `sg_alloc_table()`, and nothing else frees it.
struct HeapTable(bindings::sg_table);

impl HeapTable {
    fn new(entries: usize) -> Result<Self> {
        let entries = ffi::c_uint::try_from(entries)?;
        let mut table = bindings::sg_table::default();

        // It is chained from single pages, so large lists do not ask for contiguous memory. The
        // caller may be in atomic context.
        //
        // SAFETY: `table` is valid for writes.
        to_result(unsafe { bindings::sg_alloc_table(&mut table, entries, bindings::GFP_ATOMIC) })?;

        // INVARIANT: It was just filled.
        Ok(Self(table))
    }
}

impl Drop for HeapTable {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and it is not used again.
        unsafe { bindings::sg_free_table(&mut self.0) };
    }
}

/// A list that is used again and again: of up to `N` bytes that are kept with it, and those of a
/// slice in the linear map.
///
/// # Invariants
///
/// `place` is from a [`KBox`]. Its `list` is a scatterlist of two entries, the first of which has
/// the page and the offset of its `head`.
pub(crate) struct HeadedList<const N: usize> {
    place: NonNull<HeadedPlace<N>>,
}

struct HeadedPlace<const N: usize> {
    list: [bindings::scatterlist; 2],
    head: [u8; N],
}

impl<const N: usize> HeadedList<N> {
    pub(crate) fn new(flags: Flags) -> Result<Self> {
        let place = KBox::new(
            HeadedPlace {
                list: Default::default(),
                head: [0; N],
            },
            flags,
        )?;
        let place = NonNull::from(KBox::leak(place));

        // SAFETY: All of this is in the place, which was just allocated. Its head is in the linear
        // map, as all that `kmalloc()` allocates.
        unsafe {
            let list = (&raw mut (*place.as_ptr()).list).cast();
            let head = (&raw const (*place.as_ptr()).head).cast::<u8>();

            bindings::sg_init_table(list, 2);
            // CAST: It is less than a page.
            bindings::sg_set_page(
                list,
                bindings::virt_to_page(head.cast()),
                0,
                (head.addr() % PAGE_SIZE) as ffi::c_uint,
            );
        }

        // INVARIANT: It was allocated above as a `KBox`, and the list initialised.
        Ok(Self { place })
    }

    /// Makes the list one of a copy of `head` and of the bytes of `rest`.
    ///
    /// It allocates nothing. There is no list if `head` has more than `N` bytes, or if `rest` is
    /// empty or does not lie in the linear map.
    ///
    /// # Safety
    ///
    /// - Nobody else uses the list. It is of use until this is called again, and as long as the
    ///   bytes of `rest` are where they are and nothing but the list's user looks at them.
    /// - `rest` has at most [`i32::MAX`] bytes.
    #[inline]
    pub(crate) unsafe fn fill(
        &self,
        head: &[u8],
        rest: &mut [u8],
    ) -> Option<*mut bindings::scatterlist> {
        let place = self.place.as_ptr();

        // There are no empty entries.
        if head.len() > N || rest.is_empty() {
            return None;
        }

        // CAST: Both are at most the length of the list, which fits.
        //
        // SAFETY: By the type invariants and the safety requirements the place is ours to write,
        // and `head`, which as a slice of the caller's is apart from it, fits in it. An object that
        // begins in the linear map lies there as a whole, and is contiguous.
        unsafe {
            let list = (&raw mut (*place).list).cast::<bindings::scatterlist>();
            let second = list.add(1);

            if !bindings::sg_set_linear(second, rest.as_mut_ptr().cast(), rest.len() as ffi::c_uint)
            {
                return None;
            }
            (&raw mut (*place).head)
                .cast::<u8>()
                .copy_from_nonoverlapping(head.as_ptr(), head.len());
            (*list).length = head.len() as ffi::c_uint;
            Some(if head.is_empty() { second } else { list })
        }
    }

    /// Returns a copy of `head` that is kept where [`HeadedList::fill`] keeps it, for other lists.
    /// There is none if `head` has more than `N` bytes.
    ///
    /// # Safety
    ///
    /// Nobody else uses the list. The part is of use until this is called again, or `fill` is.
    #[inline]
    pub(crate) unsafe fn put(&self, head: &[u8]) -> Option<Part<'_>> {
        if head.len() > N {
            return None;
        }
        // SAFETY: By the type invariants and the safety requirements the place is ours to write,
        // and `head`, which as a slice of the caller's is apart from it, fits in it.
        let copy = unsafe {
            let copy = (&raw mut (*self.place.as_ptr()).head).cast::<u8>();

            copy.copy_from_nonoverlapping(head.as_ptr(), head.len());
            core::slice::from_raw_parts_mut(copy, head.len())
        };

        Some(Part::from(copy))
    }
}

impl<const N: usize> Drop for HeadedList<N> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, and it is not used again.
        drop(unsafe { KBox::from_raw(self.place.as_ptr()) });
    }
}

/// One of the slices of a list, as the addresses of its bytes.
///
/// # Invariants
///
/// - `start` is the place of `len` bytes of a slice that is borrowed for `'a`, or of those of a
///   [`Bounce`] that lives as long as the part.
/// - If `written`, the borrow is a mutable one.
pub(crate) struct Part<'a> {
    start: NonNull<u8>,
    len: usize,
    written: bool,
    _borrow: PhantomData<&'a mut [u8]>,
}

impl<'a> From<&'a mut [u8]> for Part<'a> {
    #[inline]
    fn from(bytes: &'a mut [u8]) -> Self {
        // INVARIANT: It is borrowed mutably.
        Self {
            len: bytes.len(),
            start: NonNull::from(bytes).cast(),
            written: true,
            _borrow: PhantomData,
        }
    }
}

impl<'a> From<&'a [u8]> for Part<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        // INVARIANT: It is borrowed, and marked as not to be written.
        Self {
            len: bytes.len(),
            start: NonNull::from(bytes).cast(),
            written: false,
            _borrow: PhantomData,
        }
    }
}

/// A copy of a [`Part`] that has no place in a scatterlist.
///
/// # Invariants
///
/// `back`, if there is one, is the place of as many bytes as there are in `bytes`, borrowed mutably
/// for `'a`.
struct Bounce<'a> {
    bytes: SecretVec,
    back: Option<NonNull<u8>>,
    // What is dropped with a lifetime has to be dropped within it, so the borrow lasts until then.
    _borrow: PhantomData<&'a mut [u8]>,
}

impl Drop for Bounce<'_> {
    fn drop(&mut self) {
        let bytes = self.bytes.as_bytes();

        if let Some(back) = self.back {
            // SAFETY: By the type invariants, `back` is valid for writes of that many bytes, and
            // apart from the copy, since it is still borrowed.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), back.as_ptr(), bytes.len()) };
        }
    }
}

/// A scatterlist of the bytes of up to `N` slices.
///
/// The borrows of all, and of the storage, last as long as the list. Bytes that are written
/// through it may have their new values only when it is dropped.
///
/// # Invariants
///
/// - `head` is a scatterlist, none of its entries empty. Its entries are in the
///   [`SgStorage`] borrowed for `'a` or in `_heap`.
/// - The bytes of each entry are those of a slice borrowed for `'a` or of one of `_bounce`, and can
///   be reached through the kernel's mapping of the entry's page.
pub(crate) struct SgList<'a, const N: usize> {
    head: NonNull<bindings::scatterlist>,
    _heap: Option<HeapTable>,
    _bounce: [Option<Bounce<'a>>; N],
    _borrows: PhantomData<(&'a mut SgStorage, &'a mut [u8])>,
}

impl<'a, const N: usize> SgList<'a, N> {
    /// Creates the list of the bytes of `parts`, one after the other.
    ///
    /// Some may be empty. It allocates if there are more entries than fit in `storage` or if
    /// bytes have to be copied, and never sleeps.
    ///
    /// # Errors
    ///
    /// - `EINVAL` if there is no byte at all: there are no empty scatterlists.
    /// - `EOVERFLOW` if the bytes are more than [`i32::MAX`] together.
    /// - `ENOMEM` if memory is needed and there is none; for a copy it has to be in one piece.
    pub(crate) fn new(storage: &'a mut SgStorage, mut parts: [Part<'a>; N]) -> Result<Self> {
        total_len(parts.each_ref().map(|part| part.len))?;

        let mut bounce = [const { None }; N];
        // Most slices are one piece, in the linear map. That is looked up only once.
        let mut single = [const { None }; N];
        let mut entries = 0;

        for ((part, single), bounce) in parts.iter_mut().zip(&mut single).zip(&mut bounce) {
            // SAFETY: By the type invariants of `Part`, these are the bytes of a slice.
            *single = unsafe { single_piece(part.start.as_ptr(), part.len) };
            if single.is_some() {
                entries += 1;
                continue;
            }

            // SAFETY: By the type invariants of `Part`, these are the bytes of a slice.
            if let Ok(n) = unsafe { count_pieces(part.start.as_ptr(), part.len) } {
                entries += n;
                continue;
            }

            // SAFETY: These are the bytes of a slice, which nothing writes meanwhile.
            let bytes = unsafe { core::slice::from_raw_parts(part.start.as_ptr(), part.len) };
            // INVARIANT: The copy has as many bytes as the slice. That is borrowed for `'a`, and
            // mutably if it is written.
            let copy = bounce.insert(Bounce {
                bytes: SecretVec::from_slice(bytes, GFP_ATOMIC)?,
                back: part.written.then_some(part.start),
                _borrow: PhantomData,
            });

            // INVARIANT: These are the bytes of the copy, as many as before.
            part.start = NonNull::from(copy.bytes.as_mut_bytes()).cast();
            // SAFETY: These are the bytes of the copy.
            entries += unsafe { count_pieces(part.start.as_ptr(), part.len) }?;
        }

        let inline = entries <= INLINE_ENTRIES;
        let (heap, head) = if inline {
            let head = storage.0.get().cast::<bindings::scatterlist>();

            // CAST: `entries` is small.
            //
            // SAFETY: There is room for at least `entries` entries at `head`.
            unsafe { bindings::sg_init_table(head, entries as ffi::c_uint) };
            (None, head)
        } else {
            let heap = HeapTable::new(entries)?;
            let head = heap.0.sgl;

            (Some(heap), head)
        };

        let mut entry = head;
        for (part, single) in parts.iter().zip(single) {
            let mut fill = |piece: Piece| {
                // CAST: Both are at most the length of the list, which fits, or less than a page.
                //
                // SAFETY: Not more pieces are filled in than there are entries, so `entry` is one
                // of them, and initialised. The page is the one that maps the bytes, which follow
                // each other from the offset on.
                unsafe {
                    bindings::sg_set_page(
                        entry,
                        piece.page,
                        piece.len as ffi::c_uint,
                        piece.offset as ffi::c_uint,
                    )
                };
                entry = if inline {
                    // The entries follow each other.
                    entry.wrapping_add(1)
                } else {
                    // SAFETY: `entry` is an entry of an initialised scatterlist.
                    unsafe { bindings::sg_next(entry) }
                };
            };

            if let Some(piece) = single {
                fill(piece);
                continue;
            }
            // SAFETY: These are the bytes of a slice or of the copy of it. There are as many pieces
            // as were counted, since neither the bytes nor what maps them moved.
            unsafe { for_each_piece(part.start.as_ptr(), part.len, fill) }?;
        }

        // INVARIANT: All entries were filled in, none of them empty, with the bytes of the slices
        // or of the copies. The storage and the slices are borrowed, and what is on the heap stays
        // where it is when its owners move into the list.
        Ok(Self {
            head: NonNull::new(head).ok_or(EFAULT)?,
            _heap: heap,
            _bounce: bounce,
            _borrows: PhantomData,
        })
    }

    /// Returns the first entry.
    ///
    /// It is valid as long as the list. All bytes may be read through it, and those of the parts
    /// that were made of `&mut [u8]` may be written.
    #[inline]
    pub(crate) fn as_ptr(&mut self) -> *mut bindings::scatterlist {
        self.head.as_ptr()
    }
}

#[cfg(CONFIG_RUST_CRYPTO_KUNIT_TEST)]
#[macros::kunit_tests(rust_crypto_scatterlist)]
mod tests {
    use super::*;
    use crate::crypto::secret::testing::everywhere;

    fn entries<const N: usize>(list: &mut SgList<'_, N>) -> usize {
        let mut sg = list.as_ptr();
        let mut n = 0;

        while !sg.is_null() {
            n += 1;
            // SAFETY: `sg` is an entry of a list.
            sg = unsafe { bindings::sg_next(sg) };
        }
        n
    }

    /// Reads the list, checks it, and writes `!byte` for each byte.
    fn invert<const N: usize>(list: &mut SgList<'_, N>, expected: &[u8]) -> Result {
        let n = entries(list) as ffi::c_uint;
        let mut copy = KVVec::from_elem(0u8, expected.len() + 1, GFP_KERNEL)?;

        // SAFETY: The list has `n` entries, and `copy` room for so many bytes.
        let got = unsafe {
            bindings::sg_copy_to_buffer(list.as_ptr(), n, copy.as_mut_ptr().cast(), copy.len())
        };
        if got != expected.len() || copy[..got] != *expected {
            return Err(EINVAL);
        }
        for b in &mut copy {
            *b = !*b;
        }
        // SAFETY: The list has `n` entries, and `copy` so many bytes.
        let put =
            unsafe { bindings::sg_copy_from_buffer(list.as_ptr(), n, copy.as_ptr().cast(), got) };
        if put != got {
            return Err(EINVAL);
        }
        Ok(())
    }

    fn round_trip(first: &mut [u8], second: &mut [u8]) -> Result {
        let mut expected = KVVec::new();

        for part in [&mut *first, &mut *second] {
            for (i, b) in part.iter_mut().enumerate() {
                *b = i as u8;
            }
            expected.extend_from_slice(part, GFP_KERNEL)?;
        }
        invert(
            &mut SgList::new(
                &mut SgStorage::new(),
                [Part::from(&mut *first), Part::from(&mut *second)],
            )?,
            &expected,
        )?;
        for part in [first, second] {
            if part.iter().enumerate().any(|(i, b)| *b != !(i as u8)) {
                return Err(EINVAL);
            }
        }
        Ok(())
    }

    #[test]
    fn any_place() -> Result {
        let mut heap = KVec::from_elem(0u8, 7, GFP_KERNEL)?;
        let mut stack = [0u8; 9];

        for len in [1, 16, 100] {
            everywhere(len, |buf| {
                round_trip(&mut [], buf)?;
                round_trip(buf, &mut [])?;
                round_trip(&mut heap, buf)?;
                round_trip(buf, &mut heap)?;
                round_trip(&mut stack, buf)?;
                round_trip(buf, &mut stack)
            })?;
        }
        Ok(())
    }

    #[test]
    fn lengths() {
        assert!(matches!(
            SgList::new(&mut SgStorage::new(), [0, 1].map(|_| Part::from(&[0u8; 0][..]))),
            Err(e) if e == EINVAL
        ));
        assert_eq!(total_len([0, 0]), Err(EINVAL));
        assert_eq!(total_len([0x7fff_fffe, 1]), Ok(0x7fff_ffff));
        assert_eq!(total_len([0x7fff_ffff, 1]), Err(EOVERFLOW));
        assert_eq!(total_len([0xffff_ffff, 1]), Err(EOVERFLOW));
        assert_eq!(total_len([usize::MAX, 1]), Err(EOVERFLOW));
    }

    #[test]
    fn constants() -> Result {
        static CONSTANT: [u8; 300] = [0x61; 300];
        let mut storage = SgStorage::new();
        let mut list = SgList::new(
            &mut storage,
            [Part::from(&CONSTANT[..]), Part::from(&b"constant"[..])],
        )?;
        let n = entries(&mut list) as ffi::c_uint;
        let mut copy = [0; 308];

        // SAFETY: The list has `n` entries, and `copy` room for so many bytes.
        let got = unsafe {
            bindings::sg_copy_to_buffer(list.as_ptr(), n, copy.as_mut_ptr().cast(), copy.len())
        };
        assert_eq!(got, 308);
        assert!(copy[..300] == CONSTANT && copy[300..] == *b"constant");
        Ok(())
    }

    #[test]
    fn copied_back() -> Result {
        let mut place = [0u8; 4];

        // INVARIANT: `place` is not used until the copy is dropped, below, and has as many bytes.
        let mut bounce = Bounce {
            bytes: SecretVec::from_slice(&place, GFP_KERNEL)?,
            back: Some(NonNull::from(&mut place).cast()),
            _borrow: PhantomData,
        };
        bounce.bytes.as_mut_bytes().fill(7);
        drop(bounce);
        assert_eq!(place, [7; 4]);
        Ok(())
    }

    #[test]
    fn long_list() -> Result {
        // More pages than one page of entries describes.
        for pages in [INLINE_ENTRIES - 1, INLINE_ENTRIES, INLINE_ENTRIES + 1, 300] {
            let mut buf = VVec::from_elem(0u8, pages * PAGE_SIZE, GFP_KERNEL)?;
            // Otherwise they are copied.
            let expected = if PAGES_ARE_COMPUTED { pages } else { 1 };

            let mut storage = SgStorage::new();
            let mut list = SgList::new(&mut storage, [Part::from(&mut buf[..])])?;
            assert_eq!(entries(&mut list), expected);
            drop(list);
            round_trip(&mut [], &mut buf)?;
            round_trip(&mut [0; 100], &mut buf[1..])?;
        }
        Ok(())
    }
}
