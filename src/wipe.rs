//! The allocator: memory is overwritten when it is freed, so that a host may use an instance for other requests and none
//! finds keys, tokens or text of an earlier one there.

#![allow(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
};

/// From this size on a block is grown in place where possible: a copy of a picture could be too large for a Worker. If
/// it moves, its old place is not overwritten.
const LARGE: usize = 64 * 1024;
/// Up to this size a block is overwritten in words: the host's instruction for ranges takes longer to begin.
const SMALL: usize = 128;
const WORD: usize = size_of::<u64>();
/// Bytes of the stack that [`stack`] overwrites.
const STACK: usize = 64 * 1024;

struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

// SAFETY: each method passes the caller's own promises on to the system's allocator, and writes only within the block.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe {
            wipe(block, layout.size());
            // Without this the compiler may leave out writes to memory that is freed.
            System.dealloc(black_box(block), layout);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            if size <= layout.size() {
                wipe(block.add(size), layout.size() - size);
                return System.realloc(block, layout, size);
            }
            if layout.size() >= LARGE {
                return System.realloc(block, layout, size);
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size());
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Overwrites a block.
///
/// # Safety
/// The caller owns `size` bytes at `block`.
unsafe fn wipe(block: *mut u8, size: usize) {
    unsafe {
        if size > SMALL {
            return block.write_bytes(0, size);
        }
        // Volatile, because the compiler would replace the loops by the instruction for ranges.
        let words = if block.addr().is_multiple_of(WORD) { size / WORD } else { 0 };
        for word in 0..words {
            block.cast::<u64>().add(word).write_volatile(0);
        }
        for at in words * WORD..size {
            block.add(at).write_volatile(0);
        }
    }
}

/// Overwrites the part of the stack that requests use.
#[inline(never)]
pub fn stack() {
    black_box(&mut [0_u8; STACK]);
}
