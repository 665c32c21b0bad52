/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * The walks over lists or maps of one state that were begun last and have not come to an end, so that expired entries
 * are not removed from under them. A walk that was given up is forgotten with its iterator, or when {@link #COUNT}
 * others were begun after it.
 *
 * <p>Threading: confined to the store's writer.
 */
final class OpenWalks {
    /** Walks that are remembered. */
    static final int COUNT = 64;
    /** What a walk has instead of an index before it has begun here. */
    static final int NONE = -1;

    private final Walk[] walks = new Walk[COUNT];
    private int last;

    /** An iterator, and the key whose list or map it walks over. */
    private static final class Walk extends WeakReference<Object> {
        private final byte[] key;

        Walk(final Object iterator, final byte[] key) {
            super(iterator);
            this.key = key;
        }
    }

    /** Remembers a walk; the key is not copied. Returns what {@link #ended} takes. */
    int begun(final Object iterator, final byte[] key) {
        last = (last + 1) % COUNT;
        walks[last] = new Walk(iterator, key);
        return last;
    }

    /** Forgets a walk that has come to its end; a second call does nothing. */
    void ended(final Object iterator, final int index) {
        if (walks[index] != null && walks[index].refersTo(iterator)) {
            walks[index] = null;
        }
    }

    boolean contains(final byte[] key, final int keyLength) {
        for (int i = 0; i < COUNT; i++) {
            final Walk walk = walks[i];
            if (walk != null && walk.refersTo(null)) {
                walks[i] = null;
            } else if (walk != null && Arrays.equals(walk.key, 0, walk.key.length, key, 0, keyLength)) {
                return true;
            }
        }
        return false;
    }
}
