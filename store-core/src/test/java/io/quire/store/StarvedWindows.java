/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.LiveMemory;

/** Memory that finds no heap for what it has to remember of a further window. */
final class StarvedWindows implements LiveMemory {
    private final AnonymousMemory memory = new AnonymousMemory(20);
    private boolean starved;

    /** Says whether the next window finds no heap. */
    void starved(final boolean isStarved) {
        starved = isStarved;
    }

    @Override
    public long reserveWindow(final int window) {
        if (starved) {
            throw new OutOfMemoryError("planted");
        }
        return memory.reserveWindow(window);
    }

    @Override
    public void back(final long address, final long length) {
        memory.back(address, length);
    }

    @Override
    public int windowShift() {
        return memory.windowShift();
    }

    @Override
    public String description() {
        return memory.description();
    }

    @Override
    public void close() {
        memory.close();
    }
}
