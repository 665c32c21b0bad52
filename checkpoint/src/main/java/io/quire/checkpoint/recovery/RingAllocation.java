/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

import io.quire.store.changelog.ChangeRing;
import java.nio.file.Path;

/**
 * The space of the next change-log ring, taken on a thread of its own while the log is replayed: to write and map its
 * megabytes takes milliseconds. Until the ring is begun its file has a temporary name.
 *
 * <p>Threading: confined to the opening thread.
 */
public final class RingAllocation implements AutoCloseable {
    private final Path path;
    private final Thread thread;
    private volatile ChangeRing ring;
    private volatile RuntimeException failure;

    /**
     * Starts allocating.
     *
     * @param path file that the ring is to replace once it is begun; its directory exists
     * @param capacity bytes of its body
     */
    public RingAllocation(final Path path, final int capacity) {
        this.path = path;
        thread = new Thread(() -> allocate(capacity), "quire-ring");
        thread.setDaemon(true);
        thread.start();
    }

    private void allocate(final int capacity) {
        try {
            ring = ChangeRing.allocate(path, capacity);
        } catch (final RuntimeException e) {
            failure = e;
        }
    }

    /** {@return file that the ring is to replace} */
    public Path path() {
        return path;
    }

    /**
     * Waits until the space is there and hands the ring over, whom the caller closes from now on.
     *
     * @return the ring, not begun
     * @throws io.quire.store.errors.StoreFullException when there was no space
     * @throws io.quire.store.errors.StoreIoException when the system refused otherwise
     */
    public ChangeRing take() {
        Threads.join(thread);
        if (failure != null) {
            throw failure;
        }
        final ChangeRing taken = ring;
        ring = null;
        return taken;
    }

    /** Gives the space back, unless the ring was taken. */
    @Override
    public void close() {
        Threads.join(thread);
        if (ring != null) {
            ring.close();
            ring = null;
        }
    }
}
