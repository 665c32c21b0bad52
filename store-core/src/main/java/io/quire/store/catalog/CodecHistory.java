/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.ConfigurationException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;

/**
 * The codecs that have written the values of a state, by mark: the byte behind a value is an index into this list. A
 * codec that is used again keeps its mark. A mark whose codec was dropped, because no value has it any more, stands for
 * {@link CodecIdentity#NONE}.
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
        if (identities.size() > COUNT_MAX
                || mark < 0
                || mark >= identities.size()
                || identities.get(mark).equals(CodecIdentity.NONE)) {
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
     * @param taken marks that no codec may be given
     * @return with its mark, a new one if it never wrote before: the lowest one above all others, or else one whose
     *     codec was dropped
     * @throws ConfigurationException when there is no mark left
     */
    public CodecHistory with(final CodecIdentity identity, final BitSet taken) {
        final int known = identities.indexOf(identity);
        if (known >= 0) {
            return new CodecHistory(identities, known);
        }
        int mark = taken.nextClearBit(identities.size());
        for (int i = 0; i < identities.size() && mark >= COUNT_MAX; i++) {
            if (identities.get(i).equals(CodecIdentity.NONE) && !taken.get(i)) {
                mark = i;
            }
        }
        final List<CodecIdentity> more = new ArrayList<>(identities);
        while (more.size() <= mark) {
            more.add(CodecIdentity.NONE);
        }
        more.set(mark, identity);
        return new CodecHistory(more, mark);
    }

    /**
     * The history once another codec writes, with any mark that is free.
     *
     * @param identity the codec
     * @return as {@link #with(CodecIdentity, BitSet)} without marks that are taken
     * @throws ConfigurationException when there is no mark left
     */
    public CodecHistory with(final CodecIdentity identity) {
        return with(identity, new BitSet());
    }

    /**
     * The history once no value is left that another codec than the one that writes now has written.
     *
     * @return with that codec alone, which keeps its mark
     */
    public CodecHistory onlyCurrent() {
        return onlyCurrent(current().timestamped());
    }

    /**
     * The history once every value has been written anew by the codec that writes now, with timestamps or without.
     *
     * @param with whether each value carries one
     * @return with that codec alone, which keeps its mark
     */
    public CodecHistory onlyCurrent(final boolean with) {
        final List<CodecIdentity> only = new ArrayList<>(Collections.nCopies(mark, CodecIdentity.NONE));
        only.add(current().withTimestamps(with));
        return new CodecHistory(only, mark);
    }

    /**
     * Whether all values of a state with another history had to be copied to become one with this: they had no
     * timestamps, now all have, and nothing tells the one from the other.
     *
     * @param earlier the other
     * @return true when this one names values with timestamps alone, and the other one has none
     */
    public boolean isCopyOf(final CodecHistory earlier) {
        return !earlier.current().timestamped() && !current().marked() && equals(earlier.onlyCurrent(true));
    }

    /**
     * Whether this is another history, or what one becomes.
     *
     * @param earlier the other
     * @return true when all its codecs have the same marks here, or all but the one that writes were dropped, or all
     *     values were copied
     */
    public boolean continues(final CodecHistory earlier) {
        if (equals(earlier.onlyCurrent()) || isCopyOf(earlier)) {
            return true; // rewritten
        }
        for (int i = 0; i < earlier.identities.size(); i++) {
            final CodecIdentity identity = earlier.identities.get(i);
            if (!identity.equals(CodecIdentity.NONE)
                    && (i >= identities.size() || !identities.get(i).equals(identity))) {
                return false;
            }
        }
        return true;
    }

    // Written out: the equality of records is made at run time, which is a good part of opening in a young JVM.
    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof CodecHistory that && mark == that.mark && identities.equals(that.identities));
    }

    @Override
    public int hashCode() {
        return 31 * identities.hashCode() + mark;
    }
}
