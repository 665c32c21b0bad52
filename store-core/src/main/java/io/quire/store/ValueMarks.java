/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import java.util.BitSet;

/**
 * Which marks the values of a state may be written with, in the life of this process. While values are being rewritten
 * only the newest one may, so that none comes back behind the rewriting; a mark whose codec was dropped may never be
 * written again, nor stand for another codec, since there may be objects that know it by its old meaning.
 *
 * <p>Threading: confined to the store's writer.
 */
final class ValueMarks {
    private static final int ALL = -1;

    private final BitSet dropped = new BitSet();
    private int only = ALL;
    private boolean restricted; // whether any mark may not be written: the one thing to look at usually

    boolean mayWrite(final int mark) {
        return !restricted || (only == ALL ? !dropped.get(mark) : mark == only);
    }

    void restrictTo(final int mark) {
        only = mark;
        restricted = true;
    }

    void lift() {
        only = ALL;
        restricted = !dropped.isEmpty();
    }

    void drop(final int mark) {
        dropped.set(mark);
        restricted = true;
    }

    /** Marks that no codec may be given. */
    BitSet dropped() {
        return dropped;
    }
}
