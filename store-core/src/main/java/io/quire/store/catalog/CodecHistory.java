/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.ConfigurationException;
import java.util.ArrayList;
import java.util.List;

/**
 * The codecs that have written the values of a state, by mark: the byte behind a value is an index into this list. A
 * codec that is used again keeps its mark.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param identities the codecs, by mark
 * @param mark mark of the codec that writes now
 */
public record CodecHistory(List<CodecIdentity> identities, int mark) {
    /** Most codecs in the life of a state: marks are a byte, of which the last is kept for later. */
    public static final int COUNT_MAX = 255;

    /**
     * Checks that the mark is one of the list's.
     *
     * @throws ConfigurationException when it is not, or the list is too long
     */
    public CodecHistory {
        identities = List.copyOf(identities);
        if (identities.size() > COUNT_MAX || mark < 0 || mark >= identities.size()) {
            throw new ConfigurationException(
                    "codecs of a state: count=" + identities.size() + " allowed=1.." + COUNT_MAX + " mark=" + mark);
        }
    }

    /**
     * The history of a new state.
     *
     * @param identity its codec
     * @return a list of one
     */
    public static CodecHistory of(final CodecIdentity identity) {
        return new CodecHistory(List.of(identity), 0);
    }

    /** {@return the codec that writes now} */
    public CodecIdentity current() {
        return identities.get(mark);
    }

    /**
     * The history once another codec writes.
     *
     * @param identity the codec
     * @return with its mark, a new one if it never wrote before
     * @throws ConfigurationException when there is no mark left
     */
    public CodecHistory with(final CodecIdentity identity) {
        final int known = identities.indexOf(identity);
        if (known >= 0) {
            return new CodecHistory(identities, known);
        }
        final List<CodecIdentity> more = new ArrayList<>(identities);
        more.add(identity);
        return new CodecHistory(more, more.size() - 1);
    }

    /**
     * Whether this is another history, or what one becomes.
     *
     * @param earlier the other
     * @return true when all its codecs have the same marks here
     */
    public boolean continues(final CodecHistory earlier) {
        final int count = earlier.identities.size();
        return count <= identities.size() && identities.subList(0, count).equals(earlier.identities);
    }
}
