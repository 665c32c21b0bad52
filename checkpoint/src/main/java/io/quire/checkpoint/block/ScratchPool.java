/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * Keeps the private buffers of threads that read checkpoint files: a thread takes what it used last when it can, so
 * that what it decompressed last is still there; nothing is allocated once every thread has had one.
 *
 * <p>Threading: thread-safe.
 *
 * @param <T> what is pooled; used by one thread between take and give
 */
final class ScratchPool<T extends ScratchPool.Scratch> implements AutoCloseable {
    /** Something with memory outside the heap. */
    interface Scratch extends AutoCloseable {
        @Override
        void close();
    }

    private static final int SLOT_COUNT = 16;

    private final AtomicReferenceArray<T> slots = new AtomicReferenceArray<>(SLOT_COUNT);
    private final Supplier<T> factory;
    private volatile boolean closed;

    ScratchPool(final Supplier<T> factory) {
        this.factory = factory;
    }

    /** {@return a scratch for the calling thread alone, to be given back} */
    T take() {
        final int home = homeSlot();
        for (int i = 0; i < SLOT_COUNT; i++) {
            final int slot = (home + i) & (SLOT_COUNT - 1);
            if (slots.getPlain(slot) != null) {
                final T scratch = slots.getAndSet(slot, null);
                if (scratch != null) {
                    return scratch;
                }
            }
        }
        return factory.get();
    }

    /** Gives a scratch back. */
    void give(final T scratch) {
        final int home = homeSlot();
        for (int i = 0; i < SLOT_COUNT; i++) {
            final int slot = (home + i) & (SLOT_COUNT - 1);
            if (slots.getPlain(slot) == null && slots.compareAndSet(slot, null, scratch)) {
                if (closed) {
                    drain();
                }
                return;
            }
        }
        scratch.close();
    }

    private static int homeSlot() {
        return (int) Thread.currentThread().getId() & (SLOT_COUNT - 1);
    }

    private void drain() {
        for (int i = 0; i < SLOT_COUNT; i++) {
            final T scratch = slots.getAndSet(i, null);
            if (scratch != null) {
                scratch.close();
            }
        }
    }

    /** Frees everything pooled; what is still taken is freed when it is given back. */
    @Override
    public void close() {
        closed = true;
        drain();
    }
}
