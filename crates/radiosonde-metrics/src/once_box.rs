use std::fmt;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::reentrancy::outermost;

/// A value that is made on first use, for which no thread waits.
///
/// `OnceLock` lets a second thread wait while the first one allocates. Here each of both makes a value, and one of the two is dropped.
pub(crate) struct OnceBox<T> {
    /// Null, or from `Box::into_raw`; it changes once.
    value: AtomicPtr<T>,
    owns: PhantomData<Box<T>>,
}

impl<T> OnceBox<T> {
    pub(crate) const fn new() -> Self {
        Self { value: AtomicPtr::new(ptr::null_mut()), owns: PhantomData }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        // Acquire: with what is in the box.
        let value = self.value.load(Ordering::Acquire);
        #[allow(unsafe_code, reason = "the value is shared once it is made")]
        // SAFETY: null, or a box that was published below and is not freed before this is dropped.
        unsafe {
            value.as_ref()
        }
    }

    /// The value, made if needed. Of values that are made at the same time the first stays.
    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.get().unwrap_or_else(|| self.init(make))
    }

    /// The value, made if needed. `None` if the program's allocator asks while this thread makes one.
    #[inline]
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> Option<&T> {
        match self.get() {
            Some(value) => Some(value),
            None => self.make(make),
        }
    }

    #[cold]
    fn make(&self, make: impl FnOnce() -> T) -> Option<&T> {
        outermost(|| self.init(make))
    }

    fn init(&self, make: impl FnOnce() -> T) -> &T {
        let new = Box::into_raw(Box::new(make()));
        // AcqRel: a thread that sees the pointer sees what is in the box. Acquire: so does this one with another thread's.
        let exchanged =
            self.value.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        match exchanged {
            #[allow(unsafe_code, reason = "the value is shared once it is made")]
            // SAFETY: published just now, and not freed before this is dropped.
            Ok(_) => unsafe { &*new },
            Err(first) => {
                #[allow(unsafe_code, reason = "the value was boxed by hand")]
                // SAFETY: from `Box::into_raw` above, and no other thread has seen it.
                drop(unsafe { Box::from_raw(new) });
                #[allow(unsafe_code, reason = "the value is shared once it is made")]
                // SAFETY: not null, so published by another thread, and not freed before this is dropped.
                unsafe {
                    &*first
                }
            }
        }
    }
}

impl<T> Drop for OnceBox<T> {
    fn drop(&mut self) {
        let value = *self.value.get_mut();
        if !value.is_null() {
            #[allow(unsafe_code, reason = "the value was boxed by hand")]
            // SAFETY: from `Box::into_raw`, and no reference is left.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}

#[allow(unsafe_code, reason = "the value is boxed by hand, so the compiler asks for a word")]
// SAFETY: what it hands out are references to the value, as a `OnceLock` does, which needs both.
unsafe impl<T: Send + Sync> Sync for OnceBox<T> {}

#[allow(unsafe_code, reason = "the value is boxed by hand, so the compiler asks for a word")]
// SAFETY: it owns the value and nothing else.
unsafe impl<T: Send> Send for OnceBox<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceBox").field(&self.get()).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_second_thread_does_not_wait_while_the_first_makes_its_value() {
        let once = OnceBox::new();
        let ((begun, begins), (lets, is_let)) = (mpsc::channel(), mpsc::channel::<()>());
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                *once.get_or_init(move || {
                    begun.send(()).unwrap();
                    is_let.recv().unwrap();
                    1
                })
            });
            begins.recv().unwrap();
            assert_eq!(once.get_or_make(|| 2), Some(&2));
            lets.send(()).unwrap();
            assert_eq!(first.join().unwrap(), 2);
        });
        assert_eq!(once.get(), Some(&2));
    }

    #[test]
    fn a_nested_call_gets_nothing_and_every_value_is_dropped_once() {
        let value = Arc::new(());
        let once = OnceBox::new();
        let made = once.get_or_make(|| {
            assert!(once.get_or_make(|| Arc::clone(&value)).is_none());
            // As if another thread came first.
            once.get_or_init(|| Arc::clone(&value));
            Arc::clone(&value)
        });
        assert!(made.is_some());
        assert_eq!(Arc::strong_count(&value), 2);
        drop(once);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
